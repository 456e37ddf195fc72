"""The parts of *Runs* that change only when a run changes its state."""

import os
from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from pages.ui.errors import live_part
from pages.ui.formatting import STATE_WORDS, duration, literal, moment, plural
from pages.ui.frame import card
from pages.ui.missing_runs import offer_again
from pages.ui.readers import arm_names_of
from pages.ui.session import current, remember, workspace
from pages.ui.verdict_card import draw_short_claim, sentences
from tl_core.jobs.queue import Queue
from tl_core.results.comparison import ExperimentResults
from tl_core.results.runs import find_cancelled, find_failures, name_runs
from tl_core.schema import ExperimentConfig, State
from tl_core.store.rows import RunRow

LOG_LINES = 200
LOG_BYTES = 64 * 1024
LOG_POLL_S = 2


def draw_verdict_so_far(results: ExperimentResults) -> None:
    """Show the verdict as soon as there is one, with the way to *Results*."""
    if results.headline is None and not results.is_done:
        return
    with card("Result" if results.is_done else "Result so far"):
        if results.headline is not None:
            draw_short_claim(results.headline)
        else:
            why = "No run is done, so there is nothing to compare."
            if results.verdicts:
                why = "The first two models have no seed in common that is done. Others can be compared."
            elif results.finished:
                why = "No two models have a seed in common that is done, so there is nothing to compare."
            elif results.unreadable:
                why = "No folder of a finished run can be read."
            st.markdown(why)
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
        offer_again(failure.runs, "Run it again", "Run these {} again", key=f"again_{place}")


def offer_cancel_all(experiment: ExperimentConfig, runs: Sequence[RunRow]) -> None:
    """Offer to cancel what has not ended, after a second click."""
    num_left = sum(not run.state.is_final for run in runs)
    with st.popover("Cancel remaining runs", icon=":material/cancel:"):
        st.markdown("Runs that are done stay and can be compared. You can run the cancelled ones later.")
        if st.button(f"Cancel {plural(num_left, 'run')}", type="primary", key="cancel_all"):
            Queue(workspace().database).cancel_experiment(experiment.experiment_id)
            st.rerun()


def draw_one_run(experiment: ExperimentConfig, runs: Sequence[RunRow]) -> None:
    """Show one run's log, and let it be cancelled or run again."""
    by_id = {run.run_id: run for run in runs}
    arm_names = arm_names_of(experiment)
    names: dict[str, str] = {}
    for run in runs:
        parts = [arm_names[run.config.arm.name], f"seed {run.config.seed}"]
        if len(experiment.train_sizes) > 1:
            parts.append(f"{run.config.train_size:,} training examples")
        names[run.run_id] = ", ".join(parts)
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
        st.markdown(literal(_run_sentence(run)))
        if not run.state.is_final:
            if st.button("Cancel this run", icon=":material/cancel:", key="cancel_one"):
                Queue(workspace().database).cancel_run(run_id)
                st.rerun()
        elif run.state is not State.FINISHED:
            offer_again([run], "Run it again", "", key="again_one")
        if st.toggle(f"Log, last {LOG_LINES} lines", key="log"):
            live_part(_draw_log, None if run.state.is_final else LOG_POLL_S)(run_id)


def _run_sentence(run: RunRow) -> str:
    """Say how a run stands, since when, and how long it took."""
    by_whom = next(iter(find_cancelled([run])), "")
    words = [by_whom or STATE_WORDS[run.state]]
    if run.started_at:
        words.append(f"started {moment(run.started_at)}")
    if run.started_at and run.finished_at:
        took = datetime.fromisoformat(run.finished_at) - datetime.fromisoformat(run.started_at)
        words.append(f"took {duration(took.total_seconds())}")
    return sentences(", ".join(words), run.error or "" if run.state is State.FAILED else "")


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
