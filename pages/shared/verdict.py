"""A verdict in words: the claim, its interval, and beside them what weakens it."""

from collections.abc import Mapping

import streamlit as st

from pages.shared.frame import literal
from pages.shared.results import labels_of
from tl_core.evaluation.flags import FLAG_WORDS
from tl_core.evaluation.wording import (
    counts,
    describe_arm,
    detection_words,
    few_seeds_words,
    is_about_models,
    take_apart,
)
from tl_core.results.comparison import ExperimentResults
from tl_core.schema import Verdict

_BADGES = {
    "better": ("better: the interval excludes zero", ":material/check_circle:", "green"),
    "worse": ("worse: the interval excludes zero", ":material/cancel:", "red"),
    "no_difference_shown": ("no difference shown: the interval holds zero", ":material/remove:", "gray"),
    "equivalent": ("equivalent: the 90 % interval lies within the margin", ":material/equal:", "blue"),
}


def draw_claim(results: ExperimentResults, verdict: Verdict, *, level: int = 3) -> None:
    """Draw a verdict's claim, its interval with n and seeds, and a badge for all that a reader must know.

    ``level`` is that of the claim's heading: 2 on *Compare*.
    """
    claim, interval = claim_of(results, verdict)
    st.markdown(f"{'#' * level} {literal(claim)}")
    st.markdown(literal(interval))
    draw_weaknesses(results, verdict)


def claim_of(results: ExperimentResults, verdict: Verdict) -> tuple[str, str]:
    """Say a verdict's claim, and its interval with n and seeds; not escaped."""
    arms = {arm.name: describe_arm(arm, results.titles[arm.name]) for arm in results.experiment.arms}
    words = take_apart(verdict, arms)
    return f"{words.claim}.", f"{words.interval} ({counts(verdict)})."


def draw_weaknesses(results: ExperimentResults, verdict: Verdict) -> None:
    """Draw a badge for the conclusion and for each thing that weakens it, and what to do about them."""
    _draw_badges(results, verdict)
    _draw_remedies(verdict, labels_of(results.experiment))


def _draw_badges(results: ExperimentResults, verdict: Verdict) -> None:
    labels = labels_of(results.experiment)
    with st.container(horizontal=True, gap="small"):
        text, icon, color = _BADGES[verdict.conclusion]
        st.badge(text, icon=icon, color=color)
        weak = [f"{labels[flag.arm]}: {FLAG_WORDS[flag.code]}" for flag in verdict.flags]
        for words in ["one seed", *weak] if is_about_models(verdict) else weak:
            st.badge(literal(words), icon=":material/warning:", color="orange")


def _draw_remedies(verdict: Verdict, labels: Mapping[str, str]) -> None:
    """Say below the badges what to do about them, each remedy once, and what could have been shown."""
    if is_about_models(verdict):
        st.caption("It is about these two trained models and says nothing about other trainings.")
    st.caption(f"{detection_words(verdict)} {few_seeds_words(verdict)}".strip())
    if evidence := [f"{labels[flag.arm]}: {flag.evidence}" for flag in verdict.flags if flag.evidence]:
        st.caption(literal(f"Flagged for this. {'; '.join(evidence)}."))
    for remedy in dict.fromkeys(flag.remedy for flag in verdict.flags):
        st.caption(literal(remedy))
