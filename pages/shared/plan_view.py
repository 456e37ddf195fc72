"""A plan before it starts: its runs as a small table, its time, its memory and its disk."""

from collections import Counter
from collections.abc import Mapping

import pandas as pd
import streamlit as st

from pages.shared.frame import literal
from pages.shared.intake import lengths_of
from pages.shared.state import hardware, workspace
from pages.shared.surroundings import label_of
from pages.shared.wording import about, plural
from tl_core.catalogue.locating import describe
from tl_core.jobs.dry_run import ArmCheck, all_passed_checks
from tl_core.planning.estimate import Estimate, estimate
from tl_core.planning.launching import Intake
from tl_core.planning.plan import expand, num_runs
from tl_core.planning.rate_search import arms_to_search
from tl_core.planning.throughput import Throughput, read_history
from tl_core.schema import ExperimentConfig


@st.cache_data(show_spinner=False, max_entries=4)
def _history(num_finished: int, num_checks: int) -> tuple[Throughput, ...]:
    """Read the measured throughput anew whenever another run has finished or another arm was checked."""
    return read_history(workspace())


def estimate_of(experiment: ExperimentConfig, intake: Intake) -> Estimate:
    """Estimate a plan on this server, with the texts' own lengths."""
    facts = {
        arm.name: describe(arm.base_model or experiment.base_model)
        for arm in experiment.arms
        if arm.kind.is_neural
    }
    lengths = lengths_of(intake.dataset.info.fingerprint, intake)
    mean_tokens = float(lengths.clip(max=experiment.training.max_length).mean())
    num_checks = len(all_passed_checks(workspace()))
    history = _history(workspace().database.num_finished_runs(), num_checks)
    searching = arms_to_search(workspace(), experiment)
    return estimate(experiment, facts, mean_tokens, hardware(), history, searching)


def plan_table(experiment: ExperimentConfig, checks: Mapping[str, ArmCheck]) -> pd.DataFrame:
    """List arms with seeds, train sizes and runs; one without a network may run once for all seeds.

    Once an arm with a network was checked, its memory is there too.
    """
    runs = expand(experiment, [str(position) for position in range(num_runs(experiment))])
    counts = Counter(run.arm.name for run in runs)
    seeds = {arm.name: len({run.seed for run in runs if run.arm == arm}) for arm in experiment.arms}
    table = pd.DataFrame(
        [
            (label_of(arm), seeds[arm.name], len(experiment.train_sizes), counts[arm.name])
            for arm in experiment.arms
        ],
        columns=["arm", "seeds", "sizes", "runs"],
    )
    if checks:
        table["memory"] = [_memory_of(checks.get(arm.name)) for arm in experiment.arms]
    return table


def _memory_of(check: ArmCheck | None) -> str:
    return _amount(check.memory_mib) if check else "–"


def draw_plan(experiment: ExperimentConfig, cost: Estimate, checks: Mapping[str, ArmCheck]) -> None:
    """Show what will be run, what it takes, and where those numbers come from."""
    table = plan_table(experiment, checks)
    st.dataframe(table, hide_index=True, height="content")
    st.markdown(f"**{plural(int(table['runs'].sum()), 'run')}**, one after the other, seed by seed.")
    st.markdown(
        f"First verdict, marked “one seed”: **{about(cost.first_verdict_s)}**  \n"
        f"All runs: **{about(cost.total_s)}**  \n"
        f"Memory: {_memory_line(checks)}  \n"
        f"Disk: **{_amount(cost.disk_mib)}**"
    )
    st.caption(literal(f"{cost.basis}{_search_words(experiment)}"))


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
    is_every = all(arm.name in waiting for arm in experiment.arms if arm.kind.is_neural)
    which = "each network" if is_every else ", ".join(labels[arm] for arm in labels if arm in waiting)
    return (
        f" Before its first run {which} is trained at {num_tries} learning rates, with the first seed "
        f"on {search.train_size:,} train examples, and keeps those that are best on validation; that is in "
        f"the time.{read}"
    )


def _memory_line(checks: Mapping[str, ArmCheck]) -> str:
    if not checks:
        return "measured by the check before the start"
    machine = hardware()
    there = machine.gpu_memory_gib if machine.gpu and machine.gpu_memory_gib else machine.memory_gib
    most = max(check.memory_mib for check in checks.values())
    return f"**{_amount(most)}** of {there:.0f} GiB"


def _amount(mib: float) -> str:
    if mib < 1:
        return "less than 1 MiB"
    return f"{mib:,.0f} MiB" if mib < 1024 else f"{mib / 1024:.1f} GiB"
