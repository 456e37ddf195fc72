"""The plan of an experiment before it starts: its runs, time, memory and disk, its check and its command."""

from collections import Counter
from collections.abc import Mapping

import pandas as pd
import streamlit as st

from pages.ui.base_models import label_of
from pages.ui.formatting import about, after_queue, kept_words, literal, plural, started_at
from pages.ui.plan import begin_check, draw_check, drop_other_checks, is_busy, offer_command, until
from pages.ui.session import hardware, sure_button, workspace
from tl_core.jobs import dry_run
from tl_core.jobs.dry_run import ArmCheck
from tl_core.planning.estimate import Ahead, Estimate, last_kept
from tl_core.planning.plan import expand, find_same, num_runs
from tl_core.planning.presets import arms_to_search
from tl_core.schema import ExperimentConfig

WORTH_SAYING = 0.1
"""How far from 1 what was learned must be to be told."""


def draw_plan(
    experiment: ExperimentConfig, cost: Estimate, ahead: Ahead, checks: Mapping[str, ArmCheck]
) -> None:
    """Show what will be run, when it starts and ends, what it takes, and where those numbers come from."""
    table = _plan_table(experiment, checks)
    st.dataframe(table, hide_index=True, height="content", column_config={"arm": "model"})
    if ahead.num_runs:
        st.markdown(f"**{after_queue(ahead)}**")
    memory = "measured when you press Start"
    if checks:
        machine = hardware()
        there = machine.gpu_memory_gib if machine.gpu and machine.gpu_memory_gib else machine.memory_gib
        most = max(check.memory_mib for check in checks.values())
        memory = f"**{_amount(most)}** of {there:.0f} GiB"
    from_now = " from now" if ahead.num_runs and ahead.span else ""
    basis = f"{cost.basis}{_search_words(experiment)}{_learned_words(cost.factor)}"
    st.markdown(
        f"First result, marked “one seed”: **{until(cost.first_verdict, ahead)}**{from_now}  \n"
        f"All {plural(len(cost.runs), 'run')}: **{until(cost.total, ahead)}**{from_now}  \n"
        f"Memory: {memory}  \n"
        f"Disk: **{_amount(cost.disk_mib)}**",
        help=literal(basis),
    )


def summary_of(experiment: ExperimentConfig, cost: Estimate, ahead: Ahead) -> str:
    """Say in a line how many runs there are and how long they take; in markdown."""
    waits = f" {after_queue(ahead)}" if ahead.num_runs else ""
    first, last = about(cost.first_verdict, is_short=True), about(cost.total, is_short=True)
    splits = f" on {experiment.num_splits} splits" if experiment.num_splits > 1 else ""
    return f"**{plural(len(cost.runs), 'run')}**{splits}: first result in {first}, done in {last}.{waits}"


def _plan_table(experiment: ExperimentConfig, checks: Mapping[str, ArmCheck]) -> pd.DataFrame:
    """List arms with seeds, train sizes and runs; one without a network may run once for all seeds.

    Where splits are repeated, there is their number, and the runs are those on all of them. Once an arm with
    a network was checked, its memory is there too.
    """
    runs = expand(experiment, [str(position) for position in range(num_runs(experiment))])
    counts = Counter(run.arm.name for run in runs)
    seeds = {arm.name: len({run.seed for run in runs if run.arm == arm}) for arm in experiment.arms}
    table = pd.DataFrame(
        [
            (
                label_of(arm),
                experiment.num_splits,
                seeds[arm.name],
                len(experiment.train_sizes),
                experiment.num_splits * counts[arm.name],
            )
            for arm in experiment.arms
        ],
        columns=["arm", "splits", "seeds", "sizes", "runs"],
    )
    if experiment.num_splits == 1:
        table = table.drop(columns="splits")
    if checks:
        measured_mib = {name: _amount(check.memory_mib) for name, check in checks.items()}
        table["memory"] = [measured_mib.get(arm.name, "–") for arm in experiment.arms]
    return table


def _learned_words(factor: float) -> str:
    """Say how the last plan kept its promise, and what was learned from several."""
    kept = last_kept(workspace().database.list_promises())
    words = f" {kept_words(*kept, 'The last plan')}" if kept else ""
    if abs(factor - 1) < WORTH_SAYING:
        return words
    return f"{words} Recent plans took {factor:.1f} times the estimate, which is counted in."


def _search_words(experiment: ExperimentConfig) -> str:
    """Say which networks' rates are still to be chosen and what that takes; it is part of the time."""
    search = experiment.rate_search
    if search is None:
        return ""
    waiting = arms_to_search(workspace(), experiment)
    known = [arm for arm in search.grids if arm not in waiting]
    labels = {arm.name: label_of(arm) for arm in experiment.arms}
    read = f" Rates found before serve {', '.join(labels[arm] for arm in known)}." if known else ""
    if not waiting:
        return read
    num_tries = max(len(search.grids[arm]) for arm in waiting)
    is_every = all(arm.name in waiting for arm in experiment.arms if arm.kind.is_whole)
    which = "each network" if is_every else ", ".join(labels[arm] for arm in labels if arm in waiting)
    return (
        f" The time includes choosing learning rates: {which} is first trained at {num_tries} rates on "
        f"{search.train_size:,} training examples. Rates that come out ahead of the recorded ones are tried "
        f"twice more, and serve if they stay ahead by more than chance.{read}"
    )


def _amount(mib: float) -> str:
    if mib < 1:
        return "less than 1 MiB"
    return f"{mib:,.0f} MiB" if mib < 1024 else f"{mib / 1024:.1f} GiB"


def find_started(experiment: ExperimentConfig) -> ExperimentConfig | None:
    """Return the experiment that is this very plan and was started before; lead to it."""
    same = find_same(experiment, workspace().database.list_experiments())
    if same is not None:
        st.info(
            f"You already have this experiment, started {started_at(same)}.", icon=":material/content_copy:"
        )
        page, query = "results.py", {"experiment": same.experiment_id}
        st.page_link(page, label="Open it", icon=":material/arrow_forward:", query_params=query)
    return same


def offer_check(experiment: ExperimentConfig, *, is_ready: bool) -> None:
    """Offer to check a plan and to copy it as a command; draw the check that goes on. Nothing is queued."""
    drop_other_checks(experiment)
    with st.container(horizontal=True):
        if st.button(
            "Check this plan",
            icon=":material/speed:",
            disabled=is_busy(experiment) or not is_ready,
            help="Measures time and memory on the longest and on typical examples. Queues nothing.",
        ):
            dry_run.forget_checks(workspace(), experiment)
            begin_check(experiment, should_start=False)
            st.rerun()
        offer_command(experiment)
    draw_check(experiment)


def offer_start(experiment: ExperimentConfig, *, is_ready: bool, is_again: bool) -> None:
    """Offer to start a plan once a few batches of each network went through; ``is_again`` was it before."""
    if sure_button(
        "Start it again" if is_again else "Start",
        key="start",
        type="secondary" if is_again else "primary",
        icon=":material/play_arrow:",
        disabled=is_busy(experiment) or not is_ready,
        help="Tries a few batches of each network, in seconds, then queues the runs.",
    ):
        begin_check(experiment, should_start=True)
        st.rerun()
