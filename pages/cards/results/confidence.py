"""*Confidence*: how far the confidence of two models can be trusted, and what skipping hard texts brings."""

import streamlit as st

from pages.ui.displays import draw_display, made
from pages.ui.downloads import offer_table
from pages.ui.formatting import literal
from pages.ui.frame import card
from tl_core.displays import calibration, thresholds
from tl_core.displays.display import Subject
from tl_core.results.secondary import scoring_verdicts
from tl_core.schema import Verdict
from tl_core.words import capitalised

SCORES_LIMITS = (
    "Log loss and Brier score judge the probabilities and not only the answers: lower is better. No result "
    "rests on them, and they are not corrected for the number of pairs."
)


def draw_calibration(subject: Subject) -> None:
    """Draw what each arm of a pair says of its own answers against how often they are right."""
    with card("How far can the confidence be trusted?"):
        st.markdown("Confidence against right answers on test.")
        for column, arm in zip(st.columns(2, gap="large"), subject.pair, strict=True):
            with column:
                draw_display(made(calibration.display_arm, subject, arm))


def draw_scores(subject: Subject) -> None:
    """Draw the pair in log loss and Brier score, with all scores by seed."""
    with card("Scores of the probabilities"):
        for one in made(_scoring_verdicts, subject):
            st.markdown(f"- {literal(one.claim)} {literal(capitalised(one.interval))}.")
        st.markdown(f":small[{SCORES_LIMITS}]")
        words = "Calibration error, Brier score and log loss by seed"
        drawer = st.expander(words, icon=":material/table_rows:", key="calibration_drawer", on_change="rerun")
        if drawer.open:
            with drawer:
                offer_table(made(calibration.seed_numbers, subject), key="calibration")


def draw_thresholds(subject: Subject) -> None:
    """Draw what a threshold chosen on validation changes on test; nothing with more than two classes."""
    table = made(thresholds.numbers, subject)
    if table is None:
        return
    with card("Decision threshold"):
        for sentence in made(thresholds.sentences, subject):
            st.markdown(f"- {literal(sentence)}")
        st.markdown(f":small[{literal(made(thresholds.limits, subject))}]")
        offer_table(table, key="thresholds")


def _scoring_verdicts(subject: Subject) -> tuple[Verdict, ...]:
    return scoring_verdicts(subject.results, subject.verdict)
