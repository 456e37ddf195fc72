"""Results, the page that asks whether pretraining was worth it.

First the sentence and the picture, then the evidence, a tab for each question.
"""

from collections.abc import Callable

import streamlit as st

from pages.cards.results import setup, slides, summary
from pages.cards.results.classes import draw_confusions, draw_other_metrics
from pages.cards.results.confidence import draw_calibration, draw_scores, draw_thresholds
from pages.cards.results.data_efficiency import draw_data_efficiency
from pages.cards.results.examples import TAB, draw_agreement
from pages.cards.results.head import draw_experiments, draw_head
from pages.cards.results.label_errors import draw_label_errors
from pages.cards.results.sealed import draw_sealed
from pages.cards.results.training import draw_training
from pages.ui.displays import card_of, subject_of
from pages.ui.errors import live_part
from pages.ui.formatting import origin_of
from pages.ui.frame import draw_header, invite, invite_another
from pages.ui.missing_runs import watch as watch_runs
from pages.ui.readers import (
    find_experiment,
    observed_runs,
    results_of,
    series_of,
    states_of,
    watch,
)
from pages.ui.session import is_presenting
from tl_core.displays import classes, selective_prediction
from tl_core.displays.display import Subject
from tl_core.results.comparison import ExperimentResults
from tl_core.results.repeated_splits import SeriesResults
from tl_core.schema import ExperimentConfig

POLL_S = 5
QUESTION = "Was pretraining worth it?"
# The cards of each tab.
TABS: dict[str, tuple[Callable[[Subject], None], ...]] = {
    "Summary": (
        summary.draw_hero,
        draw_training,
        summary.draw_splits,
        summary.draw_all_pairs,
        draw_sealed,
    ),
    "Examples": (draw_agreement, draw_label_errors),
    "Classes": (card_of("Gains and losses by class", classes.display), draw_confusions, draw_other_metrics),
    "Labels needed": (draw_data_efficiency,),
    "Confidence": (
        draw_calibration,
        card_of("Accuracy if it can skip hard examples", selective_prediction.display),
        draw_scores,
        draw_thresholds,
    ),
    "Setup": (setup.draw_fairness, setup.draw_settings),
}


def read_results(experiment: ExperimentConfig) -> ExperimentResults:
    """Return the experiment's results; without any run the page ends here."""
    states = states_of(observed_runs(experiment.experiment_id))
    if not states:
        invite_another()
        st.stop()
    found = results_of(experiment.experiment_id, states)
    live_part(watch, None if found.is_done else POLL_S)(experiment.experiment_id, states)
    return found


def read_series(experiment: ExperimentConfig) -> SeriesResults | None:
    """Return what all splits have shown; the page begins anew when another one has."""
    series = series_of(experiment)
    if series is not None and series.is_interim:
        others = [one for one in series.experiments.values() if one != experiment]
        watch_runs([run for one in others for run in observed_runs(one.experiment_id)], POLL_S)
    return series


def draw_tabs(subject: Subject) -> None:
    """Draw the tab that is open; the others wait until they are. The URL says which it is."""
    for tab, cards in zip(st.tabs(list(TABS), key=TAB, bind="query-params"), TABS.values(), strict=True):
        if tab.open:
            with tab:
                for draw in cards:
                    draw(subject)


if is_presenting() and slides.draw_presentation():
    st.stop()
experiment = find_experiment()
if experiment is None:
    draw_header(QUESTION)
    invite("Nothing has been compared yet. Start with a dataset.", "New experiment", "setup")
    st.stop()
draw_header(QUESTION, [fact for fact in origin_of(experiment) if fact != experiment.name])
head = st.container(
    key="sticky_top", horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
)
with head:
    draw_experiments(experiment)

results = read_results(experiment)
summary.draw_missing(results)
if not results.verdicts:
    summary.draw_nothing_yet(results)
    st.stop()
with head:
    verdict = draw_head(results)
draw_tabs(subject_of(results, verdict, series=read_series(experiment)))
