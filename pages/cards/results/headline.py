"""The upper part of *Compare*: what is missing, the claim with its picture, the race, and who is right."""

from collections.abc import Mapping
from functools import partial

import streamlit as st

from pages.cards.results.remedies import offer_remedy
from pages.cards.results.time_figures import (
    draw_cost_note,
    has_energy_of,
    learning_curves_of,
    time_to_accuracy_of,
)
from pages.ui.errors import live_part
from pages.ui.figures import agreement_of, draw_display, overview_of
from pages.ui.formatting import literal, plural
from pages.ui.frame import card, draw_damage_of
from pages.ui.learning_curves import ENDS, choose_axes
from pages.ui.readers import arm_names_of, dataset_of
from pages.ui.verdict_card import draw_claim
from tl_core.evaluation.wording import counts
from tl_core.results.agreement import Agreement, Cell, examples_of, with_words
from tl_core.results.comparison import ExperimentResults
from tl_core.results.runs import name_runs
from tl_core.schema import State, Verdict

CELL = "cell"
"""Session key of the cell whose texts are shown."""
TEXT_WIDTH_PX = 165
"""Width that leaves the other columns of a cell's texts in sight at 1280 pixels."""
RIGHT_ANSWERS = {
    Cell.BOTH: ("predicted_a", "predicted_b"),
    Cell.ONLY_A: ("predicted_a",),
    Cell.ONLY_B: ("predicted_b",),
    Cell.NEITHER: (),
}
"""Columns of a cell that would only repeat the label."""


def name_pair(verdict: Verdict, arm_names: Mapping[str, str]) -> str:
    """Name the two arms of a verdict; not escaped."""
    return f"{arm_names[verdict.a]} against {arm_names[verdict.b]}"


def draw_missing(results: ExperimentResults) -> None:
    """Say which runs are still to come, and which have failed, were cancelled or are damaged."""
    arm_names = arm_names_of(results.experiment)
    coming = [run for run in results.runs if not run.state.is_final]
    if coming:
        which = name_runs(coming, arm_names)
        words = f"{plural(len(coming), 'run')} of {len(results.runs)} still to come: {which}."
        st.info(literal(words), icon=":material/hourglass_top:")
    for state in (State.FAILED, State.CANCELLED):
        missing = [run for run in results.runs if run.state is state]
        if missing:
            words = f"{state.value.capitalize()} and missing here: {name_runs(missing, arm_names)}."
            st.warning(literal(words), icon=":material/warning:")
    for refusal in results.refusals:
        st.warning(literal(f"Two arms may not be compared. {refusal}"), icon=":material/block:")
    draw_damage_of([results])


def draw_nothing_yet(results: ExperimentResults) -> None:
    """Say why there is no verdict, and lead to the runs."""
    with st.container(border=True):
        wait = "No two arms have finished with the same seed, so there is nothing to compare"
        st.markdown(
            f"{wait}." if results.is_done else f"{wait} yet. This page shows the first verdict by itself."
        )
        query = {"experiment": results.experiment.experiment_id}
        st.page_link("runs.py", label="Runs", icon=":material/arrow_forward:", query_params=query)


def draw_headline(results: ExperimentResults, verdict: Verdict) -> None:
    """Draw the claim with what weakens it, and all arms beside it."""
    with st.container(border=True):
        left, right = st.columns([5, 6], gap="large")
        with left:
            draw_claim(verdict, level=2)
            offer_remedy(results, verdict)
            st.caption(literal(time_to_accuracy_of(results, verdict)))
        with right:
            draw_display(overview_of(results, verdict.train_size))


def draw_learning_curves_card(results: ExperimentResults, verdict: Verdict) -> None:
    """Draw the learning curves of all arms."""
    with card("The race", "on validation, each run from its own zero"):
        live_part(_draw_learning_curves)(results, verdict.train_size)


def _draw_learning_curves(results: ExperimentResults, train_size: int) -> None:
    has_energy = has_energy_of(results, train_size)
    x, y = choose_axes(results.experiment.headline_metric, key="race", has_energy=has_energy)
    draw_display(learning_curves_of(results, train_size, x, y))
    st.caption(ENDS)
    draw_cost_note(results, train_size)


def draw_agreement(results: ExperimentResults, verdict: Verdict) -> None:
    """Draw who is right where; each cell opens its examples."""
    with card("Who is right where", f"the same {counts(verdict)}"):
        live_part(_draw_cells)(results, verdict)


def _draw_cells(results: ExperimentResults, verdict: Verdict) -> None:
    left, right = st.columns([5, 6], gap="large")
    agreement, display = agreement_of(results, verdict)
    arm_names = arm_names_of(results.experiment)
    with left:
        draw_display(display, on_choice=partial(_open_cell, display.key))
    with right:
        names = {
            Cell.ONLY_A: f"only {arm_names[verdict.a]}",
            Cell.ONLY_B: f"only {arm_names[verdict.b]}",
            Cell.BOTH: "both",
            Cell.NEITHER: "neither",
        }
        cell = st.segmented_control(
            "Show the texts that are answered right by",
            list(names),
            default=Cell.ONLY_A,
            format_func=lambda one: literal(names[one]),
            key=CELL,
            persist_state="session",
        )
        if cell is not None:
            _draw_cell(results, verdict, agreement, Cell(cell))


def _open_cell(key: str) -> None:
    """Show the texts of the cell that was pressed; pressed again it stays open."""
    for point in st.session_state[key].selection.points:
        st.session_state[CELL] = list(Cell)[point["point_index"]]


def _draw_cell(results: ExperimentResults, verdict: Verdict, agreement: Agreement, cell: Cell) -> None:
    """List the examples of a cell with what the arms say that are wrong there."""
    examples = examples_of(agreement, cell)
    if examples.empty:
        st.caption("No test example lies in this cell.")
        return
    dataset = dataset_of(results.experiment.dataset_fingerprint)
    if dataset is None:
        st.caption("The dataset is not in this workspace: ids stand for the texts.")
    table = with_words(examples, results.experiment.labels, dataset)
    arm_names, num_seeds = arm_names_of(results.experiment), agreement.a.num_seeds
    spare = RIGHT_ANSWERS[cell] if num_seeds > 1 else (*RIGHT_ANSWERS[cell], "num_seeds")
    st.dataframe(
        table.drop(columns=list(spare)),
        hide_index=True,
        column_config={
            "text": st.column_config.TextColumn("Text", width=TEXT_WIDTH_PX),
            "target": "Label",
            "predicted_a": f"{arm_names[verdict.a]} says",
            "predicted_b": f"{arm_names[verdict.b]} says",
            "num_seeds": f"Seeds of {num_seeds}",
        },
        alt="Test examples of the chosen cell with text, label and the wrong answers.",
    )
