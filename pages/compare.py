"""Compare, the page that asks whether pretraining was worth it.

First the sentence, then the picture, then the evidence.
"""

import streamlit as st

from pages.cards.results import evidence, slides
from pages.cards.results.calibration import draw_calibration, draw_selective_prediction
from pages.cards.results.data_efficiency import draw_data_efficiency
from pages.cards.results.headline import (
    draw_agreement,
    draw_headline,
    draw_learning_curves_card,
    draw_missing,
    draw_nothing_yet,
    name_pair,
)
from pages.cards.results.label_errors import draw_label_errors
from pages.cards.results.replay import draw_replay
from pages.cards.results.report import offer_report
from pages.cards.results.time_to_accuracy import draw_time_to_accuracy
from pages.ui.errors import live_part
from pages.ui.formatting import facts_of
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
from tl_core.results.comparison import ExperimentResults
from tl_core.schema import ExperimentConfig, Verdict

POLL_S = 5
QUESTION = "Was pretraining worth it?"


def read_results(experiment: ExperimentConfig) -> ExperimentResults:
    """Return the experiment's results; without any run the page ends here."""
    states = states_of(observed_runs(experiment.experiment_id))
    if not states:
        invite_another()
        st.stop()
    found = results_of(experiment.experiment_id, states)
    live_part(watch, None if found.is_done else POLL_S)(experiment.experiment_id, states)
    return found


def choose_verdict(results: ExperimentResults) -> tuple[Verdict, Verdict]:
    """Let a train size and a pair of arms be chosen; return the size's headline verdict and the pair's."""
    arm_names = arm_names_of(results.experiment)
    sizes = sorted({verdict.train_size for verdict in results.verdicts}, reverse=True)
    with selectors, st.container(horizontal=True):
        size = sizes[0]
        if len(sizes) > 1:
            size = int(choose("size", "Train examples", [str(one) for one in sizes], "{} examples".format))
        of_size = {f"{v.a}~{v.b}": v for v in results.verdicts if v.train_size == size}
        pair = next(iter(of_size))
        if len(of_size) > 1:
            pair = choose(
                "pair",
                "Pair of arms below",
                list(of_size),
                lambda key: name_pair(of_size[key], arm_names),
            )
    return next(iter(of_size.values())), of_size[pair]


if slides.draw_presentation():
    st.stop()
header = st.container()
experiment = choose_experiment()
if experiment is None:
    with header:
        draw_header(QUESTION)
    invite(
        "Nothing has been compared yet. Choose a dataset, the arms and a preset first.", "Design", "design"
    )
    st.stop()
with header:
    title, corner = st.columns([5, 1], vertical_alignment="center")
    with title:
        draw_header(QUESTION, facts_of(experiment))

results = read_results(experiment)
draw_missing(results)
top, selectors = st.container(), st.container()
if not results.verdicts:
    draw_nothing_yet(results)
    st.stop()
with corner:
    slides.offer_presentation()
headline, verdict = choose_verdict(results)
with top:
    draw_headline(results, headline)
draw_learning_curves_card(results, verdict)
draw_replay(results, verdict)
draw_time_to_accuracy(results, verdict)
draw_data_efficiency(results, verdict)
evidence.draw_classes(results, verdict)
evidence.draw_confusions(results, verdict)
draw_agreement(results, verdict)
draw_calibration(results, verdict)
draw_selective_prediction(results, verdict)
draw_label_errors(results, verdict)
evidence.draw_all_pairs(results, verdict.train_size)
evidence.draw_fairness(results, verdict.train_size)
evidence.draw_settings(results, verdict)
with st.container(horizontal=True):
    offer_report(results)
    evidence.offer_download(results)
