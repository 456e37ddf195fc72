"""The tabs of an experiment: its four steps, each with what is done and what is missing."""

import contextlib
from dataclasses import dataclass

import streamlit as st

from pages.ui.formatting import done_words, plural
from pages.ui.readers import unreadable_of
from pages.ui.session import stated, workspace
from tl_core.errors import NotFoundError
from tl_core.intake.bundled import find_example
from tl_core.jobs.client import observe
from tl_core.results.comparison import headline_pair
from tl_core.schema import Arm, DatasetInfo, ExperimentConfig, State
from tl_core.store.rows import RunRow

PLACE = "place"
"""Session key of the page shown, by its path in the URL; the router sets it."""
TITLE = "page_title"
"""Session key of the name of the page shown; the router sets it."""
PAGES = ("setup", "runs", "results", "try_it")
"""Pages of one experiment, by their paths in the URL."""
DONE, NEXT, LATER = (
    ":material/check_circle:",
    ":material/pending:",
    ":material/radio_button_unchecked:",
)
"""Icons of a step: that it is done, is the next one to do, and waits for another."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What the tabs speak of.

    Attributes
    ----------
    dataset, experiment
        None where nothing was chosen; of imported runs the dataset may be missing.
    runs
        The experiment's runs as they really stand.
    num_models
        Arms with a finished run whose weights are here.
    unreadable
        Ids of the finished runs that count nowhere.
    """

    dataset: DatasetInfo | None = None
    experiment: ExperimentConfig | None = None
    runs: tuple[RunRow, ...] = ()
    num_models: int = 0
    unreadable: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step: ``page`` by its path in the URL; ``words`` say what is done or missing."""

    page: str
    title: str
    is_done: bool
    words: str


def draw_tabs() -> None:
    """Draw the steps as links beside each other; what each has come to is its tooltip."""
    subject = find_subject()
    steps = find_steps(subject)
    following = next((step for step in steps if not step.is_done), None)
    with st.container(horizontal=True, gap="xsmall", key="experiment_tabs"):
        for step in steps:
            icon = DONE if step.is_done else NEXT if step is following else LATER
            st.page_link(
                f"{step.page}.py",
                label=step.title,
                icon=icon,
                help=step.words[:1].upper() + step.words[1:],
                query_params=_query(subject, step.page),
            )


def _query(subject: Subject, page: str) -> dict[str, str]:
    """Name what a step's page is to speak of, so that it follows the experiment."""
    query = {"experiment": subject.experiment.experiment_id} if subject.experiment else {}
    if page == "setup" and (dataset := subject.dataset or subject.experiment):
        is_stored = isinstance(dataset, DatasetInfo)
        query["dataset"] = dataset.fingerprint if is_stored else dataset.dataset_fingerprint
    return query


def find_subject() -> Subject:
    """Look up what the URL names, else what the session has named last."""
    here, experiment = workspace(), _experiment()
    fingerprint = _fingerprint(experiment)
    dataset = None
    with contextlib.suppress(NotFoundError):
        dataset = here.database.get_dataset(fingerprint) if fingerprint else None
    if experiment is None or experiment.dataset_fingerprint != fingerprint:
        return Subject(dataset=dataset)
    runs = tuple(observe(here.settings, run) for run in here.database.list_runs(experiment.experiment_id))
    arms = {
        run.config.arm
        for run in runs
        if run.state is State.FINISHED and here.run_folder(run.run_id).model_dir.is_dir()
    }
    return Subject(
        dataset=dataset,
        experiment=experiment,
        runs=runs,
        num_models=len(arms),
        unreadable=unreadable_of(runs),
    )


def _experiment() -> ExperimentConfig | None:
    database, ids = workspace().database, st.query_params
    try:
        if "run" in ids and "experiment" not in ids:
            return database.get_experiment(database.get_run(ids["run"]).config.experiment_id)
        if wanted := stated("experiment"):
            return database.get_experiment(wanted)
    except NotFoundError:
        return None
    # A person's newest is taken up after a reload, but not where they are choosing other texts.
    is_choosing = st.session_state.get(PLACE) in ("data", "setup")
    if is_choosing or stated("dataset") or stated("upload"):
        return None
    current = database.list_experiments(with_archived=False)
    return next((one for one in current if find_example(one.experiment_id) is None), None)


def _fingerprint(experiment: ExperimentConfig | None) -> str | None:
    """Choose the texts: the URL's own experiment or run before all else, then what was chosen last."""
    ids = st.query_params
    of_experiment = experiment.dataset_fingerprint if experiment else None
    if of_experiment and ("experiment" in ids or "run" in ids):
        return of_experiment
    if "upload" in ids and "dataset" not in ids:
        return None
    return stated("dataset") or of_experiment


def find_steps(subject: Subject) -> tuple[Step, ...]:
    """Say of each step whether it is done, and what is done or missing; words are not escaped."""
    num_seeds, setup = _num_compared(subject), "waits for data"
    if subject.experiment:
        num_models = plural(len(subject.experiment.arms), "model")
        setup = f"{num_models}, {plural(subject.experiment.num_seeds, 'seed')}"
    elif subject.dataset:
        setup = "choose what to compare"
    is_over = bool(subject.runs) and all(run.state.is_final for run in subject.runs)
    results = "no result on the first two models" if is_over else "waiting for the first two models"
    if subject.experiment is None:
        results = "waits for runs"
    elif num_seeds:
        results = f"{num_seeds} of {plural(subject.experiment.num_seeds, 'seed')}"
    models = "no model was kept" if is_over else "waits for a model"
    if subject.num_models:
        models = f"{plural(subject.num_models, 'model')} ready"
    return (
        Step(
            page="setup",
            title="Setup",
            is_done=subject.experiment is not None,
            words=setup,
        ),
        Step(
            page="runs",
            title="Runs",
            is_done=bool(subject.runs) and all(run.state.is_final for run in subject.runs),
            words=_runs_words(subject),
        ),
        Step(page="results", title="Results", is_done=num_seeds > 0, words=results),
        Step(page="try_it", title="Try it", is_done=subject.num_models > 0, words=models),
    )


def _runs_words(subject: Subject) -> str:
    runs = subject.runs
    if not subject.experiment:
        return "nothing started yet"
    if not runs:
        return "all deleted"
    return done_words([run.state for run in runs])


def _num_compared(subject: Subject) -> int:
    """Count the seeds that the headline pair has in common, at the train size that has most."""
    pair = headline_pair(subject.experiment.arms) if subject.experiment else None
    if subject.experiment is None or pair is None:
        return 0
    sizes = subject.experiment.train_sizes
    return max(len(_seeds(subject, pair[0], size) & _seeds(subject, pair[1], size)) for size in sizes)


def _seeds(subject: Subject, arm: Arm, train_size: int) -> set[int]:
    """List the seeds that an arm has finished; one without a network may run once for all of them."""
    configs = [
        run.config
        for run in subject.runs
        if run.state is State.FINISHED and run.run_id not in subject.unreadable
    ]
    seeds = {one.seed for one in configs if (one.arm, one.train_size) == (arm, train_size)}
    experiment = subject.experiment
    runs_once = experiment is not None and not arm.kind.is_neural and train_size == experiment.split.train
    return set(range(experiment.num_seeds)) if experiment and seeds and runs_once else seeds
