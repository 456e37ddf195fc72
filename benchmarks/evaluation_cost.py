"""Measure what the evaluations of a learning curve cost, of the training that they watch.

``python -m benchmarks.evaluation_cost`` fine-tunes the built-in model on the bundled reviews, repeated where
there are too few, for some train sizes and both budgets, with 512 validation examples at hand, and times
training and evaluations apart. The second is to be at most a quarter of the first.
"""

import json
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.training import DATASET, FOLDER, MAX_LENGTH, SEED
from tl_core.arms import ArmKind
from tl_core.catalogue.base_models import BUILTIN
from tl_core.catalogue.locating import describe
from tl_core.modality import networks_of
from tl_core.planning.machine import inspect_hardware
from tl_core.planning.presets import default_rates
from tl_core.schema import BudgetRule, EvalFinished, TrainingConfig
from tl_core.training import fit
from tl_core.training.compute import Compute
from tl_core.training.meters import Clock

TRAIN_SIZES, NUM_VALIDATION = (16, 50, 330, 500, 2_000), 512
BUDGETS = {
    "quick, equal steps": TrainingConfig(epochs=4),
    "quick, to the plateau": TrainingConfig(epochs=4, budget=BudgetRule.PLATEAU, cap_factor=3),
    "standard, equal steps": TrainingConfig(epochs=8),
}
MOST_EPOCH_EXAMPLES = 10_000
"""A budget of more is left out: it has the same share of evaluations as a smaller one of that kind."""


def measure(training: TrainingConfig, num_train: int) -> dict[str, Any]:
    """Train once and return the seconds of both, and how many evaluations there were of how many examples."""
    tokens = networks_of(None).prepare(DATASET.table, FOLDER, MAX_LENGTH, None)
    rows = np.resize(np.random.default_rng(SEED).permutation(len(tokens.targets)), num_train + NUM_VALIDATION)
    train, validation = tokens.select(rows[:num_train]), tokens.select(rows[num_train:])
    pooling, compute, clock = describe(BUILTIN).pooling, Compute.choose(training), Clock()
    labels = DATASET.info.columns.labels
    model = networks_of(None).build(ArmKind.FINE_TUNED, FOLDER, pooling, labels, init_seed=SEED)
    spent, looks, real = 0.0, list[EvalFinished](), fit.evaluation_event

    def timed(*arguments: Any) -> EvalFinished:
        nonlocal spent
        started = time.perf_counter()
        looks.append(real(*arguments))
        spent += time.perf_counter() - started
        return looks[-1]

    rates = default_rates(ArmKind.FINE_TUNED, describe(BUILTIN))
    narrowed = networks_of(None).narrowed(model, train, validation)
    with narrowed, patch.object(fit, "evaluation_event", timed):
        for _ in fit.fit(
            model, train, validation, training, rates, order_seed=SEED, compute=compute, clock=clock
        ):
            pass
    return {
        "num_steps": clock.step,
        "num_evaluations": len(looks),
        "num_examples": looks[-1].num_examples,
        "train_s": clock.train_s,
        "evaluation_s": spent,
        "share": spent / clock.train_s,
    }


def main() -> None:
    """Measure and write the JSON."""
    measured: dict[str, dict[str, Any]] = {}
    for name, training in BUDGETS.items():
        for size in TRAIN_SIZES:
            if training.step_limit(size) * training.batch_size <= MOST_EPOCH_EXAMPLES:
                found = measured.setdefault(name, {})[str(size)] = measure(training, size)
                print(name, size, json.dumps(found), flush=True)
    answer = {
        "hardware": inspect_hardware().sentence,
        "num_validation": NUM_VALIDATION,
        "largest_share": max(one["share"] for sizes in measured.values() for one in sizes.values()),
        "budgets": measured,
    }
    Path(__file__).with_suffix(".json").write_text(json.dumps(answer, indent=2) + "\n")


if __name__ == "__main__":
    main()
