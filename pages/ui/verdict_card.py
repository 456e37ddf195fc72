"""A verdict in words: the claim, its interval, its one status, and what to do about it."""

from collections.abc import Mapping

import streamlit as st

from pages.ui.formatting import literal
from pages.ui.readers import arm_names_of
from tl_core.evaluation.wording import counts, describe_arm, detection_words, few_seeds_words, take_apart
from tl_core.results.comparison import ExperimentResults
from tl_core.schema import Status, Verdict

_LOOKS = {
    "success": (":material/check_circle:", "green"),
    "failure": (":material/cancel:", "red"),
    "neutral": (":material/remove:", "gray"),
    "warning": (":material/warning:", "orange"),
}
"""Icon and colour by severity."""


def draw_claim(results: ExperimentResults, verdict: Verdict, *, level: int = 3) -> None:
    """Draw a verdict's claim, its interval with n and seeds, and its status with all that is behind it.

    ``level`` is that of the claim's heading: 2 on *Compare*.
    """
    claim, interval = claim_of(results, verdict)
    st.markdown(f"{'#' * level} {literal(claim)}")
    st.markdown(literal(interval))
    draw_weaknesses(verdict, arm_names_of(results.experiment))


def claim_of(results: ExperimentResults, verdict: Verdict) -> tuple[str, str]:
    """Say a verdict's claim, and its interval with n and seeds; not escaped."""
    arms = {arm.name: describe_arm(arm, results.titles[arm.name]) for arm in results.experiment.arms}
    words = take_apart(verdict, arms)
    return f"{words.claim}.", f"{words.interval} ({counts(verdict)})."


def draw_weaknesses(verdict: Verdict, arm_names: Mapping[str, str]) -> None:
    """Draw a verdict's status, the numbers behind all flags, the one advice, and what could have been shown.

    ``arm_names`` are display names by arm name.
    """
    draw_status(verdict.status)
    flagged = "; ".join(f"{arm_names[flag.arm]}: {flag.evidence}" for flag in verdict.flags if flag.evidence)
    if numbers := flagged or verdict.status.evidence:
        st.caption(literal(f"{'Flagged for this. ' if flagged else ''}{numbers}."))
    if verdict.status.advice:
        st.caption(literal(verdict.status.advice))
    st.caption(f"{detection_words(verdict)} {few_seeds_words(verdict)}".strip())


def draw_status(status: Status) -> None:
    """Draw a status on its colour; a badge would cut its words where they need two lines."""
    icon, color = _LOOKS[status.severity]
    sentence = f"{status.words[:1].upper()}{status.words[1:]}"
    st.markdown(f":{color}-background[{icon} {literal(sentence)}]")
