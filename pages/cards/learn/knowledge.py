"""The parts of *Why it works*: the knowledge ladder, and what training has changed in each layer."""

from collections.abc import Sequence

import streamlit as st

from pages.ui.displays import draw_display, made
from pages.ui.formatting import literal, plural
from pages.ui.frame import card
from pages.ui.missing_runs import NOT_TRIED, draw_coming, draw_said, offer_missing
from pages.ui.session import workspace
from tl_core.displays import layer_ablation, layers
from tl_core.displays.display import Display
from tl_core.planning.layer_ablation import ablation_arms
from tl_core.results.comparison import ExperimentResults
from tl_core.results.knowledge import Knowledge, gather_knowledge
from tl_core.schema import ExperimentConfig

LADDER_MEANING = (
    "Each arm starts with a part of the pretrained weights and draws the others anew; then all of it is "
    "trained in the same way. **Top layers redrawn** keeps the embeddings and the lower layers, "
    "**Embeddings only** no layer, **Layers only** all layers under new embeddings. **Shuffled** keeps every "
    "number but in a random place: the scale of the weights without what they know."
)


def knowledge_of(experiment: ExperimentConfig, results: Sequence[ExperimentResults]) -> Knowledge:
    """Put together what this experiment, and those like it, say about the knowledge ladder."""
    return gather_knowledge(experiment, ablation_arms(experiment.base_model), results, workspace().run_folder)


def draw_layer_ablation(known: Knowledge) -> None:
    """Draw the ladder, what it says, and the offer of the runs that it lacks."""
    experiment = known.pooled.experiment
    with card("The knowledge ladder", "how good the network is over how much of its knowledge it kept"):
        left, right = st.columns([5, 6], gap="large")
        with left:
            st.markdown(LADDER_MEANING)
            draw_said(layer_ablation.tell(known))
            draw_coming(known.coming())
            if lost := known.lost():
                st.warning(
                    f"{plural(len(lost), 'run')} of the ladder did not finish; an arm counts without them.",
                    icon=":material/warning:",
                )
            offer_missing(experiment, known.missing(), NOT_TRIED, key="offer_ladder")
        with right:
            draw_display(made(layer_ablation.display, known))


def draw_movement(known: Knowledge) -> None:
    """Draw how far the weights of each part moved."""
    with card("How far the weights moved", "each layer, from the start to the end of training"):
        _draw_change(made(layers.display_movement, known))


def draw_similarity(known: Knowledge) -> None:
    """Draw how alike each part places the same texts before and after training."""
    texts = f"{known.num_texts} validation texts" if known.num_texts else "the same validation texts"
    with card("What the layers make of the texts", f"{texts}, before and after training"):
        _draw_change(made(layers.display_similarity, known))


def _draw_change(display: Display) -> None:
    left, right = st.columns([5, 6], gap="large")
    with left:
        if display.sentence:
            st.markdown(f"**{literal(display.sentence)}**")
        limits = literal(display.limits)
        st.markdown(
            "Runs measure this at their end; none here has done so." if display.frame is None else limits
        )
    with right:
        draw_display(display, shows_words=False)
