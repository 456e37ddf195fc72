"""The parts of *Runs* that change only when a run changes its state."""

import os
from collections.abc import Sequence

import streamlit as st

from pages.ui.errors import live_part
from pages.ui.formatting import literal, plural
from pages.ui.frame import card
from pages.ui.readers import arm_names_of
from pages.ui.session import current, remember, workspace
from pages.ui.verdict_card import draw_short_claim
from tl_core.jobs import client
from tl_core.jobs.queue import Queue
from tl_core.results.comparison import ExperimentResults
from tl_core.results.runs import find_failures, name_runs
from tl_core.schema import ExperimentConfig, State
from tl_core.store.rows import RunRow

LOG_LINES = 200
LOG_BYTES = 64 * 1024
LOG_POLL_S = 2


def draw_verdict_so_far(results: ExperimentResults) -> None:
    """Show the verdict as soon as there is one, with the way to *Results*."""
    if results.headline is None and not results.is_done:
        return
    num_ended_well = len(results.finished) + len(results.unreadable)
    name = "Result" if results.is_done else "Result so far"
    with card(name, f"{num_ended_well} of {plural(len(results.runs), 'run')} finished"):
        if results.headline is not None:
            draw_short_claim(results.headline)
        else:
            why = " and none has finished: there is nothing to compare"
            if results.verdicts:
                why = ", but its first two models did not finish with the same seed; others can be compared"
            elif results.finished:
                why = ", but no two models finished with the same seed: nothing to compare"
            elif results.unreadable:
                why = ", and no folder of a finished one can be read"
            st.markdown(f"Every run has ended{why}.")
        if results.verdicts or results.unreadable:
            st.page_link(
                "results.py",
                label="See results" if results.is_done else "See results so far",
                icon=":material/compare_arrows:",
                query_params={"experiment": results.experiment.experiment_id},
            )


def draw_failures(experiment: ExperimentConfig, runs: Sequence[RunRow]) -> None:
    """Say which runs have failed, why, and what to do."""
    arm_names = arm_names_of(experiment)
    for place, failure in enumerate(find_failures(workspace(), runs)):
        attempts = f" ({failure.attempts} attempts)" if failure.attempts > 1 else ""
        st.error(
            f"**{literal(name_runs(failure.runs, arm_names))}** {failure.words}{attempts}: "
            f"{literal(failure.message)}  \n{failure.remedy}",
            icon=":material/error:",
        )
        label = "Run it again" if len(failure.runs) == 1 else f"Run these {len(failure.runs)} again"
        if st.button(label, icon=":material/replay:", key=f"again_{place}"):
            _run_again(failure.runs)


def _run_again(runs: Sequence[RunRow]) -> None:
    """Queue runs that ended early once more."""
    # A run whose process vanished unseen fails only when a supervisor looks.
    if not client.retry(workspace(), [run.run_id for run in runs]):
        st.toast("The end of a run is only just being noted: try again in a moment.")
        return
    st.rerun()


def offer_cancel_all(experiment: ExperimentConfig, runs: Sequence[RunRow]) -> None:
    """Offer to cancel what has not ended, after a second click."""
    num_left = sum(not run.state.is_final for run in runs)
    with st.popover("Cancel remaining runs", icon=":material/cancel:"):
        st.markdown(f"{plural(num_left, 'run')} will end. What has finished stays and can be compared.")
        if st.button(f"Cancel {plural(num_left, 'run')}", type="primary", key="cancel_all"):
            Queue(workspace().database).cancel_experiment(experiment.experiment_id)
            st.rerun()


def draw_one_run(experiment: ExperimentConfig, runs: Sequence[RunRow]) -> None:
    """Show one run's log, and let it be cancelled or run again."""
    by_id = {run.run_id: run for run in runs}
    arm_names = arm_names_of(experiment)
    names: dict[str, str] = {}
    for run in runs:
        size = f"{run.config.train_size:,} train examples"
        names[run.run_id] = f"{arm_names[run.config.arm.name]} · seed {run.config.seed} · {size}"
    with card("Run details"):
        shown = current("run")
        if shown not in by_id:  # the one that asks for attention: failed, running, any
            rank = {State.FAILED: 0, State.RUNNING: 1}
            shown = min(by_id, key=lambda one: rank.get(by_id[one].state, len(rank)))
        run_id = st.selectbox(
            "Run",
            list(by_id),
            index=list(by_id).index(shown),
            format_func=names.__getitem__,
            label_visibility="collapsed",
        )
        if run_id != shown:
            remember("run", run_id)
        run = by_id[run_id]
        if not run.state.is_final:
            if st.button("Cancel this run", icon=":material/cancel:", key="cancel_one"):
                Queue(workspace().database).cancel_run(run_id)
                st.rerun()
        elif run.state is not State.FINISHED and st.button(
            "Run it again", icon=":material/replay:", key="again_one"
        ):
            _run_again([run])
        if st.toggle(f"Log, last {LOG_LINES} lines", key="log"):
            live_part(_draw_log, None if run.state.is_final else LOG_POLL_S)(run_id)


def _draw_log(run_id: str) -> None:
    """Show the last lines, and read no more of the file than they take."""
    try:
        with workspace().run_folder(run_id).log_path.open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - LOG_BYTES))
            lines = log.read().decode(errors="replace").splitlines(keepends=True)
        tail = "".join(lines[-LOG_LINES:]) or "Nothing was printed."
    except FileNotFoundError:
        tail = "The run has not begun."
    st.code(tail, language=None, wrap_lines=True)
