"""Try other warm-ups, dropouts, weight decays and rates for scratch and fine-tuning, with the same effort.

``python -m benchmarks.training_settings`` trains both arms with the built-in model on 300 examples of two
real sets, two seeds each, under the default budget: once with the settings that the app has, and once with
each of the others in place of one of them. It takes the mean accuracy on validation of the weights that were
kept; test examples are never scored. Results so far are kept, so that a run that was cut off goes on.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.in_parallel import each
from benchmarks.real_sets import real_set
from tl_core.arms import ArmKind
from tl_core.catalogue.base_models import BUILTIN
from tl_core.catalogue.locating import describe, obtain
from tl_core.datasets.dataset import build_dataset
from tl_core.datasets.identity import derive_seeds
from tl_core.files.reading import read_table
from tl_core.modality import networks_of
from tl_core.planning.plan import plan_training
from tl_core.planning.presets import GRID_FACTOR, default_rates
from tl_core.schema import BudgetRule, ColumnChoice, LearningRates, Preset
from tl_core.splits.splitting import make_split, train_subset
from tl_core.training.compute import Compute
from tl_core.training.fit import fit, predict_logits
from tl_core.training.meters import Clock

SETS = ("trec6", "cr")
ARMS = (ArmKind.SCRATCH, ArmKind.FINE_TUNED)
NUM_SEEDS, TRAIN_SIZE, MOST_VALIDATION = 2, 300, 512
TRAINING = plan_training(Preset.QUICK, budget=BudgetRule.PLATEAU)
TRIED: dict[str, tuple[float, ...]] = {
    "warmup_fraction": (0.02, 0.3),
    "dropout": (0.0, 0.3),
    "weight_decay": (0.0, 0.1),
    "rates_times": (1 / GRID_FACTOR, GRID_FACTOR),
}
"""Values in place of the app's own; dropout's own is the base model's, 0.1."""
OURS = "as the app"
JSON = Path(__file__).with_suffix(".json")


def settings() -> dict[str, tuple[str | None, float]]:
    """Name each setting that is tried, with the field that it changes and the value."""
    tried = {f"{name} {value:.3g}": (name, value) for name, values in TRIED.items() for value in values}
    return {OURS: (None, 1.0), **tried}


def reached(setting: str, kind: ArmKind, name: str, seed: int) -> dict[str, float]:
    """Train once; return the accuracy on validation and the steps."""
    field, value = settings()[setting]
    base, folder, networks = describe(BUILTIN), obtain(BUILTIN), networks_of(None)
    training, rates = TRAINING, default_rates(kind, base)
    if field == "rates_times":
        rates = LearningRates(encoder=value * rates.encoder, head=value * rates.head)
    elif field is not None:
        training = training.model_copy(update={field: value})
    dataset = build_dataset(read_table(real_set(name)), name=name, choice=ColumnChoice.of("text", "label"))
    split, seeds, compute = make_split(dataset), derive_seeds(seed), Compute.choose(training)
    examples = networks.prepare(dataset.table, folder, training.max_length, None)
    train = examples.select(train_subset(dataset, split, TRAIN_SIZE, seeds.subset))
    validation = examples.select(split.validation[:MOST_VALIDATION])
    model = networks.build(
        kind,
        folder,
        base.pooling,
        dataset.info.columns.labels,
        init_seed=seeds.init,
        dropout=training.dropout,
    )
    clock = Clock()
    with networks.narrowed(model, train, validation):
        for _ in fit(
            model, train, validation, training, rates, order_seed=seeds.order, compute=compute, clock=clock
        ):
            pass
        answers = predict_logits(model, validation, np.arange(len(validation.targets)), compute)
    return {
        "accuracy": float((answers.argmax(axis=1) == validation.targets).mean()),
        "steps": clock.step,
    }


def main() -> None:
    """Measure what is not yet known, and write the JSON after each training."""
    known: dict[str, Any] = json.loads(JSON.read_text())["runs"] if JSON.exists() else {}
    tasks = [
        (setting, kind, name, seed)
        for seed in range(NUM_SEEDS)
        for setting in settings()
        for kind in ARMS
        for name in SETS
        if key(setting, kind, name, seed) not in known
    ]
    for task, answer in each(reached, tasks):
        known[key(*task)] = answer
        JSON.write_text(json.dumps(summary(known), indent=2) + "\n")
        print(key(*task), answer, flush=True)
    JSON.write_text(json.dumps(summary(known), indent=2) + "\n")


def key(setting: str, kind: ArmKind, name: str, seed: int) -> str:
    """Name one training."""
    return f"{kind} | {setting} | {name} | seed {seed}"


def summary(known: dict[str, Any]) -> dict[str, Any]:
    """Hold each setting against the app's own, in points, paired over sets and seeds."""
    places = [(name, seed) for name in SETS for seed in range(NUM_SEEDS)]
    gains: dict[str, dict[str, Any]] = {}
    for kind in ARMS:
        for setting in settings():
            pairs = [[known.get(key(one, kind, *place)) for one in (setting, OURS)] for place in places]
            if setting == OURS or not all(all(pair) for pair in pairs):
                continue
            differences = 100 * np.array([one["accuracy"] - ours["accuracy"] for one, ours in pairs])
            gains.setdefault(kind.value, {})[setting] = {
                "gain_points": float(differences.mean()),
                "standard_error": float(differences.std(ddof=1) / np.sqrt(len(differences))),
                "steps_ratio": float(np.mean([one["steps"] / ours["steps"] for one, ours in pairs])),
            }
    return {
        "how": "accuracy on validation of the weights that were kept; test examples are never scored",
        "base_model": BUILTIN,
        "sets": SETS,
        "num_seeds": NUM_SEEDS,
        "train_size": TRAIN_SIZE,
        "training": TRAINING.model_dump(mode="json"),
        "gains": gains,
        "runs": dict(sorted(known.items())),
    }


if __name__ == "__main__":
    main()
