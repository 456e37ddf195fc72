"""*Classes*: what each model takes for what, and where the two differ."""

import streamlit as st

from pages.ui.displays import draw_display, made
from pages.ui.downloads import offer_table
from pages.ui.formatting import literal, plural
from pages.ui.frame import card
from tl_core.displays import confusion
from tl_core.displays.display import Display, Subject

MOST_SIDE_BY_SIDE = 4
LONGEST_SIDE_BY_SIDE = 12
MOST_DRAWN = 30
NUM_MISTAKES = 20


def draw_confusions(subject: Subject) -> None:
    """Draw the two confusion matrices and their difference; of too many classes the mistakes as a table."""
    labels = subject.results.experiment.labels
    difference = made(confusion.display_difference, subject)
    with card("Confusion matrix"):
        st.markdown(literal(difference.sentence))
        if len(labels) > MOST_DRAWN:
            _draw_mistakes(subject)
            return
        arms = [made(confusion.display_arm, subject, arm) for arm in subject.pair]
        a, b = (subject.names[arm] for arm in subject.pair)
        names = [f"{a}, %", f"{b}, %", f"{a} − {b}, points"]
        is_small = len(labels) <= MOST_SIDE_BY_SIDE
        if is_small and all(len(label) <= LONGEST_SIDE_BY_SIDE for label in labels):
            _draw_row([*arms, difference], names)
        else:
            _draw_row(arms, names[:2])
            _draw_row([difference], names[2:])
        st.markdown(f":small[{literal(difference.limits)}]")


def _draw_row(displays: list[Display], names: list[str]) -> None:
    for column, display, name in zip(st.columns(len(displays)), displays, names, strict=True):
        with column:
            st.markdown(f"**{literal(name)}**")
            draw_display(display, shows_words=False)


def _draw_mistakes(subject: Subject) -> None:
    table = made(confusion.mistake_numbers, subject)
    offer_table(table.head(NUM_MISTAKES), key="mistakes", whole=table)
    shown = f"{min(NUM_MISTAKES, len(table))} of {plural(len(table), 'mistake')}"
    num_labels = len(subject.results.experiment.labels)
    st.markdown(
        f":small[{num_labels} classes are too many for a matrix that can be read. These are the {shown} in "
        "which the two differ most.]"
    )
