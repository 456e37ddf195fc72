"""Experiments: arms, seeds, training, learning rates, what a plan promised and what it took."""

import math
import re
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from tl_core.arms import ArmKind
from tl_core.schema.base import SCHEMA_VERSION, Frozen, Metric, Precision, Span, Task
from tl_core.schema.dataset import SplitInfo, is_unsaid

DEFAULT_MARGIN = 0.01
"""Difference of the headline metric up to which two arms are equivalent, as a share."""


FEWEST_FACTOR = 2
"""Shortest run in which a plateau may be found, in multiples of the equal steps: a network from scratch may
begin with a flat stretch as long as one of them."""


FORWARD_SHARE = 1 / 3
"""What scoring a token costs of training on it: the backward pass counts for two forward passes."""
EVALUATION_SHARE = 0.25
"""What the evaluations of a learning curve may cost, of the training that they watch."""
FEWEST_EVALUATED = 64
"""Examples of an evaluation, if there are so many, below which there are fewer evaluations instead."""


class BudgetRule(StrEnum):
    """How long every arm trains."""

    EQUAL_STEPS = "equal_steps"
    PLATEAU = "plateau"


class Preset(StrEnum):
    """A ready-made choice of seeds and training length."""

    QUICK = "quick"
    STANDARD = "standard"
    THOROUGH = "thorough"


_BALANCED = "_balanced"


class Arm(Frozen):
    """An arm with the base model it needs; ``None`` stands for the experiment's base model.

    ``num_layers`` says how many of the top layers ``reinit_top`` draws anew; other kinds have none. A
    ``balanced`` arm counts all classes alike in training, so that the two can be compared.

    >>> Arm.parse("fine_tuned:distilbert-base-uncased").base_model
    'distilbert-base-uncased'
    >>> Arm.parse("reinit_top_3").num_layers
    3
    >>> Arm.parse("tfidf_balanced").is_balanced
    True
    """

    kind: ArmKind
    base_model: str | None = None
    num_layers: int | None = Field(default=None, ge=1)
    is_balanced: bool = False

    @model_validator(mode="after")
    def _layers_are_those_of_reinit_top(self) -> Self:
        if self.kind.has_layers != (self.num_layers is not None):
            raise ValueError("reinit_top, and no other arm, has a number of layers, as in reinit_top_2")
        return self

    @property
    def way(self) -> str:
        """The kind with its number of layers and its balance: the arm's name without a base model."""
        layers = "" if self.num_layers is None else f"_{self.num_layers}"
        return f"{self.kind.value}{layers}{_BALANCED if self.is_balanced else ''}"

    @property
    def name(self) -> str:
        """``way`` or ``way:base_model``; the key of the arm everywhere."""
        return self.way if self.base_model is None else f"{self.way}:{self.base_model}"

    @classmethod
    def parse(cls, name: str) -> Self:
        """Read the form that `name` writes. Raises ValueError for an unknown kind."""
        way, _, base_model = name.strip().partition(":")
        is_balanced, way = way.endswith(_BALANCED), way.removesuffix(_BALANCED)
        kind, _, count = way.rpartition("_")
        has_layers = count.isdecimal() and kind in {one.value for one in ArmKind if one.has_layers}
        return cls(
            kind=ArmKind(kind if has_layers else way),
            base_model=base_model or None,
            num_layers=int(count) if has_layers else None,
            is_balanced=is_balanced,
        )


class Seeds(Frozen):
    """The three recorded seeds that one seed index fixes."""

    init: int
    order: int
    subset: int


class TrainingConfig(Frozen):
    """How every neural arm of an experiment is trained; learning rates are the arm's own."""

    epochs: float = Field(gt=0)
    min_steps: int = Field(default=60, ge=15, description="steps that a small train set gets at least")
    batch_size: int = Field(default=16, ge=1, description="effective batch, in examples")
    max_length: int = Field(default=128, ge=8, description="tokens kept of each text")
    budget: BudgetRule = BudgetRule.EQUAL_STEPS
    warmup_fraction: float = Field(default=0.1, ge=0, lt=1)
    weight_decay: float = Field(default=0.01, ge=0)
    max_grad_norm: float = Field(default=1.0, gt=0)
    dropout: float | None = Field(default=None, ge=0, lt=1, description="None keeps the base model's own")
    num_evaluations: int = Field(default=15, ge=1, description="most evaluations in equal_steps steps")
    max_eval_examples: int = Field(default=512, ge=1, description="most validation examples an evaluation")
    patience: int = Field(default=20, ge=1, description="evaluations without a higher mean (plateau)")
    cap_factor: float = Field(default=8.0, ge=1, description="most steps of plateau, in equal_steps")
    precision: Precision | None = Field(default=None, description="None: by the rule for the device")
    balances_classes: bool = Field(default=False, description="all classes count alike in training")
    augments: bool = Field(
        default=True, description="steps read changed examples where a modality has such changes: pictures"
    )

    def steps_an_epoch(self, num_examples: int) -> int:
        """Count the batches of one pass over the train examples, the last one perhaps smaller."""
        return math.ceil(num_examples / self.batch_size)

    def planned_steps(self, num_examples: int) -> int:
        """Count the steps of the equal-steps budget: so many epochs, but at least ``min_steps``."""
        return max(math.ceil(self.epochs * self.steps_an_epoch(num_examples)), self.min_steps)

    def step_limit(self, num_examples: int) -> int:
        """Count the steps at which a run ends at the latest: the budget's own, or the plateau's cap."""
        steps = self.planned_steps(num_examples)
        return math.ceil(steps * self.cap_factor) if self.budget is BudgetRule.PLATEAU else steps

    def evaluations(self, num_examples: int, num_validation: int) -> tuple[int, int]:
        """Plan a learning curve that costs at most `EVALUATION_SHARE` of the training, its first point too.

        It depends on the sizes of the splits alone, so that all arms are watched alike. What watches a trend
        lives by the number of examples in all evaluations together, so first each gets fewer examples.

        Returns
        -------
        Evaluations in as many steps as equal steps have, and validation examples of each.

        >>> TrainingConfig(epochs=4).evaluations(500, 512), TrainingConfig(epochs=4).evaluations(50, 15)
        ((15, 93), (15, 15))
        """
        affordable = self._affordable(num_examples)
        most = min(num_validation, self.max_eval_examples)
        each = min(most, max(FEWEST_EVALUATED, int(affordable / (self.num_evaluations + 1))))
        count = min(self.num_evaluations, int(affordable / each) - 1)
        return (count, each) if count >= 1 else (1, max(1, min(each, int(affordable / 2))))

    def head_examples(self, num_examples: int, num_validation: int) -> int:
        """Count the train examples on which an arm without a head makes one for a look, at the same cost."""
        count, _ = self.evaluations(num_examples, num_validation)
        affordable = int(self._affordable(num_examples) / (count + 1))
        return max(1, min(num_examples, self.max_eval_examples, affordable))

    def _affordable(self, num_examples: int) -> float:
        """Examples that may be scored on the way."""
        trained = self.planned_steps(num_examples) * num_examples / self.steps_an_epoch(num_examples)
        return EVALUATION_SHARE / FORWARD_SHARE * trained

    def fewest_steps(self, num_examples: int) -> int:
        """Count the steps of the shortest run: its budget's own, or those in which a plateau may be found."""
        steps = self.planned_steps(num_examples)
        fewest = FEWEST_FACTOR * steps if self.budget is BudgetRule.PLATEAU else steps
        return min(fewest, self.step_limit(num_examples))


class LearningRates(Frozen):
    """Peak learning rates of one arm; a frozen encoder has 0, and so has a head that no step trains.

    ``redrawn`` is that of encoder weights which start at random in an arm that keeps the others; None where
    there is one rate for the whole encoder.
    """

    encoder: float = Field(ge=0)
    head: float = Field(ge=0)
    redrawn: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _something_is_trained(self) -> Self:
        if self.encoder == self.head == 0:
            raise ValueError("a learning rate above 0 is needed for the encoder or the head")
        return self


class RateSearchPlan(Frozen):
    """Rates to try on validation before anything is measured, with the first seed and by one rule for all.

    ``grids`` holds them by arm name; an arm without one keeps its own rates. ``train_size`` is that of the
    search, whatever the size of the run that needs the answer.
    """

    grids: dict[str, tuple[LearningRates, ...]]
    train_size: int = Field(ge=1)

    @property
    def is_chosen(self) -> bool:
        """Whether it was asked for: rates of partial arms, which nobody has recorded, are searched anyway."""
        return any(not Arm.parse(name).kind.is_partial for name in self.grids)


class TriedRates(Frozen):
    """What trainings at some rates came to on validation.

    ``value`` and ``loss`` are those of the first one, None if it diverged. ``gain`` is how far the headline
    metric lies above that of the recorded rates, over ``num_trials`` paired trainings, with its standard
    error; None where one training said that it does not.
    """

    rates: LearningRates
    value: float | None
    loss: float | None
    num_trials: int = 1
    gain: float | None = None
    standard_error: float | None = None


class RateSearch(Frozen):
    """Where an arm's rates come from: ``value`` is the headline metric on ``num_examples`` of validation.

    ``train_s`` is what all its trainings took, which no other time here contains. ``chosen`` is None in the
    answers of earlier versions, which took the highest value.
    """

    tried: tuple[TriedRates, ...]
    chosen: LearningRates | None = None
    train_size: int
    num_examples: int
    train_s: float


class Series(Frozen):
    """Place of an experiment among those that ask the same on repeated random splits of one dataset.

    Attributes
    ----------
    num_splits
        How many there were to be.
    place
        From 1 on.
    first
        Id of the experiment on the first split; None in that one.
    """

    num_splits: int = Field(ge=2)
    place: int = Field(default=1, ge=1)
    first: str | None = None

    @model_validator(mode="after")
    def _is_a_place_in_it(self) -> Self:
        if self.place > self.num_splits or (self.place == 1) != (self.first is None):
            raise ValueError("every split but the first names the first, and none comes after the last")
        return self


class ExperimentConfig(Frozen):
    """Arms x seeds x train sizes on one dataset and split, all frozen before the start."""

    schema_version: int = SCHEMA_VERSION
    experiment_id: str
    name: str
    created_at: str
    task: Task
    dataset_name: str
    dataset_fingerprint: str
    split: SplitInfo
    labels: tuple[str, ...]
    base_model: str
    arms: tuple[Arm, ...] = Field(min_length=1)
    num_seeds: int = Field(ge=1)
    train_sizes: tuple[int, ...] = Field(min_length=1)
    preset: Preset
    headline_metric: Metric
    margin: float = Field(
        default=DEFAULT_MARGIN, gt=0, lt=1, description="differences of the headline that do not matter"
    )
    training: TrainingConfig
    learning_rates: dict[str, LearningRates] = Field(default_factory=dict, description="by arm name")
    rate_search: RateSearchPlan | None = Field(default=None, description="None: these rates serve")
    series: Annotated[
        Series | None, Field(exclude_if=is_unsaid, description="None, which is not written: one split")
    ] = None

    @model_validator(mode="after")
    def _arms_are_distinct(self) -> Self:
        names = [arm.name for arm in self.arms]
        if len(set(names)) != len(names):
            raise ValueError("an arm is listed twice")
        return self

    @property
    def num_splits(self) -> int:
        """Count the splits on which the same is asked, this one included."""
        return self.series.num_splits if self.series else 1

    @property
    def series_id(self) -> str | None:
        """Id of the first experiment of the series; None where the split is not repeated."""
        return (self.series.first or self.experiment_id) if self.series else None

    @property
    def file_stem(self) -> str:
        """Name of what is taken away: the experiment's and the day it began, as ``sms-spam-2026-11-28``."""
        words = re.sub(r"[^0-9a-z]+", "-", self.name.lower()).strip("-")
        return f"{words or 'experiment'}-{self.created_at[:10]}"


class RunConfig(Frozen):
    """The frozen configuration of one run: one arm, one seed, one train size."""

    run_id: str
    experiment_id: str
    position: int = Field(description="place of the run in its experiment's order of work")
    arm: Arm
    base_model: str | None = Field(description="None for arms without a network")
    seed: int = Field(description="the seed's index")
    seeds: Seeds
    train_size: int
    task: Task
    dataset_fingerprint: str
    split_hash: str
    labels: tuple[str, ...]
    headline_metric: Metric
    training: TrainingConfig
    learning_rates: LearningRates | None = None

    @property
    def balances_classes(self) -> bool:
        """Whether all classes count alike in training: by the arm, or because all arms do so."""
        return self.arm.is_balanced or self.training.balances_classes


class Promise(Frozen):
    """What the plan said at the start of an experiment; times run from that moment, waiting included.

    Attributes
    ----------
    device
        As in ``run.json``: ``cpu``, ``mps`` or ``cuda: NAME``.
    work
        All runs, one after the other: without the wait, and before anything was learned from earlier
        promises.
    is_measured
        Whether runs had measured the speed of every network; else a guess or a check stood for it.
    start
        Until the first run begins.
    first_verdict, total
        Until the first ``num_first`` runs have ended, with which the first verdict comes, and until all have.
    """

    device: str
    work: Span
    is_measured: bool
    start: Span
    first_verdict: Span
    total: Span
    num_first: int
    num_runs: int


class Took(Frozen):
    """What an experiment took from its start on, beside what was promised.

    ``work_s`` is the sum of its runs, without the wait; ``is_whole`` says whether every run has finished.
    """

    start_s: float
    first_verdict_s: float
    total_s: float
    work_s: float
    is_whole: bool
