"""Choosing any runs, and the cards that put them side by side."""

from collections.abc import Mapping, Sequence

import streamlit as st

from pages.ui import verdict_card
from pages.ui.displays import X_WORDS, choose_over, draw_display, label_counts_of
from pages.ui.errors import live_part
from pages.ui.formatting import literal, plural, short_hash, started_at
from pages.ui.frame import card
from pages.ui.readers import arm_names_of, choose
from pages.ui.session import workspace
from tl_core.charts.learning_curves import XAxis
from tl_core.displays import side_by_side
from tl_core.evaluation.wording import METRIC_WORDS
from tl_core.results.curves import floor_on_validation, is_energy_known
from tl_core.results.side_by_side import SideBySide, finished_of, put_side_by_side
from tl_core.schema import State
from tl_core.store.rows import RunRow

PARAMETER = "runs"
CHOICE = "side_by_side_runs"
FOLLOWED = "side_by_side_followed"


def choose_runs(runs: Sequence[RunRow]) -> list[RunRow]:
    """Let experiments and runs be chosen among the finished ones; the URL and the session keep the choice."""
    finished = [run for run in runs if run.state is State.FINISHED]
    words = _words(finished)
    _follow_url(words)
    chosen = st.multiselect(
        "Experiments and runs",
        list(words),
        format_func=words.__getitem__,
        placeholder="Choose at least two runs, or an experiment",
        help="Whole experiments or single runs. Only runs on the same split can be compared.",
        key=CHOICE,
        select_all=False,
        persist_state="session",
    )
    stated = ",".join(chosen)
    st.session_state[FOLLOWED] = stated
    if stated != st.query_params.get(PARAMETER, ""):
        st.query_params[PARAMETER] = stated
    return finished_of(chosen, finished)


def _follow_url(words: Mapping[str, str]) -> None:
    """Take the choice from the URL where it says another one than this page wrote; tell what is not there."""
    stated = st.query_params.get(PARAMETER)
    if stated is not None and stated != st.session_state.get(FOLLOWED):
        wanted = list(dict.fromkeys(filter(None, stated.split(","))))
        st.session_state[CHOICE] = [one for one in wanted if one in words]
        lost = [one for one in wanted if one not in words]
        if lost:
            st.warning(
                literal(f"Left out, because not done or not in this workspace: {', '.join(lost)}."),
                icon=":material/warning:",
            )
    kept = st.session_state.get(CHOICE, [])
    if any(one not in words for one in kept):
        st.session_state[CHOICE] = [one for one in kept if one in words]


def _words(runs: Sequence[RunRow]) -> dict[str, str]:
    """Name every experiment, then the runs, by their ids: those of one split together, newest first.

    Where there are several splits, every name says which, for only runs of one can be compared.
    """
    runs_of: dict[str, list[RunRow]] = {}
    for run in runs:
        runs_of.setdefault(run.config.experiment_id, []).append(run)
    experiments = [one for one in workspace().database.list_experiments() if one.experiment_id in runs_of]
    splits = list(dict.fromkeys(one.split.hash for one in experiments))
    whole, single = {}, {}
    for experiment in sorted(experiments, key=lambda one: splits.index(one.split.hash)):
        identifier = experiment.experiment_id
        own = runs_of[identifier]
        split = f", split {short_hash(experiment.split.hash)}" if len(splits) > 1 else ""
        name = f"{experiment.dataset_name}, {started_at(experiment)}{split}, {identifier[-4:]}"
        whole[identifier] = f"{name}: all {plural(len(own), 'run')}"
        arm_names = arm_names_of(experiment)
        for run in own:
            size = f", {run.config.train_size:,} examples" if len(experiment.train_sizes) > 1 else ""
            single[run.run_id] = f"{name}: {arm_names[run.config.arm.name]}, seed {run.config.seed}{size}"
    return whole | single


def compared(run_ids: tuple[str, ...]) -> SideBySide:
    """Compare some finished runs once for what their split was asked; nobody may change the result.

    Raises ComparisonError.
    """
    database = workspace().database
    splits = {database.get_run(run_id).config.split_hash for run_id in run_ids}
    return _compared(run_ids, [database.list_on_split(split) for split in sorted(splits)])


@st.cache_resource(show_spinner="Reading what the runs have written …", max_entries=8)
def _compared(run_ids: tuple[str, ...], on_splits: Sequence[Sequence[tuple[str, str]]]) -> SideBySide:
    del on_splits  # with others, what was kept is stale
    here = workspace()
    return put_side_by_side(here, [here.database.get_run(run_id) for run_id in run_ids])


def facts_of(comparison: SideBySide) -> list[str]:
    """Say in a few words what the page speaks of; not escaped."""
    config = comparison.runs[0].config
    experiment = workspace().database.get_experiment(config.experiment_id)
    num_experiments = len({run.config.experiment_id for run in comparison.runs})
    return [
        experiment.dataset_name,
        f"{experiment.split.test:,} test examples",
        f"{plural(len(comparison.runs), 'run')} from {plural(num_experiments, 'experiment')}",
        plural(len(comparison.groups), "model"),
        f"split {short_hash(config.split_hash)}",
    ]


def choose_pair(comparison: SideBySide) -> tuple[str, str]:
    """Let one group be looked at, and another one that it is held against; return their keys."""
    labels, keys = comparison.labels, [group.key for group in comparison.groups]
    if len(keys) == 2:
        return keys[0], keys[1]
    left, right = st.columns(2)
    with left:
        a = choose("group", "This model", keys, labels.__getitem__)
    with right:
        b = choose("against", "Against", [key for key in keys if key != a], labels.__getitem__)
    return a, b


def draw_claim(comparison: SideBySide, a: str, b: str) -> None:
    """Draw the verdict on two groups with its interval, n and seeds, and what weakens it."""
    verdict = comparison.verdicts.get((a, b))
    if refusal := comparison.refusals.get((a, b)):
        st.warning(literal(f"These two cannot be compared. {refusal}"), icon=":material/block:")
        return
    if verdict is None:
        labels = comparison.labels
        st.markdown(
            literal(f"{labels[a]} and {labels[b]} have no seed in common, so there is no result on them.")
        )
        return
    verdict_card.draw_claim(verdict)


def draw_groups(comparison: SideBySide) -> None:
    """Draw every group's values on test, and all numbers of them as a table."""
    metric = METRIC_WORDS[comparison.metric]
    explains = f"Test {metric}. Runs that differ only in their seed count as one model."
    with card("All models", explains=explains):
        draw_display(side_by_side.display_groups(comparison))
        if len({run.config.headline_metric for run in comparison.runs}) > 1:
            st.markdown("The runs have different main metrics, so accuracy is shown for all.")


def draw_pairs(comparison: SideBySide, reference: str) -> None:
    """Draw every group's difference from the reference; the table holds every pair."""
    metric = METRIC_WORDS[comparison.metric]
    name = literal(comparison.names[reference])
    explains = f"Difference in test {metric}, on the seeds and examples that both have."
    with card(f"Each against {name}", explains=explains):
        draw_display(side_by_side.display_pairs(comparison, reference))
        refused = [pair for pair in comparison.pairs if pair in comparison.refusals]
        for refusal in dict.fromkeys(comparison.refusals[pair] for pair in refused):
            st.markdown(literal(f"Not compared. {refusal}"))
        for a, b in side_by_side.unpaired(comparison):
            st.markdown(literal(f"No result on {a} and {b}: no seed in common."))


def draw_settings(comparison: SideBySide) -> None:
    """Show the settings in which the groups differ, and nothing that they share."""
    rows = side_by_side.setting_rows(comparison)
    explains = "All other settings are the same, or mean nothing for the model."
    with card("What differs in the settings", explains=explains):
        if len(rows.columns) == 1:
            st.markdown("Nothing but the model itself.")
        else:
            st.dataframe(rows, hide_index=True, alt="Settings in which the models differ, by model.")


def draw_curves(comparison: SideBySide) -> None:
    """Draw the validation curves of all groups over each other."""
    metric = METRIC_WORDS[comparison.metric]
    explains = f"Validation {metric}, each run from the start. Thin lines are seeds."
    with card("Learning curves", explains=explains):
        live_part(_draw_curves)(comparison)


def _draw_curves(comparison: SideBySide) -> None:
    has_energy = is_energy_known(side_by_side.group_curves(comparison))
    x: XAxis = choose_over(X_WORDS, key="side_x", has_energy=has_energy)
    counts = label_counts_of(comparison.runs[0].config.dataset_fingerprint)
    every = [(run.config, run.events) for run in comparison.runs]
    floor = floor_on_validation(every, counts, comparison.metric)
    draw_display(side_by_side.display_curves(comparison, x, floor))


def draw_classes(comparison: SideBySide, a: str, b: str) -> None:
    """Draw gains and losses by class of one group against another, where there is a result on them."""
    if (a, b) not in comparison.verdicts:
        return
    with card("Gains and losses by class"):
        draw_display(side_by_side.display_classes(comparison, a, b))
