"""What an expert may change: lengths, learning rates, further base models; each with its unit and range."""

import streamlit as st

from pages.shared.choices import usable_model
from pages.shared.frame import literal
from pages.shared.slips import Slips
from pages.shared.surroundings import label_of, model_line
from tl_core.catalogue.base_models import CATALOGUE
from tl_core.catalogue.locating import describe
from tl_core.planning.presets import PRESETS, default_rates
from tl_core.schema import Arm, ArmKind, LearningRates, Preset, TrainingConfig

STEPS = 5
"""Presses of a rate's button from its default down to its least value."""


def choose_rivals(base_model: str, slips: Slips) -> list[Arm]:
    """Choose further base models to be fine-tuned beside the first."""
    typed = st.multiselect(
        "Further base models to fine-tune beside it",
        [one for one in CATALOGUE if one != base_model],
        format_func=lambda one: model_line(CATALOGUE[one]) if one in CATALOGUE else one,
        accept_new_options=True,
        key=f"rivals_{base_model}",
        persist_state="session",
        placeholder="None, or choose or type a Hub id",
    )
    rivals = []
    for one in typed:
        with slips.told():
            rivals.append(usable_model(one.strip()))
    distinct = dict.fromkeys(rival for rival in rivals if rival != base_model)
    return [Arm(kind=ArmKind.FINE_TUNED, base_model=rival) for rival in distinct]


def choose_training(preset: Preset) -> dict[str, float | int]:
    """Choose epochs, batch size and length; what is left alone follows the preset."""
    fields = TrainingConfig.model_fields
    epochs, batch, length = st.columns(3)
    return {
        "epochs": epochs.number_input(
            "Epochs",
            0.5,
            100.0,
            float(PRESETS[preset].epochs),
            0.5,
            format="%g",
            key=f"epochs_{preset}",
            persist_state="session",
            help=f"Passes over the train texts, 0.5 to 100; at least {fields['min_steps'].default} steps.",
        ),
        "batch_size": batch.number_input(
            "Batch size",
            1,
            512,
            fields["batch_size"].default,
            key="batch_size",
            persist_state="session",
            help="Texts a step, 1 to 512.",
        ),
        "max_length": length.number_input(
            "Tokens kept of a text",
            8,
            512,
            fields["max_length"].default,
            key="max_length",
            persist_state="session",
            help="Tokens, 8 to 512; longer texts are cut, and the model's own limit holds.",
        ),
    }


def choose_rates(arms: list[Arm], base_model: str) -> dict[str, LearningRates]:
    """Choose each arm's peak learning rates; the rates of frozen encoders are zero."""
    st.caption(
        "Peak learning rates, from above 0 to 1. Each arm has its own, because rates made for fine-tuning "
        "are far too small for random weights. They were found with the built-in model; for an "
        "architecture's own head the usual rates of the literature stand here, not measured."
    )
    return {arm.name: _rates(arm, base_model) for arm in arms if arm.kind.is_neural}


def _rates(arm: Arm, base_model: str) -> LearningRates:
    pooling = describe(arm.base_model or base_model).pooling
    usual = default_rates(arm.kind, pooling)
    label = literal(label_of(arm))
    encoder, head = st.columns(2)
    chosen_encoder = encoder.number_input(
        f"{label}: encoder",
        0.0,
        1.0,
        usual.encoder,
        usual.encoder / STEPS or None,
        format="%.1e",
        key=f"encoder_{arm.name}_{pooling}",
        persist_state="session",
        disabled=usual.encoder == 0,
    )
    chosen_head = head.number_input(
        f"{label}: head",
        1e-7,
        1.0,
        usual.head,
        usual.head / STEPS,
        format="%.1e",
        key=f"head_{arm.name}_{pooling}",
        persist_state="session",
    )
    return LearningRates(encoder=chosen_encoder, head=chosen_head)
