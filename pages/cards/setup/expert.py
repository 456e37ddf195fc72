"""Advanced settings: all of the training, rates, further base models; with unit and range."""

from dataclasses import dataclass

import streamlit as st

from pages.ui.base_models import label_of, listed_base_models, modality_of
from pages.ui.errors import InputErrors
from pages.ui.formatting import literal
from pages.ui.session import workspace
from tl_core.arms import FINE_TUNED
from tl_core.catalogue.locating import describe
from tl_core.modality import IMAGE, TEXT, content_of
from tl_core.planning.finetuned_base_models import settle_base_model
from tl_core.planning.presets import PRESETS, default_rates
from tl_core.schema import Arm, BudgetRule, LearningRates, Precision, Preset, TrainingConfig

STEPS = 5
"""Presses of a rate's button from its default down to its least value."""


@dataclass(frozen=True, kw_only=True)
class _Number:
    """A number of the training: its field, its words and its range; ``help`` says unit and range."""

    field: str
    label: str
    low: float
    high: float
    step: float
    help: str


_LENGTH = (
    _Number(
        field="epochs",
        label="Epochs",
        low=0.5,
        high=100.0,
        step=0.5,
        help="Passes over the training examples that equal steps are, 0.5 to 100. Until it stops improving, "
        "a run takes two to eight times as many.",
    ),
    _Number(
        field="min_steps",
        label="Minimum steps",
        low=15,
        high=10_000,
        step=15,
        help="Steps, 15 to 10,000. Small training sets get at least these, whatever the epochs say.",
    ),
    _Number(
        field="batch_size",
        label="Batch size",
        low=1,
        high=512,
        step=8,
        help="Examples per step, 1 to 512.",
    ),
)
_LENGTH_LIMITS = {
    TEXT: (
        _Number(
            field="max_length",
            label="Tokens per text",
            low=8,
            high=512,
            step=8,
            help="8 to 512. Longer texts are cut, at the model's own limit at the latest.",
        ),
    ),
    IMAGE: (
        _Number(
            field="max_length",
            label="Pixels a side",
            low=32,
            high=320,
            step=32,
            help="32 to 320. Pictures are scaled to squares of this size. Twice the side takes four times as "
            "long.",
        ),
    ),
}
"""What is kept of each example, by modality."""
_OPTIMIZER = (
    _Number(
        field="warmup_fraction",
        label="Warm-up",
        low=0.0,
        high=0.9,
        step=0.05,
        help="Share of steps in which the learning rate rises to the peak, 0 to 0.9.",
    ),
    _Number(
        field="weight_decay",
        label="Weight decay",
        low=0.0,
        high=1.0,
        step=0.01,
        help="AdamW's pull towards zero, 0 to 1. Biases and norms are exempt.",
    ),
    _Number(
        field="max_grad_norm",
        label="Gradient clipping",
        low=0.01,
        high=100.0,
        step=0.5,
        help="Largest gradient norm of a step, 0.01 to 100.",
    ),
)
_EVALUATION = (
    _Number(
        field="num_evaluations",
        label="Evaluations at most",
        low=1,
        high=200,
        step=5,
        help="On validation, 1 to 200 per run. There are fewer, or of fewer examples, where they would cost "
        "more than a quarter of the training.",
    ),
    _Number(
        field="max_eval_examples",
        label="Examples per evaluation at most",
        low=1,
        high=100_000,
        step=128,
        help="Of validation, 1 to 100,000, always the same. The finished model is judged by all of them.",
    ),
)
_PLATEAU = (
    _Number(
        field="patience",
        label="Patience",
        low=1,
        high=50,
        step=1,
        help=(
            "Evaluations without a rise of the main metric (mean of ten) that end a run, 1 to 50. No run is "
            "shorter than twice the equal steps. Only for training until it stops improving."
        ),
    ),
    _Number(
        field="cap_factor",
        label="Cap",
        low=1.0,
        high=20.0,
        step=0.5,
        help="Most steps, 1 to 20 times the equal steps. Only for training until it stops improving.",
    ),
)
PRECISION_WORDS = {
    None: "Automatic",
    Precision.FLOAT32: "float32",
    Precision.BFLOAT16: "bfloat16",
}


def choose_rivals(base_model: str, input_errors: InputErrors) -> list[Arm]:
    """Choose further base models to be fine-tuned beside the first."""
    modality = describe(base_model).modality
    listed = {
        one: line
        for one, line in listed_base_models().items()
        if one != base_model and modality_of(one) == modality
    }
    typed = st.multiselect(
        "More base models to fine-tune",
        list(listed),
        format_func=lambda one: listed.get(one, one),
        accept_new_options=True,
        key=f"rivals_{base_model}",
        persist_state="session",
        placeholder="None, or choose or type a Hub id",
    )
    rivals = []
    for one in typed:
        with input_errors.told():
            rivals.append(settle_base_model(workspace(), one.strip()))
    distinct = dict.fromkeys(rival for rival in rivals if rival != base_model)
    return [Arm(kind=FINE_TUNED.kind, base_model=rival) for rival in distinct]


def choose_balanced(arms: list[Arm]) -> list[Arm]:
    """Choose models that are trained once more with all classes counting alike."""
    able = {arm.name: arm for arm in arms if not (arm.kind.is_floor or arm.kind.is_on_pairs)}
    chosen = st.multiselect(
        "Also with balanced classes",
        list(able),
        format_func=lambda name: label_of(able[name]),
        key="balanced_arms",
        persist_state="session",
        placeholder="None",
        help="Trains these once more with the rare classes weighing as much as the frequent ones, beside "
        "themselves.",
    )
    return [able[name].model_copy(update={"is_balanced": True}) for name in chosen if name in able]


def choose_training(preset: Preset, budget: BudgetRule, modality: str | None = None) -> TrainingConfig:
    """Choose every number of the training; what is left alone follows the preset and the usual values."""
    limit = _LENGTH_LIMITS.get(modality or TEXT, ())
    values: dict[str, float | int | Precision | None] = {}
    st.markdown("**Length**")
    values |= _choose_numbers((*_LENGTH, *limit), preset)
    st.markdown("**Optimizer (AdamW)**")
    values |= _choose_numbers(_OPTIMIZER, preset)
    dropout, precision = st.columns(2)
    with dropout:
        values["dropout"] = st.number_input(
            "Dropout",
            0.0,
            0.9,
            None,
            0.05,
            format="%g",
            key="dropout",
            persist_state="session",
            placeholder="The base model's own",
            help="0 to 0.9. Empty: the base model's own.",
        )
    with precision:
        values["precision"] = st.selectbox(
            "Precision",
            list(PRECISION_WORDS),
            format_func=PRECISION_WORDS.__getitem__,
            key="precision",
            persist_state="session",
            help="Number format of matrix products. Automatic: bfloat16 where the device has it.",
        )
    values["balances_classes"] = st.checkbox(
        "Count all classes alike",
        key="balances_classes",
        persist_state="session",
        help="In training, the rare classes weigh as much as the frequent ones, for every model alike. Test "
        "counts every example the same.",
    )
    if augmentation := content_of(modality).augmentation:
        values["augments"] = st.checkbox(
            "Augmentation",
            True,
            key="augments",
            persist_state="session",
            help=f"In training, {augmentation}; for every model that trains all weights alike. Switch it off "
            "where a mirrored picture means something else, such as digits and letters.",
        )
    st.markdown("**Evaluation**")
    values |= _choose_numbers(_EVALUATION, preset)
    values |= _choose_numbers(_PLATEAU, preset, disabled=budget is not BudgetRule.PLATEAU)
    return TrainingConfig.model_validate({**values, "budget": budget})


def _choose_numbers(
    numbers: tuple[_Number, ...], preset: Preset, *, disabled: bool = False
) -> dict[str, float | int | Precision | None]:
    columns = st.columns(3 if len(numbers) == 3 else 2)
    values: dict[str, float | int | Precision | None] = {}
    for place, number in enumerate(numbers):
        usual, key = TrainingConfig.model_fields[number.field].default, number.field
        if number.field == "epochs":  # the one that the preset decides
            usual, key = float(PRESETS[preset].epochs), f"epochs_{preset}"
        values[number.field] = columns[place % len(columns)].number_input(
            number.label,
            number.low,
            number.high,
            usual,
            number.step,
            format="%g" if isinstance(number.low, float) else "%d",
            key=key,
            persist_state="session",
            help=number.help,
            disabled=disabled,
        )
    return values


def choose_rate_search(preset: Preset) -> bool:
    """Choose whether each network's learning rates are chosen on validation, as the preset proposes."""
    return st.checkbox(
        "Choose learning rates on validation",
        PRESETS[preset].searches_rates,
        key=f"searches_{preset}",
        persist_state="session",
        help="Tries a third, once and three times the rates below. Others than these serve only if they are "
        "ahead on validation by more than chance, in three trainings. Rates that you change are kept.",
    )


def choose_rates(arms: list[Arm], base_model: str) -> dict[str, LearningRates]:
    """Choose each arm's peak learning rates; the rates of frozen encoders and of fitted heads are zero."""
    st.markdown(
        "Peak learning rates, separate for each model: fine-tuning's are too small for random weights.",
        help="Found with the built-in model, under the mean-pooled head and the head of the architecture.",
    )
    rates: dict[str, LearningRates] = {}
    for arm in arms:
        if not arm.kind.is_whole:
            continue
        base = describe(arm.base_model or base_model)
        usual = default_rates(arm.kind, base)
        label = literal(label_of(arm))
        encoder, head = st.columns(2)
        chosen_encoder = encoder.number_input(
            f"{label}: encoder",
            0.0,
            1.0,
            usual.encoder,
            usual.encoder / STEPS or None,
            format="%.1e",
            key=f"encoder_{arm.name}_{base.pooling}",
            persist_state="session",
            disabled=usual.encoder == 0,
        )
        chosen_head = head.number_input(
            f"{label}: head",
            1e-7 if usual.head else 0.0,
            1.0,
            usual.head,
            usual.head / STEPS or None,
            format="%.1e",
            key=f"head_{arm.name}_{base.pooling}",
            persist_state="session",
            disabled=usual.head == 0,
        )
        rates[arm.name] = usual.model_copy(update={"encoder": chosen_encoder, "head": chosen_head})
    return rates
