"""Lines of a run's `events.jsonl`."""

import math
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from tl_core.schema.base import Frozen, Metric, SplitName


class _Event(Frozen):
    """What every event carries. ``train_s`` and ``energy_wh`` leave out evaluation, loading and saving."""

    seq: int
    step: int
    examples_seen: int
    tokens_seen: int
    train_s: float
    wall_s: float
    energy_wh: float | None = Field(default=None, description="so far; None: not measured")


class PhaseStarted(_Event):
    """The run went on to another part of its work."""

    kind: Literal["PhaseStarted"] = "PhaseStarted"
    phase: Literal[
        "loading", "tokenizing", "rates", "features", "training", "predicting", "measuring", "saving"
    ]
    num_steps: int | None = Field(default=None, description="planned steps, at the start of training")


class StepLogged(_Event):
    """A reading of the training loss, averaged since the last one."""

    kind: Literal["StepLogged"] = "StepLogged"
    loss: float
    learning_rate: float
    grad_norm: float
    memory_mib: float


class EvalFinished(_Event):
    """An evaluation; ``num_examples`` of the split were scored.

    Three of its metrics are None in an earlier version's; AUROC is that of two classes, and quadratic kappa
    takes class ids for steps of a scale. ``is_whole`` marks the evaluation of the weights that a run kept, on
    the whole of validation; its step and what was seen are theirs. The others on validation are points of the
    learning curve.
    """

    kind: Literal["EvalFinished"] = "EvalFinished"
    split: SplitName
    num_examples: int
    loss: float
    accuracy: float
    macro_f1: float
    balanced_accuracy: float | None = None
    auroc: float | None = None
    quadratic_kappa: float | None = None
    predicted_class_counts: tuple[int, ...]
    is_whole: bool = False

    def value(self, metric: Metric) -> float:
        """Pick a metric that fits the labels; NaN if a run of an earlier version did not measure it."""
        found = getattr(self, metric.value)
        return math.nan if found is None else float(found)


class RunFinished(_Event):
    """The run reached its end, and kept the weights that it had at ``kept_step``."""

    kind: Literal["RunFinished"] = "RunFinished"
    stop_reason: Literal["budget", "plateau"] = "budget"
    kept_step: int | None = Field(default=None, description="None: no network, or an earlier version's run")


class RunFailed(_Event):
    """The run ended early. ``reason`` is one of cancelled, diverged, out_of_memory, exception, signal."""

    kind: Literal["RunFailed"] = "RunFailed"
    reason: str
    message: str


Event = Annotated[
    PhaseStarted | StepLogged | EvalFinished | RunFinished | RunFailed, Field(discriminator="kind")
]


EVENT: TypeAdapter[Event] = TypeAdapter(Event)
