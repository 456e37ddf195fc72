"""*Examples*: who is right where, and the texts behind it."""

from functools import partial

import pandas as pd
import streamlit as st

from pages.ui.displays import draw_display, made
from pages.ui.downloads import table_csv
from pages.ui.errors import live_part
from pages.ui.formatting import literal, plural
from pages.ui.frame import card
from pages.ui.readers import dataset_of
from tl_core.displays import agreement
from tl_core.displays.display import Subject
from tl_core.results.agreement import Agreement, Cell, examples_of, with_words

CELL = "cell"
"""Session key of the cell whose texts are shown."""
TEXT_WIDTH_PX = 380
"""Width that leaves the other columns of a cell's texts in sight at 1280 pixels."""
ANY = "any"


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
    cell = st.segmented_control(
        "Examples answered correctly by",
        list(names),
        default=Cell.ONLY_A,
        format_func=lambda one: literal(names[one]),
        key=CELL,
        persist_state="session",
        help="None chosen shows every test example.",
    )
    _draw_examples(subject, found, None if cell is None else Cell(cell))


def _open_cell(key: str) -> None:
    """Show the texts of the cell that was pressed; pressed again it stays open."""
    for point in st.session_state[key].selection.points:
        st.session_state[CELL] = list(Cell)[point["point_index"]]


def _draw_examples(subject: Subject, found: Agreement, cell: Cell | None) -> None:
    """List the examples of a cell, or all of them, with search and filters; a chosen one is shown whole."""
    experiment = subject.results.experiment
    dataset = dataset_of(experiment.dataset_fingerprint)
    if dataset is None:
        st.markdown("The dataset is not in this workspace: ids stand for the texts.")
    examples = examples_of(found, cell)
    table = with_words(examples, experiment.labels, dataset).assign(example_id=examples["example_id"])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        typed = st.text_input("Search", placeholder="Words in the text", key="examples_search", type="search")
        label = st.selectbox("Label", [ANY, *experiment.labels], key="examples_label", width=220)
    is_left = pd.Series(True, index=table.index) if label == ANY else table["target"] == label
    for word in typed.lower().split():
        is_left &= table["text"].str.lower().str.contains(word, regex=False)
    shown = table.loc[is_left].reset_index(drop=True)
    if shown.empty:
        st.markdown("No test example is like that.")
        return
    a, b = (subject.names[arm] for arm in subject.pair)
    columns = {
        "text": st.column_config.TextColumn("Text", width=TEXT_WIDTH_PX),
        "target": "Label",
        "predicted_a": f"{a} says",
        "confidence_a": st.column_config.NumberColumn("sure", format="%.0f%%", help=f"Confidence of {a}."),
        "predicted_b": f"{b} says",
        "confidence_b": st.column_config.NumberColumn("sure", format="%.0f%%", help=f"Confidence of {b}."),
        "num_seeds": f"Seeds of {found.a.num_seeds}",
    }
    if found.a.num_seeds == 1 or cell is None:
        del columns["num_seeds"]
    chosen = st.dataframe(
        shown.assign(**{name: 100 * shown[name] for name in ("confidence_a", "confidence_b")}),
        hide_index=True,
        column_order=list(columns),
        column_config=columns,
        on_select="rerun",
        selection_mode="single-row",
        key=f"examples_{cell or ANY}_{len(shown)}",
        alt="Test examples with text, label and the answers of both models.",
    )
    for place in chosen.selection.rows:
        row = shown.iloc[place]
        target, of_a, of_b = (literal(row[name]) for name in ("target", "predicted_a", "predicted_b"))
        with st.container(border=True):
            st.markdown(literal(row["text"]))
            st.markdown(f"Its label is **{target}**. {literal(a)} says {of_a}, {literal(b)} says {of_b}.")
            st.page_link(
                "try_it.py",
                label="Ask all models about this text",
                icon=":material/keyboard:",
                query_params={"experiment": experiment.experiment_id, "example": row["example_id"]},
            )
    named = shown.drop(columns="example_id").rename(
        columns={
            "text": "Text",
            "target": "Label",
            "predicted_a": f"{a} says",
            "predicted_b": f"{b} says",
            "confidence_a": f"Confidence of {a}",
            "confidence_b": f"Confidence of {b}",
            "num_seeds": "Seeds",
        }
    )
    st.download_button(
        f"Download {plural(len(shown), 'example')} (CSV)",
        lambda: table_csv(named),
        file_name="examples.csv",
        mime="text/csv",
        icon=":material/download:",
        key="examples_csv",
        on_click="ignore",
    )
