"""*Classes*: where two models take classes for one another unequally often, and what each takes for what."""

from functools import partial

import streamlit as st

from pages.cards.results.examples import open_examples
from pages.ui.displays import draw_display, made
from pages.ui.downloads import offer_table
from pages.ui.formatting import literal, plural
from pages.ui.frame import card
from tl_core.displays import confusion, other_metrics
from tl_core.displays.display import Subject

MOST_DRAWN = 30
NUM_MISTAKES = 20


def draw_confusions(subject: Subject) -> None:
    """Draw the difference of the two confusion matrices, or one of them; of too many classes the mistakes.

    A cell that is chosen opens its examples.
    """
    labels, (a, b) = subject.results.experiment.labels, subject.pair
    with card("Confusion matrix"):
        difference = made(confusion.display_difference, subject)
        if len(labels) > MOST_DRAWN:
            st.markdown(literal(difference.sentence))
            _draw_mistakes(subject)
            return
        views = {"difference": "Difference", "a": subject.names[a], "b": subject.names[b]}
        view = st.segmented_control(
            "Confusion matrix of",
            list(views),
            default="difference",
            required=True,
            format_func=lambda one: literal(views[one]),
            label_visibility="collapsed",
            key="matrix",
        )
        sides = {"a": a, "b": b}
        display = made(confusion.display_arm, subject, sides[view]) if view in sides else difference
        by = view if view in sides else None
        draw_display(display, on_choice=partial(_open_cell, display.key, labels, by))
        st.markdown("Choose a cell to read the examples.")


def _open_cell(key: str, labels: tuple[str, ...], by: str | None) -> None:
    """Open the examples of a true class to which an arm, or either, answers the predicted one."""
    for point in st.session_state[key].selection.points:
        open_examples(label=labels[int(point["y"])], predicted=labels[int(point["x"])], by=by or "")


def _draw_mistakes(subject: Subject) -> None:
    table = made(confusion.mistake_numbers, subject)
    offer_table(table.head(NUM_MISTAKES), key="mistakes", whole=table)
    shown = f"{min(NUM_MISTAKES, len(table))} of {plural(len(table), 'mistake')}"
    num_labels = len(subject.results.experiment.labels)
    st.markdown(
        f":small[{num_labels} classes are too many for a matrix that can be read. These are the {shown} in "
        "which the two differ most.]"
    )


def draw_other_metrics(subject: Subject) -> None:
    """Draw every model in every metric that fits the labels, and how many of each class it finds."""
    with card("Other metrics"):
        offer_table(
            made(other_metrics.table, subject), key="metrics", whole=made(other_metrics.numbers, subject)
        )
        st.markdown(f":small[{literal(made(other_metrics.limits, subject))}]")
        drawer = st.expander(
            "Recall by class", icon=":material/table_rows:", key="recall_drawer", on_change="rerun"
        )
        if drawer.open:
            with drawer:
                offer_table(made(other_metrics.recall_numbers, subject), key="recall")
