"""Cached readers of experiments, runs and events, of uploads and datasets, and how arms look."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import streamlit as st

from pages.ui.errors import begin_anew
from pages.ui.formatting import started_at
from pages.ui.session import current, remember, theme, workspace
from tl_core.catalogue.base_models import BUILTIN
from tl_core.catalogue.locating import find_on_disk
from tl_core.charts import ArmStyle, Theme, arm_styles
from tl_core.charts.colors import arm_label
from tl_core.datasets.dataset import Dataset, read_dataset
from tl_core.errors import NotFoundError
from tl_core.evaluation.families import PairTests
from tl_core.files.reading import ReadChoices, Table
from tl_core.intake.intake import Intake, make_intake, read_intake
from tl_core.intake.large_files import find_prepared, find_proposal
from tl_core.intake.uploads import Proposal, Upload, propose, read_upload
from tl_core.jobs.client import observe
from tl_core.results.comparison import (
    ExperimentResults,
    arm_titles,
    gather_alone,
    in_family,
    ranked,
    tests_of,
)
from tl_core.results.repeated_splits import SeriesResults, gather_series
from tl_core.results.runs import UNREADABLE, FinishedRun, read_finished_run
from tl_core.results.split_family import asked_elsewhere
from tl_core.schema import Event, ExperimentConfig, State
from tl_core.store.rows import RunRow
from tl_core.store.run_folder import EventTail, RunFolder

States = tuple[tuple[str, str], ...]
"""Run ids with their states: what results depend on."""
MAX_MEASURED = 2_000
READERS = 2
"""Threads that read runs for a page."""
KEPT_S = 1800
"""How long whole tables stay in memory after they were read; two, because an upload can have a test file."""


def find_experiment() -> ExperimentConfig | None:
    """Return the experiment of the URL, or the newest; None if there is none.

    Raises
    ------
    NotFoundError
        If the one of the URL is not there any more.
    """
    if (wanted := current("experiment")) is not None:
        experiment = workspace().database.get_experiment(wanted)
    elif (newest := next(iter(workspace().database.list_experiments(with_archived=False)), None)) is not None:
        experiment = newest
    else:
        return None
    remember("experiment", experiment.experiment_id)
    return experiment


def choose_experiment() -> ExperimentConfig | None:
    """Return the experiment of the URL, or the newest; a box offers those that are not put away.

    None if there is none.

    Raises
    ------
    NotFoundError
        If the one of the URL is not there any more.
    """
    experiment = find_experiment()
    experiments = {
        one.experiment_id: one for one in workspace().database.list_experiments(with_archived=False)
    }
    if experiment is not None:
        experiments.setdefault(experiment.experiment_id, experiment)
    if experiment is not None and len(experiments) > 1:
        titles = titles_of(experiments.values())
        ids = list(titles)
        chosen = st.selectbox(
            "Experiment", ids, index=ids.index(experiment.experiment_id), format_func=titles.__getitem__
        )
        experiment = experiments[chosen]
        remember("experiment", chosen)
    return experiment


def titles_of(experiments: Iterable[ExperimentConfig]) -> dict[str, str]:
    """Tell experiments apart by name and time, where both are the same by the end of the id; not escaped."""
    titles = {one.experiment_id: f"{one.name} · {started_at(one)}" for one in experiments}
    same = {title for title, number in Counter(titles.values()).items() if number > 1}
    return {one: f"{title} · {one[-4:]}" if title in same else title for one, title in titles.items()}


def observed_runs(experiment_id: str) -> tuple[RunRow, ...]:
    """Return an experiment's runs as they really stand."""
    here = workspace()
    return tuple(observe(here.settings, run) for run in here.database.list_runs(experiment_id))


def states_of(runs: Sequence[RunRow]) -> States:
    """Return what results depend on."""
    return tuple((run.run_id, run.state.value) for run in runs)


def watch(experiment_id: str, states: States) -> None:
    """Ask for the whole page anew once a run has changed its state; to be drawn as a polling fragment."""
    if states_of(observed_runs(experiment_id)) != states:
        begin_anew()


def results_of(experiment_id: str, states: States) -> ExperimentResults:
    """Gather an experiment's results once for the runs of its split as they stand; nobody may change them."""
    split = _alone(experiment_id, states).experiment.split
    return _in_family(experiment_id, states, tuple(workspace().database.list_on_split(split.hash)))


@st.cache_resource(show_spinner="Reading what the runs have written …", max_entries=16)
def _alone(experiment_id: str, states: States) -> ExperimentResults:
    return gather_alone(workspace(), experiment_id, _read_once)


@st.cache_resource(show_spinner=False, max_entries=16)
def _in_family(
    experiment_id: str, states: States, on_split: tuple[tuple[str, str], ...]
) -> ExperimentResults:
    alone = _alone(experiment_id, states)

    def ask(key: str) -> Sequence[PairTests]:
        return tests_of(alone if key == experiment_id else gather_alone(workspace(), key, _read_once))

    return in_family(alone, asked_elsewhere(workspace(), alone.experiment, on_split, ask))


def series_of(experiment: ExperimentConfig) -> SeriesResults | None:
    """Gather what all splits of an experiment's series have shown; None where its split is not repeated."""
    return gather_series(workspace(), experiment, lambda key: _alone(key, states_of(observed_runs(key))))


@st.cache_resource(
    show_spinner=False, max_entries=1_000, hash_funcs={RunFolder: lambda folder: str(folder.path)}
)
def _read_once(folder: RunFolder) -> FinishedRun:
    return read_finished_run(folder)


@st.cache_resource(show_spinner=False, max_entries=2000)
def _tail(run_id: str) -> EventTail:
    return workspace().run_folder(run_id).tail_events()


def events_of(runs: Sequence[RunRow]) -> dict[str, tuple[Event, ...]]:
    """Return the events of some runs so far, by run id; each line is parsed once a process."""
    return {run.run_id: _tail(run.run_id).read() for run in runs}


def unreadable_of(runs: Sequence[RunRow]) -> frozenset[str]:
    """Return the ids of finished runs whose folders cannot be read, so that they count nowhere."""
    finished = [run.run_id for run in runs if run.state is State.FINISHED]
    folders = map(workspace().run_folder, finished)
    with ThreadPoolExecutor(READERS) as readers:  # most of it is done outside Python's lock
        can_be_read = readers.map(_can_be_read, folders)
        return frozenset(run_id for run_id, can in zip(finished, can_be_read, strict=True) if not can)


@st.cache_data(show_spinner=False, max_entries=5_000, hash_funcs={RunFolder: lambda folder: str(folder.path)})
def _can_be_read(folder: RunFolder) -> bool:
    try:
        _read_once(folder)
    except UNREADABLE:
        return False
    return True


def problem_with_events(run_id: str) -> str:
    """Say what could not be read when a run's events were looked at last; empty if all is well."""
    return _tail(run_id).problem


@st.cache_resource(show_spinner=False, max_entries=4)
def dataset_of(fingerprint: str) -> Dataset | None:
    """Read a dataset; None if it is not in this workspace, as after importing runs alone."""
    try:
        return read_dataset(workspace().dataset_folder(fingerprint))
    except NotFoundError:
        return None


def styles_of(experiment: ExperimentConfig, shown_in: Theme | None = None) -> dict[str, ArmStyle]:
    """Return the style of every arm in the order shown; in the page's theme if not told."""
    return arm_styles(ranked(experiment.arms), _base_model_titles(experiment), shown_in or theme())


def arm_names_of(experiment: ExperimentConfig) -> dict[str, str]:
    """Return the display name of every arm, not escaped."""
    titles = _base_model_titles(experiment)
    return {arm.name: arm_label(arm, titles) for arm in ranked(experiment.arms)}


def _base_model_titles(experiment: ExperimentConfig) -> dict[str, str]:
    titles = arm_titles(experiment)
    return {arm.base_model: titles[arm.name] for arm in experiment.arms if arm.base_model}


def choose(parameter: str, label: str, options: Sequence[str], words: Callable[[str], str]) -> str:
    """Let one of ``options`` be chosen, the first by default; the URL and the session keep the choice."""
    key = f"chosen_{parameter}"
    wanted = st.query_params.get(parameter) or st.session_state.get(key)
    index = options.index(wanted) if wanted in options else 0
    chosen = st.selectbox(label, options, index=index, format_func=words)
    if chosen != options[0] or wanted in options:
        st.session_state[key] = chosen
        if st.query_params.get(parameter) != chosen:
            st.query_params[parameter] = chosen
    return chosen


@st.cache_resource(show_spinner="Reading the file …", ttl=KEPT_S, max_entries=2)
def table_of(upload_id: str, name: str, reading_json: str) -> Table:
    """Read an upload in a certain way once a process."""
    reading = ReadChoices.model_validate_json(reading_json)
    return read_upload(workspace(), upload_id, name, reading=reading)


@st.cache_resource(show_spinner="Looking at the columns …", ttl=KEPT_S, max_entries=2)
def _proposal(upload_json: str) -> Proposal:
    upload = Upload.model_validate_json(upload_json)
    if found := find_proposal(workspace(), upload):
        return found
    return propose(table_of(upload.upload_id, upload.name, upload.reading.model_dump_json()), upload)


def proposal_of(upload: Upload) -> Proposal:
    """Return an upload's columns, to be confirmed. Raises DataError if the file cannot be read."""
    return _proposal(upload.model_dump_json())


@st.cache_resource(show_spinner="Screening and splitting the rows …", ttl=KEPT_S, max_entries=2)
def _intake(upload_json: str) -> Intake:
    upload = Upload.model_validate_json(upload_json)
    if prepared := find_prepared(workspace(), upload):
        return prepared
    reading = upload.reading.model_copy(update={"sheet": None}).model_dump_json()
    test = table_of(upload.test_id, upload.test_name or "test file", reading) if upload.test_id else None
    proposal = proposal_of(upload)
    return make_intake(
        proposal.table,
        name=upload.title,
        choice=proposal.choice,
        rule=upload.rule,
        test=test,
        fixes=upload.fixes,
    )


def intake_of(upload: Upload) -> Intake:
    """Return the dataset and split that an upload would become. Raises DataError and SplitError."""
    return _intake(upload.model_dump_json())


@st.cache_resource(show_spinner="Reading the dataset …", ttl=KEPT_S, max_entries=2)
def stored_intake(fingerprint: str) -> Intake:
    """Read a stored dataset with the split in use; to be cleared where another split is chosen."""
    return read_intake(workspace(), fingerprint)


@st.cache_data(show_spinner="Counting tokens …", max_entries=8)
def lengths_of(fingerprint: str, _intake: Intake) -> npt.NDArray[np.int64]:
    """Count the tokens of at most 2,000 texts, spread evenly over the dataset, with the built-in tokenizer.

    Returns
    -------
    Tokens without a limit, shape ``(number of measured texts,)``.
    """
    dataset = _intake.dataset
    step = max(1, -(-dataset.num_examples // MAX_MEASURED))
    folder = find_on_disk(BUILTIN)
    if folder is None:
        raise RuntimeError("the built-in model is installed with this program")
    return dataset.content.sizes(dataset.take(np.arange(0, dataset.num_examples, step)).table, folder)
