"""The lower part of *Compare*: class by class, mistake by mistake, pair by pair, and how fair it was."""

import json

import streamlit as st

from pages.ui.downloads import offer_table
from pages.ui.figures import (
    Display,
    classes_of,
    confusion_difference_of,
    confusion_of,
    draw_display,
    pairs_of,
)
from pages.ui.formatting import literal, plural
from pages.ui.frame import card
from pages.ui.readers import arm_names_of
from pages.ui.session import workspace
from tl_core.results import numbers, tables
from tl_core.results.comparison import ExperimentResults
from tl_core.results.comparison_json import comparison_json
from tl_core.results.configuration import setting_differences
from tl_core.results.fairness import Fact, fairness_facts
from tl_core.schema import Verdict

FACTS_A_ROW = 3
MOST_SIDE_BY_SIDE = 4
LONGEST_SIDE_BY_SIDE = 12
MOST_DRAWN = 30
NUM_MISTAKES = 20


def draw_classes(results: ExperimentResults, verdict: Verdict) -> None:
    """Draw gains and losses by class."""
    rows = tables.class_rows(results, verdict.a, verdict.b, verdict.train_size)
    with card("Gains and losses by class", f"F1 on test, {_over_seeds(verdict)}"):
        draw_display(classes_of(results, verdict))
        smallest = rows.loc[rows["support"].idxmin()]
        size = plural(int(smallest["support"]), "test example")
        st.caption(literal(f"No intervals here: the smallest class, {smallest['label']}, has {size}."))


def draw_confusions(results: ExperimentResults, verdict: Verdict) -> None:
    """Draw the two confusion matrices and their difference; of too many classes the mistakes as a table."""
    arm_names, class_names = arm_names_of(results.experiment), results.experiment.labels
    num_labels = len(class_names)
    name_a, name_b = arm_names[verdict.a], arm_names[verdict.b]
    with card("What is taken for what", f"shares of the true class on test, {_over_seeds(verdict)}"):
        difference = confusion_difference_of(results, verdict)
        st.markdown(literal(difference.caption))
        if num_labels > MOST_DRAWN:
            a, b = tables.mean_confusions(results, verdict.a, verdict.b, verdict.train_size)
            rows = tables.mistake_rows(a, b, class_names)
            table = numbers.mistake_numbers(rows, name_a, name_b, verdict.num_seeds)
            offer_table(table.head(NUM_MISTAKES), key="mistakes", whole=table)
            shown = f"{min(NUM_MISTAKES, len(rows))} of {plural(len(rows), 'mistake')}"
            st.caption(
                f"{num_labels} classes are too many for a matrix that can be read: these are the {shown} in "
                "which the two differ most."
            )
            return
        arms = [confusion_of(results, verdict, arm) for arm in (verdict.a, verdict.b)]
        names = [f"{name_a}, %", f"{name_b}, %", f"{name_a} − {name_b}, points"]
        is_small = num_labels <= MOST_SIDE_BY_SIDE
        if is_small and all(len(name) <= LONGEST_SIDE_BY_SIDE for name in class_names):
            _draw_row([*arms, difference], names)
        else:
            _draw_row(arms, names[:2])
            _draw_row([difference], names[2:])
        st.caption("A row is a true class and adds up to 100%; what lies off the diagonal is wrong.")


def _draw_row(displays: list[Display], names: list[str]) -> None:
    for column, display, name in zip(st.columns(len(displays)), displays, names, strict=True):
        with column:
            st.markdown(f"**{literal(name)}**")
            draw_display(Display(key=display.key, figure=display.figure, table=display.table, budget=""))


def draw_all_pairs(results: ExperimentResults, verdict: Verdict) -> None:
    """Draw the difference of every pair with its proof."""
    num_pairs = sum(one.train_size == verdict.train_size for one in results.verdicts)
    drawer = st.expander(f"All {plural(num_pairs, 'pair')}", key="all_pairs", on_change="rerun")
    if drawer.open:
        with drawer:
            draw_display(pairs_of(results, verdict.train_size))


def draw_fairness(results: ExperimentResults, verdict: Verdict) -> None:
    """Draw what was the same for all arms, and name what was not."""
    facts = fairness_facts(results, verdict.train_size, arm_names_of(results.experiment))
    with card("How fair was this?", fairness_caption(facts)):
        draw_facts(facts)


def fairness_caption(facts: list[Fact]) -> str:
    """Say whether anything differed that should not."""
    if any(fact.difference for fact in facts):
        return "not all was the same"
    return "the same for all runs; learning rates are each arm's own"


def draw_facts(facts: list[Fact], heading: str = "") -> None:
    """Draw the facts in rows, each value after the ``heading`` mark, and a warning for each that differs."""
    for start in range(0, len(facts), FACTS_A_ROW):
        row = facts[start : start + FACTS_A_ROW]
        for column, fact in zip(st.columns(FACTS_A_ROW), row, strict=False):
            column.caption(fact.name)
            column.markdown(f"{heading}{literal(fact.value)}" if heading else f"**{literal(fact.value)}**")
    for fact in facts:
        if fact.difference:
            st.warning(literal(f"{fact.name}: {fact.difference}."), icon=":material/warning:")


def draw_settings(results: ExperimentResults, verdict: Verdict) -> None:
    """Draw in which settings the runs of the two arms differ, and name those that they share."""
    arm_names = arm_names_of(results.experiment)
    of_a, of_b = (results.runs_of(arm, verdict.train_size) for arm in (verdict.a, verdict.b))
    found = setting_differences(of_a, of_b, results.titles)
    with card("What was set differently", literal(f"{arm_names[verdict.a]} and {arm_names[verdict.b]}")):
        if found.table.empty:
            st.markdown("Nothing: every setting of their runs is the same.")
        else:
            table = numbers.setting_numbers(found.table, arm_names[verdict.a], arm_names[verdict.b])
            offer_table(table, key="settings")
        same = " · ".join(f"{name} {value}" for name, value in found.same.items())
        st.caption(literal(f"The same for both: {same}."))


def offer_download(results: ExperimentResults) -> None:
    """Offer the comparison as JSON."""
    st.download_button(
        "Download the comparison (JSON)",
        lambda: json.dumps(comparison_json(workspace(), results), indent=2, ensure_ascii=False),
        file_name=f"{results.experiment.experiment_id}.json",
        mime="application/json",
        icon=":material/download:",
        on_click="ignore",
    )


def _over_seeds(verdict: Verdict) -> str:
    return f"mean over {verdict.num_seeds} seeds" if verdict.num_seeds > 1 else "one seed"
