"""What a person gets without choosing anything: presets, and learning rates, given or searched for."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tl_core.arms import ARMS, FINE_TUNED, SCRATCH, ArmKind, Rates, Start
from tl_core.catalogue.base_models import BaseModel, Pooling
from tl_core.modality import IMAGE
from tl_core.schema import Arm, BudgetRule, ExperimentConfig, LearningRates, Preset, RateSearchPlan
from tl_core.store.workspace import Workspace

DEFAULT_BUDGET = BudgetRule.PLATEAU
"""Each network gets a real chance: steps that are enough for pretrained weights leave random ones half-way
(`benchmarks/budgets.py`)."""
GRID_FACTOR = 3.0
"""From one rate of a grid to the next."""


@dataclass(frozen=True, kw_only=True)
class PresetChoice:
    """A ready-made choice.

    Attributes
    ----------
    num_seeds
        Trainings of each arm.
    epochs
        Passes over the train examples that equal steps are; a network that trains to its plateau takes
        several times as many.
    max_train_size
        Train examples used at most; ``None`` uses all.
    searches_rates
        Whether each arm's learning rates are chosen on validation; otherwise the recorded ones serve.
    purpose
        One sentence for the person who chooses.
    """

    num_seeds: int
    epochs: float
    max_train_size: int | None
    searches_rates: bool
    purpose: str


PRESETS: dict[Preset, PresetChoice] = {
    Preset.QUICK: PresetChoice(
        num_seeds=5,
        epochs=4,
        max_train_size=500,
        searches_rates=False,
        purpose="An answer in minutes: five seeds, at most 500 training examples.",
    ),
    Preset.STANDARD: PresetChoice(
        num_seeds=5,
        epochs=4,
        max_train_size=5000,
        searches_rates=True,
        purpose=(
            "A solid answer: five seeds, at most 5,000 training examples, learning rates chosen on "
            "validation."
        ),
    ),
    Preset.THOROUGH: PresetChoice(
        num_seeds=10,
        epochs=4,
        max_train_size=None,
        searches_rates=True,
        purpose=(
            "The narrowest interval: ten seeds, all training examples, learning rates chosen on validation."
        ),
    ),
}


def _rates(rates: Rates) -> LearningRates:
    return LearningRates(encoder=rates.encoder, head=rates.head)


DEFAULT_RATES = {spec.kind: _rates(spec.rates) for spec in ARMS if spec.rates}
"""Peak learning rates, found by `benchmarks/learning_rates.py` with the built-in model, whose head is one
layer on the mean of the hidden states; its JSON says how and on which data."""

OWN_HEAD_RATES = {spec.kind: _rates(spec.own_head_rates or spec.rates) for spec in ARMS if spec.rates}
"""For an architecture's own head, often two layers, one of them pretrained: found in the same way, with the
built-in model under its architecture's own head."""


PICTURE_RATES = {
    spec.kind: _rates(spec.picture_rates or spec.own_head_rates or spec.rates) for spec in ARMS if spec.rates
}
"""For convolutional networks, found by `benchmarks/images.py` with the built-in one for pictures."""


def default_rates(kind: ArmKind, base: BaseModel) -> LearningRates:
    """Return a neural arm's peak learning rates for a base model.

    Each weight of a partial arm learns at the rate found for weights that start as it does: what is kept has
    fine-tuning's rate, what is drawn anew that of training from scratch, and the head that of the arm whose
    last layer starts like the one it reads. Shuffled weights know nothing: all their rates are those from
    scratch. Transformers that read the patches of pictures have the rates of those that read tokens, which
    was not measured.
    """
    rates = OWN_HEAD_RATES if base.pooling is Pooling.OWN else DEFAULT_RATES
    if base.modality == IMAGE and not base.reads_patches:
        rates = PICTURE_RATES
    if not kind.is_partial:
        return rates[kind]
    tuned, scratch = rates[FINE_TUNED.kind], rates[SCRATCH.kind]
    if kind.spec.start is Start.SHUFFLED:
        return scratch
    head = tuned.head if kind.spec.start is Start.LAYERS else scratch.head
    return LearningRates(encoder=tuned.encoder, head=head, redrawn=scratch.encoder)


def grid_around(rates: LearningRates, reach: int = 1) -> tuple[LearningRates, ...]:
    """Return the rates and those ``reach`` factors below and above: all parts of a network move together.

    >>> [round(one.head, 6) for one in grid_around(LearningRates(encoder=0, head=0.003))]
    [0.001, 0.003, 0.009]
    """
    factors = [GRID_FACTOR**power for power in range(-reach, reach + 1)]
    return tuple(
        LearningRates(
            encoder=_digits(factor * rates.encoder),
            head=_digits(factor * rates.head),
            redrawn=None if rates.redrawn is None else _digits(factor * rates.redrawn),
        )
        for factor in factors
    )


def _digits(rate: float) -> float:
    """Keep three digits, so that a rate reads as it is."""
    return float(f"{rate:.2e}")


def plan_search(rates: Mapping[str, LearningRates], train_size: int, reach: int = 1) -> RateSearchPlan:
    """Plan the same search for each arm, around its own rates."""
    return RateSearchPlan(
        grids={arm: grid_around(own, reach) for arm, own in rates.items()}, train_size=train_size
    )


NUM_TRIALS = 3
"""Paired trainings behind a change of rates, each with its own seed and, where validation is small, fold."""
SEARCH_RULE = f"beyond-error-{NUM_TRIALS}"
"""Which rule finds an answer; those of another one do not serve."""


def answer_path(workspace: Workspace, experiment: ExperimentConfig, arm: Arm) -> Path | None:
    """Return where the answer for an arm lies or will lie; None for an arm that searches none.

    It goes by everything that the search depends on and not by the experiment, so that further train sizes
    of the same comparison are trained at the same rates, and no search is paid for twice.
    """
    search = experiment.rate_search
    if search is None or arm.name not in search.grids:
        return None
    parts = [
        SEARCH_RULE,
        experiment.split.hash,
        arm.way,
        arm.base_model or experiment.base_model,
        experiment.headline_metric.value,
        experiment.training.model_dump_json(),
        str(search.train_size),
        *(rates.model_dump_json() for rates in search.grids[arm.name]),
    ]
    key = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return workspace.rate_answer(experiment.dataset_fingerprint, key)


def arms_to_search(workspace: Workspace, experiment: ExperimentConfig) -> frozenset[str]:
    """Name the arms whose search is still to be paid for."""
    paths = {arm.name: answer_path(workspace, experiment, arm) for arm in experiment.arms}
    return frozenset(name for name, path in paths.items() if path is not None and not path.exists())
