"""*Examples*: who is right where, and the texts behind it."""

from functools import partial

import streamlit as st

from pages.ui.displays import draw_display, made
from pages.ui.errors import live_part
from pages.ui.formatting import literal
from pages.ui.frame import card
from pages.ui.readers import dataset_of
from tl_core.displays import agreement
from tl_core.displays.display import Subject
from tl_core.results.agreement import Agreement, Cell, examples_of, with_words

CELL = "cell"
"""Session key of the cell whose texts are shown."""
TEXT_WIDTH_PX = 480
"""Width that leaves the other columns of a cell's texts in sight at 1280 pixels."""
RIGHT_ANSWERS = {
    Cell.BOTH: ("predicted_a", "predicted_b"),
    Cell.ONLY_A: ("predicted_a",),
    Cell.ONLY_B: ("predicted_b",),
    Cell.NEITHER: (),
}
"""Columns of a cell that would only repeat the label."""


def draw_agreement(subject: Subject) -> None:
    """Draw who is right where; each cell opens its examples."""
    with card("Where they disagree"):
        live_part(_draw_cells)(subject)


def _draw_cells(subject: Subject) -> None:
    found, display = made(agreement.agreement_of, subject), made(agreement.display, subject)
    a, b = (subject.names[arm] for arm in subject.pair)
    left, right = st.columns([6, 5], gap="large", vertical_alignment="center")
    with left:
        draw_display(display, shows_words=False, on_choice=partial(_open_cell, display.key))
    right.markdown(literal(display.sentence))
    right.markdown(f":small[{literal(display.limits)}]")
    names = {
        Cell.ONLY_A: f"only {a}",
        Cell.ONLY_B: f"only {b}",
        Cell.BOTH: "both",
        Cell.NEITHER: "neither",
    }
    cell = right.segmented_control(
        "Texts answered correctly by",
        list(names),
        default=Cell.ONLY_A,
        format_func=lambda one: literal(names[one]),
        key=CELL,
        persist_state="session",
    )
    if cell is not None:
        _draw_cell(subject, found, Cell(cell))


def _open_cell(key: str) -> None:
    """Show the texts of the cell that was pressed; pressed again it stays open."""
    for point in st.session_state[key].selection.points:
        st.session_state[CELL] = list(Cell)[point["point_index"]]


def _draw_cell(subject: Subject, found: Agreement, cell: Cell) -> None:
    """List the examples of a cell with what the arms say that are wrong there."""
    examples = examples_of(found, cell)
    if examples.empty:
        st.caption("No test example lies in this cell.")
        return
    dataset = dataset_of(subject.results.experiment.dataset_fingerprint)
    if dataset is None:
        st.caption("The dataset is not in this workspace: ids stand for the texts.")
    table = with_words(examples, subject.results.experiment.labels, dataset)
    (a, b), num_seeds = (subject.names[arm] for arm in subject.pair), found.a.num_seeds
    spare = RIGHT_ANSWERS[cell] if num_seeds > 1 else (*RIGHT_ANSWERS[cell], "num_seeds")
    st.dataframe(
        table.drop(columns=list(spare)),
        hide_index=True,
        column_config={
            "text": st.column_config.TextColumn("Text", width=TEXT_WIDTH_PX),
            "target": "Label",
            "predicted_a": f"{a} says",
            "predicted_b": f"{b} says",
            "num_seeds": f"Seeds of {num_seeds}",
        },
        alt="Test examples of the chosen cell with text, label and the wrong answers.",
    )
