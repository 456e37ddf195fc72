"""Hold the fast ways of training against the plain one: the accuracy on test of five seeds each.

``python -m benchmarks.fast_ways`` fine-tunes the built-in model on 400 examples of real labelled sets, from
the same weights, in the same order and with the same seeds, by all fast ways of `benchmarks.training` and by
none of them. What the fast ones trained also answers in float32, whatever it was trained in. It writes the
paired differences with their intervals: t over the seeds' means of all sets.
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
from tl_core.schema import ColumnChoice, Precision, TrainingConfig
from tl_core.training.batching import Examples
from tl_core.training.compute import Compute
from tl_core.training.fit import fit, predict_logits
from tl_core.training.meters import Clock

SETS = ("trec6", "cr", "rotten_tomatoes_mr", "tweeteval_emotion")
NUM_SEEDS, NUM_TRAIN, MOST_TEST = 5, 400, 1_000
TRAINING = TrainingConfig(epochs=5, batch_size=16, num_evaluations=1, max_eval_examples=16)
FLOAT32 = TRAINING.model_copy(update={"precision": Precision.FLOAT32})
WAYS = ("fast", "fast_in_float32", "plain")
OUT = Path(__file__).with_suffix(".json")


def accuracies(
    train: Examples, test: Examples, labels: tuple[str, ...], seed: int, *, is_fast: bool
) -> tuple[float, float]:
    """Train with a seed; return the share of the test examples that are right, and that in float32."""
    compute, pooling = Compute.choose(TRAINING), describe(BUILTIN).pooling
    with ExitStack() as off:
        for switch in () if is_fast else WITHOUT.values():
            off.enter_context(switch())
        networks = networks_of(None)
        model = networks.build(ArmKind.FINE_TUNED, FOLDER, pooling, labels, init_seed=seed)
        rates = default_rates(ArmKind.FINE_TUNED, describe(BUILTIN))
        watched = test.select(np.arange(TRAINING.max_eval_examples))
        with networks.narrowed(model, train, watched):
            for _ in fit(
                model, train, watched, TRAINING, rates, order_seed=seed, compute=compute, clock=Clock()
            ):
                pass
        every = np.arange(len(test.targets))
        own, in_float32 = (
            predict_logits(model, test, every, one).argmax(axis=1) == test.targets
            for one in (compute, Compute.choose(FLOAT32))
        )
    return float(own.mean()), float(in_float32.mean())


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
        of_set = found.setdefault(name, {"num_test": len(test.targets), **{way: [] for way in WAYS}})
        for seed in range(len(of_set["plain"]), NUM_SEEDS):
            drawn = np.random.default_rng(seed).choice(len(train.targets), NUM_TRAIN, replace=False)
            fast, in_float32 = accuracies(train.select(drawn), test, labels, seed, is_fast=True)
            plain, _ = accuracies(train.select(drawn), test, labels, seed, is_fast=False)
            for way, reached in zip(WAYS, (fast, in_float32, plain), strict=True):
                of_set[way] = [*of_set[way][:seed], reached]
            print(name, seed, fast, in_float32, plain, flush=True)
            OUT.write_text(json.dumps(summary(found), indent=2) + "\n")


def summary(found: dict[str, Any]) -> dict[str, Any]:
    """Add the mean differences in points and their intervals."""
    return {
        "hardware": inspect_hardware().sentence,
        "num_seeds": NUM_SEEDS,
        "num_train": NUM_TRAIN,
        "ways": list(WITHOUT),
        **difference(found, "fast", "plain"),
        "answers_in_training_precision_less_float32": difference(found, "fast", "fast_in_float32"),
        "sets": found,
    }


def difference(found: dict[str, Any], one: str, other: str) -> dict[str, Any]:
    """Return the mean paired difference in points and its interval, over the sets that are complete."""
    pairs = [(of_set[one], of_set[other]) for of_set in found.values() if len(of_set["plain"]) == NUM_SEEDS]
    means = 100 * np.mean([np.subtract(*pair) for pair in pairs], axis=0) if pairs else np.zeros(NUM_SEEDS)
    half = stats.t.ppf(0.975, NUM_SEEDS - 1) * means.std(ddof=1) / np.sqrt(NUM_SEEDS)
    return {
        "mean_difference_points": float(means.mean()),
        "ci95_points": [float(means.mean() - half), float(means.mean() + half)],
    }


if __name__ == "__main__":
    main()
