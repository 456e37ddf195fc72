"""*Labels needed*: how many labels pretraining saves, or the runs that would show it."""

import streamlit as st

from pages.ui.displays import draw_display, made, subject_of
from pages.ui.frame import card
from pages.ui.missing_runs import draw_coming, offer_missing, pooled_of, watch
from tl_core.displays import data_efficiency
from tl_core.displays.display import Subject
from tl_core.results.data_efficiency import lacking, narrowing
from tl_core.results.pooled import Pooled
from tl_core.store.rows import RunRow

POLL_S = 5


def draw_data_efficiency(subject: Subject) -> None:
    """Draw what labels were worth to a pair of arms, or offer the runs that would show it."""
    experiment = subject.results.experiment
    pooled = pooled_of(experiment)
    lacks = lacking(pooled, *subject.pair)
    display = made(data_efficiency.display, subject_of(subject.results, subject.verdict, pooled))
    if display is None and not lacks and not _elsewhere(pooled):
        st.markdown("These two models cannot be compared over numbers of labels. Choose another pair above.")
        return
    with card("How many labels does pretraining save?"):
        if display is None:
            st.markdown("Train on smaller subsets of the same training examples to find out.")
        else:
            draw_display(display)
        draw_coming(_elsewhere(pooled))
        offer_missing(experiment, lacks, "**Not tried yet:**", key="try_sizes")
        narrower = narrowing(pooled, *subject.pair)
        offer_missing(experiment, narrower, "**Would narrow it most:**", key="narrow_sizes", is_first=False)
    watch(_elsewhere(pooled), POLL_S)


def _elsewhere(pooled: Pooled) -> list[RunRow]:
    """List the runs still to come of other experiments than the page's own, which says so itself."""
    own = pooled.experiment.experiment_id
    return [run for run in pooled.runs if not run.state.is_final and run.config.experiment_id != own]
