"""Hold the fast ways of training against the plain one: the accuracy on test of five seeds each.

``python -m benchmarks.fast_ways`` fine-tunes the built-in model on 400 examples of real labelled sets, from
the same weights, in the same order and with the same seeds, by all fast ways of `benchmarks.training` and by
none of them. It writes the paired differences with their interval: t over the seeds' means of all sets.
Results so far are kept, so that a run that was cut off goes on.
"""

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from benchmarks.real_sets import real_set
from benchmarks.training import FOLDER, MAX_LENGTH, WITHOUT
from tl_core.arms import ArmKind
from tl_core.catalogue.base_models import BUILTIN
from tl_core.catalogue.locating import describe
from tl_core.datasets.dataset import build_dataset
from tl_core.files.reading import read_table
from tl_core.modality import networks_of
from tl_core.planning.machine import inspect_hardware
from tl_core.planning.presets import default_rates
from tl_core.schema import ColumnChoice, TrainingConfig
from tl_core.training.batching import Examples
from tl_core.training.compute import Compute
from tl_core.training.fit import fit, predict_logits
from tl_core.training.meters import Clock

SETS = ("trec6", "cr", "rotten_tomatoes_mr", "tweeteval_emotion")
NUM_SEEDS, NUM_TRAIN, MOST_TEST = 5, 400, 1_000
TRAINING = TrainingConfig(epochs=5, batch_size=16, num_evaluations=1, max_eval_examples=16)
OUT = Path(__file__).with_suffix(".json")


def accuracy(train: Examples, test: Examples, labels: tuple[str, ...], seed: int, *, is_fast: bool) -> float:
    """Train with a seed and return the share of the test examples that are right."""
    compute, pooling = Compute.choose(TRAINING), describe(BUILTIN).pooling
    with ExitStack() as off:
        for switch in () if is_fast else WITHOUT.values():
            off.enter_context(switch())
        networks = networks_of(None)
        model = networks.build(ArmKind.FINE_TUNED, FOLDER, pooling, labels, init_seed=seed)
        rates = default_rates(ArmKind.FINE_TUNED, pooling)
        watched = test.select(np.arange(TRAINING.max_eval_examples))
        with networks.narrowed(model, train, watched):
            for _ in fit(
                model, train, watched, TRAINING, rates, order_seed=seed, compute=compute, clock=Clock()
            ):
                pass
        logits = predict_logits(model, test, np.arange(len(test.targets)), compute)
    return float((logits.argmax(axis=1) == test.targets).mean())


def prepared(name: str, part: str) -> tuple[Examples, tuple[str, ...]]:
    """Read a part of a set as tokens, with its labels."""
    dataset = build_dataset(
        read_table(real_set(name, part)), name=name, choice=ColumnChoice.of("text", "label")
    )
    examples = networks_of(None).prepare(dataset.table, FOLDER, MAX_LENGTH, None)
    return examples, dataset.info.columns.labels


def main() -> None:
    """Measure and write the JSON."""
    found: dict[str, Any] = json.loads(OUT.read_text())["sets"] if OUT.exists() else {}
    for name in SETS:
        (train, labels), (test, test_labels) = prepared(name, "train"), prepared(name, "test")
        if labels != test_labels:
            raise SystemExit(f"train and test of {name} have other labels")
        test = test.select(np.arange(min(MOST_TEST, len(test.targets))))
        of_set = found.setdefault(name, {"num_test": len(test.targets), "fast": [], "plain": []})
        for seed in range(len(of_set["plain"]), NUM_SEEDS):
            drawn = np.random.default_rng(seed).choice(len(train.targets), NUM_TRAIN, replace=False)
            for way in ("fast", "plain"):
                reached = accuracy(train.select(drawn), test, labels, seed, is_fast=way == "fast")
                of_set[way] = [*of_set[way][:seed], reached]
            print(name, seed, of_set["fast"][-1], of_set["plain"][-1], flush=True)
            OUT.write_text(json.dumps(summary(found), indent=2) + "\n")


def summary(found: dict[str, Any]) -> dict[str, Any]:
    """Add the mean difference in points and its interval, of each set and of all."""
    per_seed = []
    for of_set in found.values():
        pairs = zip(of_set["fast"], of_set["plain"], strict=False)
        of_set["difference_points"] = [100 * (fast - plain) for fast, plain in pairs]
        per_seed.append(of_set["difference_points"])
    complete = [one for one in per_seed if len(one) == NUM_SEEDS]
    means = np.mean(complete, axis=0) if complete else np.zeros(NUM_SEEDS)
    half = stats.t.ppf(0.975, NUM_SEEDS - 1) * means.std(ddof=1) / np.sqrt(NUM_SEEDS)
    return {
        "hardware": inspect_hardware().sentence,
        "num_seeds": NUM_SEEDS,
        "num_train": NUM_TRAIN,
        "ways": list(WITHOUT),
        "mean_difference_points": float(means.mean()),
        "ci95_points": [float(means.mean() - half), float(means.mean() + half)],
        "sets": found,
    }


if __name__ == "__main__":
    main()
