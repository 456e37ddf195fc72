"""A verdict in words: the claim, its interval, and beside them what weakens it."""

import streamlit as st

from pages.shared.frame import literal
from pages.shared.results import labels_of
from pages.shared.wording import plural
from tl_core.evaluation.wording import describe_arm, take_apart
from tl_core.results.comparison import ExperimentResults
from tl_core.schema import Verdict

_BADGES = {
    "better": ("better: the interval excludes zero", ":material/check_circle:", "green"),
    "worse": ("worse: the interval excludes zero", ":material/cancel:", "red"),
    "no_difference_shown": ("no difference shown: the interval holds zero", ":material/remove:", "gray"),
}
_FLAG_WORDS = {
    "collapsed": "one label for all",
    "did_not_learn": "did not learn",
    "still_improving": "still improving",
    "worse_than_majority": "below the largest class",
    "did_not_finish": "seeds missing",
}


def draw_claim(results: ExperimentResults, verdict: Verdict) -> None:
    """Draw a verdict's claim, its interval with n and seeds, and a badge for all that a reader must know."""
    arms = {arm.name: describe_arm(arm, results.titles[arm.name]) for arm in results.experiment.arms}
    words = take_apart(verdict, arms)
    st.markdown(f"### {literal(words.claim)}.")
    counts = f"{plural(verdict.num_seeds, 'seed')}, {verdict.num_examples:,} test examples"
    st.markdown(f"{words.interval}{_unit(verdict)} ({counts}).")
    with st.container(horizontal=True, gap="small"):
        text, icon, color = _BADGES[verdict.conclusion]
        st.badge(text, icon=icon, color=color)
        if verdict.scope == "models":
            st.badge("one seed", icon=":material/warning:", color="orange")
    if verdict.scope == "models":
        st.caption("It is about these two trained models and says nothing about other trainings.")
    labels = labels_of(results.experiment)
    for flag in verdict.flags:
        label = labels[flag.arm]
        st.badge(literal(f"{label}: {_FLAG_WORDS[flag.code]}"), icon=":material/warning:", color="orange")
        st.caption(literal(flag.remedy))


def _unit(verdict: Verdict) -> str:
    return "" if verdict.conclusion == "no_difference_shown" else " points"
