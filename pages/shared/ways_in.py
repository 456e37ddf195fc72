"""The ways into the product, and the comparisons that are there already."""

import streamlit as st

from pages.shared.frame import literal
from pages.shared.results import observed_runs, results_of, states_of
from pages.shared.state import remember, workspace
from pages.shared.wording import plural
from tl_core.errors import TlError
from tl_core.planning.launching import take_in
from tl_core.planning.samples import NOT_EVIDENCE, SAMPLES, Sample
from tl_core.results.comparison import ExperimentResults
from tl_core.schema import ExperimentConfig, State
from tl_core.store.rows import RunRow

NUM_LATEST = 5


def draw_finished() -> None:
    """Lead to the newest comparison that has a verdict, with its sentence."""
    for experiment in workspace().database.list_experiments()[:NUM_LATEST]:
        results = _readable_results(experiment)
        if results is not None and results.is_done and results.headline is not None:
            st.markdown(literal(results.headline.sentence))
            _link("See the comparison", "compare", experiment)
            return
    st.markdown("None has finished here yet. A sample takes minutes, even without a GPU.")


def _readable_results(experiment: ExperimentConfig) -> ExperimentResults | None:
    """Gather an experiment's results; None where files of its runs are missing, which Compare tells."""
    try:
        return results_of(experiment.experiment_id, states_of(observed_runs(experiment.experiment_id)))
    except TlError:
        return None


def draw_samples() -> None:
    """Take a bundled sample in by one click and go on to its design."""
    for sample in SAMPLES.values():
        if st.button(sample.title, key=f"try_{sample.name}", icon=":material/science:", width="stretch"):
            _try(sample)
        st.caption(sample.description)
    st.caption(NOT_EVIDENCE)


def _try(sample: Sample) -> None:
    with st.spinner("Taking the sample in …"):
        fingerprint = take_in(workspace(), sample.path, name=sample.name).dataset.info.fingerprint
    remember("dataset", fingerprint)
    st.switch_page("design.py", query_params={"dataset": fingerprint})


def draw_latest() -> None:
    """List the newest experiments with their states."""
    for experiment in workspace().database.list_experiments()[:NUM_LATEST]:
        runs = observed_runs(experiment.experiment_id)
        name, state = st.columns([3, 2], vertical_alignment="center")
        is_done = all(run.state.is_final for run in runs)
        with name:
            _link(_title(experiment), "compare" if is_done else "runs", experiment)
        state.caption(_state_words(runs))


def _link(label: str, page: str, experiment: ExperimentConfig) -> None:
    st.page_link(
        f"{page}.py",
        label=literal(label),
        icon=":material/arrow_forward:",
        query_params={"experiment": experiment.experiment_id},
    )


def _title(experiment: ExperimentConfig) -> str:
    started = experiment.created_at[:16].replace("T", " ")
    return f"{experiment.name} · {plural(len(experiment.arms), 'arm')} · {started} UTC"


def _state_words(runs: tuple[RunRow, ...]) -> str:
    """Say where an experiment stands: ``2 running, 5 of 12 finished``."""
    counts = {state: sum(run.state is state for run in runs) for state in State}
    words = [f"{counts[State.FINISHED]} of {plural(len(runs), 'run')} finished"]
    words += [
        f"{counts[state]} {state.value}"
        for state in (State.RUNNING, State.QUEUED, State.FAILED, State.CANCELLED)
        if counts[state]
    ]
    return ", ".join(words)
