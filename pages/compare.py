"""Compare, the page that asks whether pretraining was worth it.

First the sentence, then the picture, then the proof.
"""

import streamlit as st

from pages.shared import comparison
from pages.shared.frame import draw_header, invite, live_part
from pages.shared.results import (
    choose,
    choose_experiment,
    labels_of,
    observed_runs,
    results_of,
    states_of,
    watch,
)
from pages.shared.wording import facts_of
from tl_core.results.comparison import ExperimentResults
from tl_core.schema import Verdict

POLL_S = 5


def choose_verdict(results: ExperimentResults) -> tuple[Verdict, Verdict]:
    """Let a train size and a pair of arms be chosen; return the size's headline verdict and the pair's."""
    labels = labels_of(results.experiment)
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
                lambda key: comparison.name_pair(of_size[key], labels),
            )
    return next(iter(of_size.values())), of_size[pair]


header = st.container()
experiment = choose_experiment()
if experiment is None:
    with header:
        draw_header("Was pretraining worth it?")
    invite(
        "Nothing has been compared yet. Choose a dataset, the arms and a preset first.", "Design", "design"
    )
    st.stop()
with header:
    draw_header("Was pretraining worth it?", facts_of(experiment))

states = states_of(observed_runs(experiment.experiment_id))
if not states:
    invite("Every run of this experiment has been deleted. Start another comparison.", "Design", "design")
    st.stop()
results = results_of(experiment.experiment_id, states)
live_part(watch, None if results.is_done else POLL_S)(experiment.experiment_id, states)
comparison.draw_missing(results)
top, selectors = st.container(), st.container()
if not results.verdicts:
    comparison.draw_nothing_yet(results)
    st.stop()

headline, verdict = choose_verdict(results)
with top:
    comparison.draw_headline(results, headline)
left, right = st.columns([7, 5])
with left:
    comparison.draw_race_card(results, verdict, headline)
with right:
    agreement = comparison.draw_agreement(results, verdict)
comparison.draw_examples(results, verdict, agreement)
comparison.draw_classes(results, verdict)
comparison.draw_confusions(results, verdict)
comparison.draw_all_pairs(results, verdict.train_size)
comparison.draw_fairness(results, verdict.train_size)
comparison.offer_download(results)
