"""From how few labels: both arms over train sets of growing size, and what labels were worth between them."""

import streamlit as st

from pages.ui.figures import Display, budget_of, draw_display, made_once
from pages.ui.frame import card
from pages.ui.missing_runs import draw_coming, offer_missing, pooled_of, watch
from pages.ui.readers import arm_names_of, styles_of
from pages.ui.session import theme
from tl_core.charts.data_efficiency import data_efficiency
from tl_core.evaluation.data_efficiency_words import worth_sentence
from tl_core.evaluation.wording import spoken_names
from tl_core.results.comparison import ExperimentResults, arm_titles
from tl_core.results.data_efficiency import (
    curve_keys,
    find_data_efficiency,
    lacking,
    worth_numbers,
)
from tl_core.results.pooled import Pooled, mean_rows, seed_rows
from tl_core.schema import Verdict
from tl_core.store.rows import RunRow

POLL_S = 5
NAME = "From how few labels"
LIMITS = (
    "Between the sizes that were tried a curve is taken as straight over the logarithm of their number and "
    "as never falling, beyond them nothing is guessed, and all of it holds for these texts, this network and "
    "this budget."
)


def draw_data_efficiency(results: ExperimentResults, verdict: Verdict) -> None:
    """Draw what labels were worth to a pair of arms, or offer the runs that would show it."""
    pooled = pooled_of(results.experiment)
    lacks = lacking(pooled, verdict.a, verdict.b)
    display = efficiency_display(pooled, verdict.a, verdict.b)
    if display is None and not lacks and not _elsewhere(pooled):
        st.markdown("These two models cannot be compared over numbers of labels. Choose another pair above.")
        return
    with card(NAME, "train sets of growing size, each a part of the next"):
        if display is None:
            st.markdown(
                "With one number of train examples nobody can say how many labels pretraining was worth. "
                "Smaller train sets of the same split show it."
            )
        else:
            draw_display(display)
            st.caption(LIMITS)
        draw_coming(_elsewhere(pooled))
        offer_missing(results.experiment, lacks, "**Not tried yet:**", key="try_sizes")
    watch(_elsewhere(pooled), POLL_S)


def _elsewhere(pooled: Pooled) -> list[RunRow]:
    """List the runs still to come of other experiments than the page's own, which says so itself."""
    own = pooled.experiment.experiment_id
    return [run for run in pooled.runs if not run.state.is_final and run.config.experiment_id != own]


@made_once
def efficiency_display(pooled: Pooled, a: str, b: str) -> Display | None:
    """Show the curves with the distance between those of a pair; None without several train sizes."""
    worths = find_data_efficiency(pooled, a, b)
    if not worths:
        return None
    experiment = pooled.experiment
    keys = curve_keys(pooled)
    figure = data_efficiency(
        seed_rows(pooled, keys),
        mean_rows(pooled, keys),
        styles_of(experiment),
        metric=experiment.headline_metric,
        floor=pooled.floor,
        worth=worths[0],
        theme=theme(),
    )
    return Display(
        key="label_worth",
        budget=budget_of(pooled),
        figure=figure,
        table=worth_numbers(pooled, worths, arm_names_of(experiment)),
        caption=worth_sentence(worths[0], spoken_names(arm_titles(experiment))),
    )
