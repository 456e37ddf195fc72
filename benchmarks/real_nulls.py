"""Real arms against themselves with other seeds, for `benchmarks.intervals`: every difference is false.

A model learns ``TRAIN_SIZE`` texts of a real set, other ones for each seed; ``NUM_MODELS`` of them answer a
pool that none of them learned from. An arm is S of these models, its rival S others, and the test examples
are drawn from the pool with replacement, so that the pool is the population. The sets lie beside the project
(`benchmarks.real_sets`).
"""

import csv
import warnings
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.decomposition import TruncatedSVD
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import SGDClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import LabelEncoder

from benchmarks.batched_intervals import Floats, intervals, moments, skew_of_difference
from benchmarks.real_sets import real_set
from tl_core.evaluation.intervals import mean_interval
from tl_core.evaluation.metrics import ExampleValues, Limits, macro_f1_values, macro_unit
from tl_core.schema import Metric

SETS = ("rotten_tomatoes_mr", "sms_spam", "snips", "hwu64")
LEARNERS = ("sgd", "mlp")
NUM_MODELS = 60
TRAIN_SIZE = 600
POOL_SIZE = 3_000
NUM_SEEDS = (3, 5, 10)
NUM_EXAMPLES = (50, 200, 1_000)
MACRO_F1_EXAMPLES = 200
REPETITIONS = 2_000
AT_ONCE = 50
Ints = npt.NDArray[np.int64]


def rows() -> list[dict[str, Any]]:
    """Measure accuracy on every set with every learner, and macro-F1 in the cells of `MACRO_F1_EXAMPLES`."""
    answer = []
    for name, learner in product(SETS, LEARNERS):
        targets, predicted = answers_of_models(name, learner)
        by_seed = (predicted == targets).mean(axis=1)
        for s, n in product(NUM_SEEDS, NUM_EXAMPLES):
            rng = np.random.default_rng(s + n)
            measured = {Metric.ACCURACY: accuracy_ends(rng, predicted == targets, s, n)}
            if n == MACRO_F1_EXAMPLES and learner == LEARNERS[0]:
                measured[Metric.MACRO_F1] = macro_f1_ends(rng, targets, predicted, s)
            for metric, (low, high) in measured.items():
                rate = float(((low > 0) | (high < 0)).mean())
                answer.append(
                    {
                        "dataset": name,
                        "learner": learner,
                        "metric": metric.value,
                        "num_seeds": s,
                        "num_examples": n,
                        "accuracy": round(float(by_seed.mean()), 4),
                        "seed_sd": round(float(by_seed.std(ddof=1)), 4),
                        "coverage": round(1 - rate, 4),
                        "false_positive_rate": round(rate, 4),
                        "mean_width": round(float((high - low).mean()), 5),
                    }
                )
    return answer


def answers_of_models(name: str, learner: str) -> tuple[Ints, Ints]:
    """Train the models and give the targets of the pool, (n,), and the answers, (NUM_MODELS, n)."""
    with real_set(name).open(encoding="utf-8", newline="") as file:
        examples = [(row["text"], row["label"]) for row in csv.DictReader(file)]
    texts, labels = zip(*examples, strict=True)
    classes = LabelEncoder().fit_transform(labels)
    order = np.random.default_rng(0).permutation(len(texts))
    pool, rest = order[: min(POOL_SIZE, len(order) // 2)], order[min(POOL_SIZE, len(order) // 2) :]
    features = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True).fit_transform(texts)
    if learner == "mlp":
        features = TruncatedSVD(100, random_state=0).fit_transform(features)
    predicted = []
    for seed in range(NUM_MODELS):
        subset = np.random.default_rng(seed).choice(rest, TRAIN_SIZE, replace=False)
        with warnings.catch_warnings():
            # Stopping early is meant: it is what makes the seeds differ.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model = _model(learner, seed).fit(features[subset], classes[subset])
        predicted.append(model.predict(features[pool]))
    return classes[pool], np.stack(predicted)


def _model(learner: str, seed: int) -> Any:
    if learner == "sgd":
        return SGDClassifier(loss="log_loss", alpha=1e-4, max_iter=5, tol=None, random_state=seed)
    return MLPClassifier((32,), solver="lbfgs", max_iter=30, alpha=1e-2, random_state=seed)


def accuracy_ends(
    rng: np.random.Generator, is_right: npt.NDArray[np.bool_], num_seeds: int, num_examples: int
) -> Floats:
    """Give the ends of the intervals, (2, REPETITIONS)."""
    found = []
    for _ in range(REPETITIONS // AT_ONCE):
        models = rng.permuted(np.tile(np.arange(len(is_right)), (AT_ONCE, 1)), axis=1)
        drawn = rng.integers(is_right.shape[1], size=(AT_ONCE, 1, num_examples))
        a, b = (
            is_right[own[:, :, None], drawn].astype(np.float32)
            for own in (models[:, :num_seeds], models[:, num_seeds : 2 * num_seeds])
        )
        both = moments(a - b)
        skew = skew_of_difference(moments(a), moments(b), both, num_examples)
        found.append(np.stack(intervals(both, skew, num_seeds, num_examples)))
    return np.concatenate(found, axis=1)


def macro_f1_ends(rng: np.random.Generator, targets: Ints, predicted: Ints, num_seeds: int) -> Floats:
    """Give the ends of the intervals, (2, REPETITIONS)."""
    num_labels = int(max(targets.max(), predicted.max())) + 1
    found = []
    for _ in range(REPETITIONS):
        models = rng.permutation(len(predicted))
        drawn = rng.integers(len(targets), size=MACRO_F1_EXAMPLES)
        limits = Limits(low=0, high=1, unit=macro_unit(targets[drawn]))
        a, b = (
            ExampleValues.of_arm(
                np.stack([macro_f1_values(targets[drawn], row[drawn], num_labels) for row in predicted[own]]),
                limits,
            )
            for own in (models[:num_seeds], models[num_seeds : 2 * num_seeds])
        )
        values = a.minus(b)
        interval = mean_interval(values.values, values.limits, skew=values.skew)
        found.append((interval.low, interval.high))
    return np.array(found).T
