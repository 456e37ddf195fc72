"""The runs as tables, one row a model and behind it every run; and one run with its log."""

import os
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from statistics import median

import pandas as pd
import streamlit as st

from pages.ui.errors import live_part
from pages.ui.formatting import STATE_WORDS, duration, literal, moment
from pages.ui.frame import card
from pages.ui.missing_runs import offer_again
from pages.ui.readers import arm_names_of
from pages.ui.session import current, remember, workspace
from pages.ui.verdict_card import sentences
from tl_core.evaluation.wording import METRIC_WORDS
from tl_core.jobs.queue import Queue
from tl_core.results.comparison import ExperimentResults, ranked
from tl_core.results.progress import ExperimentProgress, RunProgress
from tl_core.results.runs import DAMAGED, find_cancelled, value_of
from tl_core.schema import ExperimentConfig, State
from tl_core.store.rows import RunRow

LOG_LINES = 200
LOG_BYTES = 64 * 1024
LOG_POLL_S = 2
_STILL_MOVING = (STATE_WORDS[State.RUNNING], STATE_WORDS[State.QUEUED])


def draw_tables(
    experiment: ExperimentConfig,
    progress: ExperimentProgress,
    arm_names: Mapping[str, str],
    results: ExperimentResults | None,
) -> None:
    """Draw one row a model and training size, and behind it every run.

    Parameters
    ----------
    results
        None before a run has finished.
    """
    metric = METRIC_WORDS[experiment.headline_metric]
    with card("Models"):
        _draw_models(experiment, progress, arm_names, results)
        if results is not None and results.finished:
            st.markdown(
                f":small[Test {metric} is the mean over the seeds that are done, on "
                f"{experiment.split.test:,} test examples.]"
            )
        with st.expander(f"Every run ({len(progress.runs):,})", key="every_run"):
            _draw_every_run(experiment, progress, arm_names, results)


def _draw_models(
    experiment: ExperimentConfig,
    progress: ExperimentProgress,
    arm_names: Mapping[str, str],
    results: ExperimentResults | None,
) -> None:
    values, metric = _test_values(experiment, results), METRIC_WORDS[experiment.headline_metric]
    unreadable = results.unreadable if results else {}
    rows = []
    for arm in ranked(experiment.arms):
        for size in experiment.train_sizes:
            key = (arm.name, size)
            own = [
                one for one in progress.runs if (one.run.config.arm.name, one.run.config.train_size) == key
            ]
            if not own:
                continue
            done = [one for one in own if one.run.run_id in values]
            summary = results.summaries.get(key) if results else None
            low, high = summary.ci95 if summary else (None, None)
            rows.append(
                {
                    "Model": arm_names[arm.name],
                    "Training examples": size,
                    "Seeds done": f"{len(done)} of {len(own)}",
                    "State": _state_words(own, unreadable),
                    "Test": 100 * summary.mean if summary else None,
                    "Interval": None if low is None else f"{100 * low:.1f} to {100 * high:.1f}",
                    # A single one would be a block as wide as the column.
                    "Each seed": [values[one.run.run_id] for one in done] if len(done) > 1 else [],
                    "Seconds": median(one.train_s for one in done) if done else None,
                }
            )
    table = pd.DataFrame(rows).astype({"Test": float, "Seconds": float})
    unknown = [] if values else ["Test", "Interval", "Seconds"]
    unknown += [] if table["Each seed"].map(bool).any() else ["Each seed"]
    spare = ["Training examples"] if len(experiment.train_sizes) == 1 else []
    st.dataframe(
        table.drop(columns=[*unknown, *spare]),
        hide_index=True,
        height="content",
        placeholder="–",
        column_config={
            "Training examples": st.column_config.NumberColumn(format="localized"),
            "Test": st.column_config.NumberColumn(f"Test {metric}, %", format="%.1f"),
            "Interval": st.column_config.TextColumn(
                "95% interval",
                help="Over seeds and test examples. With one seed it is only over the test examples.",
            ),
            "Each seed": st.column_config.BarChartColumn(
                y_min=0, y_max=100, help=f"Test {metric} of every seed that is done, from 0 to 100%."
            ),
            "Seconds": st.column_config.NumberColumn(
                "Training, s", format="%.1f", help="Median over the seeds that are done."
            ),
        },
        alt=f"Every model with seeds, state, mean test {metric}, 95% interval and training seconds.",
        key="models_table",
    )


def _state_words(own: Sequence[RunProgress], unreadable: Collection[str]) -> str:
    """Say where the runs of a model stand: one word where they agree, else what is not done."""
    words = Counter(DAMAGED if one.run.run_id in unreadable else STATE_WORDS[one.run.state] for one in own)
    if len(words) == 1:
        return next(iter(words))
    moving = [word for word in _STILL_MOVING if word in words][:1]
    ended = [word for word in (STATE_WORDS[State.FAILED], STATE_WORDS[State.CANCELLED], DAMAGED)]
    return ", ".join([*moving, *(f"{words[word]} {word}" for word in ended if word in words)])


def _draw_every_run(
    experiment: ExperimentConfig,
    progress: ExperimentProgress,
    arm_names: Mapping[str, str],
    results: ExperimentResults | None,
) -> None:
    """List the runs in their order of work, what trains now first."""
    values, metric = _test_values(experiment, results), METRIC_WORDS[experiment.headline_metric]
    reasons = dict(results.unreadable) if results else {}
    reasons |= {
        one.run.run_id: one.run.error
        for one in progress.runs
        if one.run.state is State.FAILED and one.run.error
    }
    for words, group in find_cancelled(one.run for one in progress.runs).items():
        reasons |= {run.run_id: words for run in group}
    rows = []
    for one in sorted(progress.runs, key=lambda one: one.run.state is not State.RUNNING):
        run, state = one.run, one.run.state
        rows.append(
            {
                "Model": arm_names[run.config.arm.name],
                "Seed": run.config.seed,
                "State": DAMAGED
                if results and run.run_id in results.unreadable
                else one.phase or STATE_WORDS[state],
                "Test": values.get(run.run_id),
                "Progress": 100 * (1.0 if state is State.FINISHED else one.fraction),
                "Training examples": run.config.train_size,
                "Seconds": one.train_s or None,
                "Reason": reasons.get(run.run_id, ""),
            }
        )
    table = pd.DataFrame(rows).astype({"Test": float, "Seconds": float})
    spare = ["Reason"] if not reasons else []
    spare += ["Test"] if not values else []
    spare += ["Training examples"] if len(experiment.train_sizes) == 1 else []
    st.dataframe(
        table.drop(columns=spare),
        hide_index=True,
        placeholder="–",
        column_config={
            "Model": st.column_config.TextColumn(width=150),
            "Seed": st.column_config.NumberColumn(width=55),
            "State": st.column_config.TextColumn(width=80),
            "Test": st.column_config.NumberColumn(f"Test {metric}, %", format="%.1f", width=110),
            "Progress": st.column_config.ProgressColumn(
                min_value=0, max_value=100, format="%.0f%%", width=110
            ),
            "Training examples": st.column_config.NumberColumn(format="localized"),
            "Seconds": st.column_config.NumberColumn("Training, s", format="%.1f", width=85),
        },
        alt="Every run with model, seed, state, progress, test value and training seconds.",
        key="runs_table",
    )


def _test_values(experiment: ExperimentConfig, results: ExperimentResults | None) -> dict[str, float]:
    """Return the main metric on test of the runs that are done, in %, by run id."""
    finished = results.finished if results else ()
    return {run.config.run_id: 100 * value_of(run.test, experiment.headline_metric) for run in finished}


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
