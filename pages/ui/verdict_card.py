"""A verdict as it is shown: the claim, its proof, its one status, and all that weakens it."""

import streamlit as st

from pages.ui.formatting import literal
from tl_core.evaluation.wording import detection_words, seeds_words
from tl_core.schema import Status, Verdict
from tl_core.words import capitalised

_LOOKS = {
    "success": (":material/check_circle:", "green"),
    "failure": (":material/cancel:", "red"),
    "neutral": (":material/remove:", "gray"),
    "warning": (":material/warning:", "orange"),
}
"""Icon and colour by severity."""


def draw_claim(
    verdict: Verdict,
    *,
    level: int = 3,
    has_status: bool = True,
    has_detection: bool = True,
    has_remedy: bool = False,
    has_others: bool = True,
) -> None:
    """Draw a verdict.

    Parameters
    ----------
    level
        Of the claim's heading: 2 on *Results*.
    has_status, has_detection
        Whether its status, and what differences could be told at all, are drawn; else they stand elsewhere
        on the page.
    has_remedy
        Whether a button does what its status calls for, which then needs no words.
    has_others
        Whether what weakens it beside its status is drawn; else `draw_others` does it elsewhere.
    """
    st.markdown(f"{'#' * level} {literal(verdict.claim)}")
    st.markdown(literal(f"{capitalised(verdict.interval)}."))
    if verdict.beside:
        st.markdown(literal(verdict.beside))
    if verdict.seen:
        st.markdown(f":small[{literal(verdict.seen)}]")
    if has_status:
        draw_status(verdict.status)
    for status in verdict.reservations[:1]:
        if behind := sentences(status.evidence, "" if has_remedy else status.advice):
            st.markdown(literal(behind))
    if has_others:
        draw_others(verdict)
    if has_detection:
        draw_detection(verdict)


def draw_detection(verdict: Verdict) -> None:
    """Draw which differences could be told at all, and how often chance looks like one."""
    st.markdown(f":small[{literal(f'{detection_words(verdict)} {seeds_words(verdict)}'.strip())}]")


def draw_short_claim(verdict: Verdict) -> None:
    """Draw a verdict's claim, proof and status; what else weakens it stands on *Results*."""
    st.markdown(f"**{literal(verdict.claim)}**  \n:small[{literal(capitalised(verdict.interval))}]")
    if verdict.beside:
        st.markdown(f":small[{literal(verdict.beside)}]")
    if verdict.seen:
        st.markdown(f":small[{literal(verdict.seen)}]")
    draw_status(verdict.status)


def draw_others(verdict: Verdict) -> None:
    """Draw what weakens a verdict beside its status, with the numbers behind it."""
    if others := verdict.reservations[1:]:
        lines = [f"- {literal(sentences(one.words, one.evidence))}" for one in others]
        st.markdown("\n".join(lines))


def draw_status(status: Status) -> None:
    """Draw a status on its colour; a badge would cut its words where they need two lines."""
    icon, color = _LOOKS[status.severity]
    st.markdown(f":{color}-background[{icon} {literal(status.words)}]")


def sentences(*parts: str) -> str:
    """Make sentences of what is not empty."""
    return " ".join(f"{capitalised(part.removesuffix('.'))}." for part in parts if part)
