"""The parts of *Why it works*: the knowledge ladder, and what training has changed in each layer."""

from collections.abc import Sequence
from typing import Literal

import streamlit as st

from pages.ui.figures import Display, budget_of, draw_display, made_once
from pages.ui.formatting import literal, plural
from pages.ui.frame import card
from pages.ui.missing_runs import NOT_TRIED, draw_coming, draw_said, offer_missing
from pages.ui.session import theme, workspace
from tl_core.charts import ArmStyle, arm_styles
from tl_core.charts.layer_ablation import layer_ablation
from tl_core.charts.layers import representation_similarity, weight_movement
from tl_core.planning.layer_ablation import ablation_arms
from tl_core.results.comparison import ExperimentResults, ranked
from tl_core.results.knowledge import (
    Knowledge,
    ablation_means,
    ablation_numbers,
    ablation_seeds,
    change_numbers,
    gather_knowledge,
)
from tl_core.results.knowledge_sentences import (
    MOVEMENT_LIMITS,
    SIMILARITY_LIMITS,
    ablation_limits,
    tell_ablation,
    tell_movement,
    tell_similarity,
)
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


def _styles(known: Knowledge) -> dict[str, ArmStyle]:
    return arm_styles(ranked(known.arms), {}, theme())


def _labels(known: Knowledge) -> dict[str, str]:
    return {name: style.label for name, style in _styles(known).items()}


def draw_layer_ablation(known: Knowledge) -> None:
    """Draw the ladder, what it says, and the offer of the runs that it lacks."""
    experiment = known.pooled.experiment
    with card("The knowledge ladder", "how good the network is over how much of its knowledge it kept"):
        left, right = st.columns([5, 6], gap="large")
        with left:
            st.markdown(LADDER_MEANING)
            draw_said(tell_ablation(known))
            draw_coming(known.coming())
            if lost := known.lost():
                st.warning(
                    f"{plural(len(lost), 'run')} of the ladder did not finish; an arm counts without them.",
                    icon=":material/warning:",
                )
            offer_missing(experiment, known.missing(), NOT_TRIED, key="offer_ladder")
        with right:
            draw_display(_ablation_display(known))
            st.caption(literal(ablation_limits(known)))


@made_once
def _ablation_display(known: Knowledge) -> Display:
    figure = layer_ablation(
        ablation_seeds(known),
        ablation_means(known),
        _styles(known),
        metric=known.pooled.experiment.headline_metric,
        floor=known.pooled.floor,
        theme=theme(),
    )
    table = ablation_numbers(known, _labels(known)) if known.keys else None
    return Display(key="ladder", budget=budget_of(known.pooled), figure=figure, table=table)


def draw_movement(known: Knowledge) -> None:
    """Draw how far the weights of each part moved."""
    with card("How far the weights moved", "each layer, from the start to the end of training"):
        _draw_change(_change_display(known, "movement"), tell_movement(known), MOVEMENT_LIMITS)


def draw_similarity(known: Knowledge) -> None:
    """Draw how alike each part places the same texts before and after training."""
    texts = f"{known.num_texts} validation texts" if known.num_texts else "the same validation texts"
    with card("What the layers make of the texts", f"{texts}, before and after training"):
        _draw_change(_change_display(known, "similarity"), tell_similarity(known), SIMILARITY_LIMITS)


@made_once
def _change_display(known: Knowledge, key: Literal["movement", "similarity"]) -> Display:
    chart = weight_movement if key == "movement" else representation_similarity
    figure = chart(known.changes, _styles(known), theme=theme())
    table = None if known.changes.empty else change_numbers(known, _labels(known))
    return Display(key=key, budget=budget_of(known.pooled), figure=figure, table=table)


def _draw_change(display: Display, said: str | None, limits: str) -> None:
    left, right = st.columns([5, 6], gap="large")
    with left:
        if said:
            st.markdown(f"**{literal(said)}**")
        st.caption(
            "Runs measure this at their end; none here has done so." if display.table is None else limits
        )
    with right:
        draw_display(display)
