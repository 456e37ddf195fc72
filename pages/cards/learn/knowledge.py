"""The parts of *Why it works*: the knowledge ladder, and what training has changed in each layer."""

from collections.abc import Sequence

import streamlit as st

from pages.ui.displays import draw_display, made
from pages.ui.formatting import plural
from pages.ui.frame import card
from pages.ui.missing_runs import NOT_TRIED, draw_coming, draw_said, offer_missing
from pages.ui.session import workspace
from tl_core.displays import layer_ablation, layers
from tl_core.planning.layer_ablation import ablation_arms
from tl_core.results.comparison import ExperimentResults
from tl_core.results.knowledge import Knowledge, gather_knowledge
from tl_core.schema import ExperimentConfig

LADDER_MEANING = (
    "Each model keeps a part of the pretrained weights and starts the rest at random. Then all of it is "
    "trained in the same way. The more a model needs a part, the more it loses without it."
)
LADDER_STEPS = (
    "- **Top layers redrawn** keeps the embeddings and the lower layers.\n"
    "- **Embeddings only** keeps no layer.\n"
    "- **Layers only** keeps all layers, under new embeddings.\n"
    "- **Shuffled** keeps every number, but in a random place."
)


def knowledge_of(experiment: ExperimentConfig, results: Sequence[ExperimentResults]) -> Knowledge:
    """Put together what this experiment, and those like it, say about the knowledge ladder."""
    return gather_knowledge(experiment, ablation_arms(experiment.base_model), results, workspace().run_folder)


def draw_layer_ablation(known: Knowledge) -> None:
    """Draw the ladder, what it says, and the offer of the runs that it lacks."""
    experiment = known.pooled.experiment
    with card("The knowledge ladder", explains="How good a network is with part of the pretrained weights."):
        st.markdown(LADDER_MEANING)
        left, right = st.columns([5, 6], gap="large")
        with left:
            draw_said(layer_ablation.tell(known))
            st.markdown(LADDER_STEPS)
        with right:
            draw_display(made(layer_ablation.display, known))
        draw_coming(known.coming())
        if lost := known.lost():
            st.warning(
                f"{plural(len(lost), 'run')} of the ladder did not finish, so these results lack them.",
                icon=":material/warning:",
            )
        offer_missing(experiment, known.missing(), NOT_TRIED, key="offer_ladder")


def draw_changes(known: Knowledge) -> None:
    """Draw how far the weights of each part moved, and how similarly each part places the same texts."""
    texts = f"{known.num_texts} validation examples" if known.num_texts else "the same validation examples"
    if known.changes.empty:
        with card("What training changed"):
            st.markdown("No run has measured the layers yet. Runs that start now measure them at the end.")
        return
    left, right = st.columns(2)
    with left, card("How far the weights moved", explains="From the start to the end of training, by layer."):
        draw_display(made(layers.display_movement, known))
    with right, card("How similarly it places examples", explains=f"{texts}, before and after training."):
        draw_display(made(layers.display_similarity, known))
