"""The guided path in the sidebar: where a person is, what is done and what is missing."""

import contextlib
from dataclasses import dataclass

import streamlit as st

from pages.ui.formatting import literal, plural
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
_DONE, _NEXT, _LATER = (
    ":green[:material/check_circle:]",
    ":primary[:material/pending:]",
    ":gray[:material/radio_button_unchecked:]",
)


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What the path speaks of.

    Attributes
    ----------
    has_upload
        Whether a file waits for its columns to be confirmed.
    dataset, experiment
        None where nothing was chosen; of imported runs the dataset may be missing.
    runs
        The experiment's runs as they really stand.
    num_models
        Arms with a finished run whose weights are here.
    unreadable
        Ids of the finished runs that count nowhere.
    """

    has_upload: bool = False
    dataset: DatasetInfo | None = None
    experiment: ExperimentConfig | None = None
    runs: tuple[RunRow, ...] = ()
    num_models: int = 0
    unreadable: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of the path: ``page`` by its path in the URL; ``words`` say what is done or missing."""

    page: str
    title: str
    is_done: bool
    words: str


def draw_path() -> None:
    """Draw the five steps, each with a symbol and words. To be called within the sidebar."""
    steps = find_steps(find_subject())
    following = next((step for step in steps if not step.is_done), None)
    with st.container(gap="xsmall"):
        st.markdown("**Where you are**")
        for step in steps:
            icon = _DONE if step.is_done else _NEXT if step is following else _LATER
            is_here = st.session_state.get(PLACE) == step.page
            title = f"**{step.title}**, here" if is_here else step.title
            st.markdown(f":small[{icon} {title} · {literal(step.words)}]")


def find_subject() -> Subject:
    """Look up what the URL names, else what the session has named last."""
    here, experiment = workspace(), _experiment()
    fingerprint = _fingerprint(experiment)
    dataset = None
    with contextlib.suppress(NotFoundError):
        dataset = here.database.get_dataset(fingerprint) if fingerprint else None
    if experiment is None or experiment.dataset_fingerprint != fingerprint:
        return Subject(has_upload=fingerprint is None and bool(stated("upload")), dataset=dataset)
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
    is_choosing = st.session_state.get(PLACE) in ("data", "design")
    if is_choosing or stated("dataset") or stated("upload"):
        return None
    return next((one for one in database.list_experiments() if find_example(one.experiment_id) is None), None)


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
    num_seeds, design = _num_compared(subject), "waits for texts"
    if subject.experiment:
        arms = plural(len(subject.experiment.arms), "arm")
        design = f"{arms}, {plural(subject.experiment.num_seeds, 'seed')}"
    elif subject.dataset:
        design = "choose what to compare"
    return (
        Step(
            page="data",
            title="Data",
            is_done=bool(subject.dataset or subject.experiment),
            words=_data_words(subject),
        ),
        Step(
            page="design",
            title="Design",
            is_done=subject.experiment is not None,
            words=design,
        ),
        Step(
            page="runs",
            title="Runs",
            is_done=bool(subject.runs) and all(run.state.is_final for run in subject.runs),
            words=_runs_words(subject),
        ),
        Step(
            page="compare", title="Compare", is_done=num_seeds > 0, words=_compare_words(subject, num_seeds)
        ),
        Step(page="try_it", title="Try it", is_done=subject.num_models > 0, words=_models_words(subject)),
    )


def _data_words(subject: Subject) -> str:
    if subject.dataset:
        return f"{subject.dataset.name}, {plural(subject.dataset.num_examples, 'text')}"
    if subject.experiment:
        return f"{subject.experiment.dataset_name}, its texts are not here"
    return "confirm the columns" if subject.has_upload else "bring a CSV or take a sample"


def _runs_words(subject: Subject) -> str:
    runs = subject.runs
    if not subject.experiment:
        return "nothing started yet"
    if not runs:
        return "all deleted"
    num_ended = sum(run.state.is_final for run in runs)
    num_finished = sum(run.state is State.FINISHED for run in runs)
    lost = f", {num_ended - num_finished} without a result" if num_ended > num_finished else ""
    if num_ended < len(runs):
        return f"{num_ended} of {len(runs)} ended{lost}"
    return f"{num_finished} of {plural(len(runs), 'run')} finished"


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


def _compare_words(subject: Subject, num_seeds: int) -> str:
    if subject.experiment is None:
        return "waits for runs"
    if num_seeds:
        return f"verdict from {num_seeds} of {plural(subject.experiment.num_seeds, 'seed')}"
    is_over = all(run.state.is_final for run in subject.runs)
    return "its two arms did not finish" if is_over else "its two arms are to come"


def _models_words(subject: Subject) -> str:
    if subject.num_models:
        return f"{plural(subject.num_models, 'model')} to ask"
    if not subject.runs or not all(run.state.is_final for run in subject.runs):
        return "waits for a model"
    return "no model is kept here"
