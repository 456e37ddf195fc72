"""Results, the page that asks whether pretraining was worth it.

First the sentence and the picture, then the evidence, a tab for each question.
"""

from collections.abc import Callable

import streamlit as st

from pages.cards.results import setup, slides, summary
from pages.cards.results.classes import draw_confusions
from pages.cards.results.confidence import draw_calibration, draw_scores
from pages.cards.results.data_efficiency import draw_data_efficiency
from pages.cards.results.examples import draw_agreement
from pages.cards.results.label_errors import draw_label_errors
from pages.cards.results.report import offer_numbers, offer_predictions, offer_report
from pages.cards.results.training import draw_training
from pages.ui.displays import card_of, subject_of
from pages.ui.errors import live_part
from pages.ui.formatting import origin_of
from pages.ui.frame import draw_header, invite, invite_another
from pages.ui.readers import (
    arm_names_of,
    choose,
    choose_experiment,
    observed_runs,
    results_of,
    states_of,
    watch,
)
from pages.ui.verdict_card import draw_status
from tl_core.displays import classes, selective_prediction
from tl_core.displays.display import Subject
from tl_core.results.comparison import ExperimentResults
from tl_core.schema import ExperimentConfig, Verdict

POLL_S = 5
QUESTION = "Was pretraining worth it?"
# The cards of each tab.
TABS: dict[str, tuple[Callable[[Subject], None], ...]] = {
    "Summary": (summary.draw_hero, draw_training, summary.draw_all_pairs),
    "Examples": (draw_agreement, draw_label_errors),
    "Classes": (card_of("Gains and losses by class", classes.display), draw_confusions),
    "Labels needed": (draw_data_efficiency,),
    "Confidence": (
        draw_calibration,
        card_of("Accuracy if it can skip hard texts", selective_prediction.display),
        draw_scores,
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


def choose_verdict(results: ExperimentResults) -> Verdict:
    """Let a train size and a pair of models be chosen for the whole page, the headline's first."""
    arm_names = arm_names_of(results.experiment)
    sizes = sorted({verdict.train_size for verdict in results.verdicts}, reverse=True)
    with pickers:
        size = sizes[0]
        if len(sizes) > 1:
            size = int(choose("size", "Training examples", [str(one) for one in sizes], "{}".format))
        of_size = {f"{v.a}~{v.b}": v for v in results.verdicts if v.train_size == size}
        pair = next(iter(of_size))
        if len(of_size) > 1:
            words = {key: summary.name_pair(one, arm_names) for key, one in of_size.items()}
            pair = choose("pair", "Models", list(of_size), words.__getitem__)
    return of_size[pair]


def draw_tabs(subject: Subject) -> None:
    """Draw the tab that is open; the others wait until they are. The URL says which it is."""
    for tab, (name, cards) in zip(
        st.tabs(list(TABS), key="tab", bind="query-params"), TABS.items(), strict=True
    ):
        if tab.open:
            with tab:
                if name != "Summary":
                    draw_status(subject.verdict.status)
                for draw in cards:
                    draw(subject)


if slides.draw_presentation():
    st.stop()
header = st.container()
pickers = st.container(horizontal=True)
with pickers:
    experiment = choose_experiment()
if experiment is None:
    with header:
        draw_header(QUESTION)
    invite("Nothing has been compared yet. Start with a dataset.", "New experiment", "setup")
    st.stop()
with header:
    title, corner = st.columns([4, 2], vertical_alignment="center")
    with title:
        draw_header(QUESTION, origin_of(experiment))

results = read_results(experiment)
summary.draw_missing(results)
if not results.verdicts:
    summary.draw_nothing_yet(results)
    st.stop()
with corner, st.container(horizontal=True, horizontal_alignment="right"):
    slides.offer_presentation()
    with st.popover("Take away", icon=":material/download:"):
        offer_report(results)
        offer_predictions(results)
        offer_numbers(results)
draw_tabs(subject_of(results, choose_verdict(results)))
