"""What the interval over repeated splits covers: two light learners on draws from real sets.

A set of several thousand texts is the population. A person's data are a draw from it, which is split K times
by the app's shares. The truth is the expected difference in accuracy between two learners when all of this
begins again: trained on the train part of one split of another draw, and scored on all others of the
population. With few labels only a fifth of the train part is trained on.

``python -m benchmarks.repeated_splits`` goes on where it was stopped: each cell is written as it is measured.
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse, special
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.naive_bayes import MultinomialNB
from sklearn.preprocessing import LabelEncoder
from sklearn.svm import LinearSVC

from benchmarks.in_parallel import each
from benchmarks.real_sets import real_set
from tl_core.evaluation.intervals import mean_interval
from tl_core.evaluation.metrics import Floats, Limits
from tl_core.evaluation.repeated_splits import corrected_interval
from tl_core.planning.machine import inspect_hardware
from tl_core.splits.splitting import TEST_SHARE, VALIDATION_SHARE

JSON = Path(__file__).with_suffix(".json")
SETS = ("rotten_tomatoes_mr", "trec6", "snips", "sms_spam")
SIZES = ((400, 1.0), (800, 1.0), (800, 0.2))
"""Examples of a draw, and how much of its train part is trained on."""
NUM_SPLITS = (2, 3, 5, 10)
REPETITIONS = 200
NUM_TRUTH = 300
MAX_FEATURES = 4_000
FEWEST_OF_A_CLASS = 4
"""One for test, one for validation, two to train on."""
TRAIN_SHARE = 1 - TEST_SHARE - VALIDATION_SHARE
DIFFERENCE = Limits(low=-1, high=1)
DIFFERENT = {
    "characters": "linear SVM on words against one on characters",
    "naive_bayes": "linear SVM on words against naive Bayes on words",
}
EQUAL = {
    "swapped": "SVM and naive Bayes, their answers swapped on a random half of the texts",
    "resampled": "naive Bayes against itself on two bootstrap samples of the training examples",
}
"""Pairs whose true difference is 0 by construction."""
Ints = npt.NDArray[np.int64]


def main() -> None:
    """Measure what is not measured yet, and write the summary."""
    found: dict[str, Any] = json.loads(JSON.read_text())["cells"] if JSON.exists() else {}
    cells = {
        f"{name}, {_num_train(*size)} of {size[0]}": (name, *size) for name, size in product(SETS, SIZES)
    }
    names = {task: key for key, task in cells.items()}
    for task, cell in each(measure_cell, [task for key, task in cells.items() if key not in found]):
        found[names[task]] = cell
        found = {key: found[key] for key in cells if key in found}
        answer = {
            "hardware": inspect_hardware().sentence,
            "repetitions": REPETITIONS,
            "draws_for_the_truth": NUM_TRUTH,
            "shares": {"train": TRAIN_SHARE, "validation": VALIDATION_SHARE, "test": TEST_SHARE},
            "pairs": DIFFERENT | EQUAL,
            "summary": summarise(found),
            "cells": found,
        }
        JSON.write_text(json.dumps(answer, indent=1) + "\n")
        print(names[task], flush=True)


def _num_train(num_examples: int, part: float) -> int:
    return round(part * TRAIN_SHARE * num_examples)


@dataclass(frozen=True, kw_only=True, eq=False)
class Population:
    """A set: TF-IDF of words and of characters, (n, MAX_FEATURES) each, and class ids (n,)."""

    words: sparse.csr_matrix
    characters: sparse.csr_matrix
    targets: Ints


def read_population(name: str) -> Population:
    """Read a set."""
    with real_set(name).open(encoding="utf-8", newline="") as file:
        texts, labels = zip(*((row["text"], row["label"]) for row in csv.DictReader(file)), strict=True)
    counted = {"max_features": MAX_FEATURES, "sublinear_tf": True}
    return Population(
        words=TfidfVectorizer(**counted).fit_transform(texts).tocsr(),
        characters=TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), **counted)
        .fit_transform(texts)
        .tocsr(),
        targets=LabelEncoder().fit_transform(labels),
    )


def measure_cell(name: str, num_examples: int, part: float) -> dict[str, Any]:
    """Measure every pair and number of splits on draws of a size from a set."""
    population = read_population(name)
    rng = np.random.default_rng(num_examples)
    num_train = _num_train(num_examples, part)
    true = [_true_differences(population, num_examples, num_train, rng) for _ in range(NUM_TRUTH)]
    drawn_differences = {pair: np.array([one[pair] for one in true]) for pair in DIFFERENT}
    truths = {pair: float(found.mean()) for pair, found in drawn_differences.items()}
    truths |= dict.fromkeys(EQUAL, 0.0)
    ends: dict[tuple[str, str, int], list[tuple[float, float]]] = {}
    for _ in range(REPETITIONS):
        drawn = draw(population.targets, num_examples, rng)
        for pair, tables in differences_on(population, drawn, num_train, rng).items():
            for way, count, low_high in intervals_of(tables, num_train, num_examples):
                ends.setdefault((pair, way, count), []).append(low_high)
    rows = []
    for (pair, way, count), found in ends.items():
        low, high = np.array(found).T
        rows.append(
            {
                "pair": pair,
                "interval": way,
                "num_splits": count,
                "coverage": round(float(((low <= truths[pair]) & (truths[pair] <= high)).mean()), 4),
                "called_different": round(float(((low > 0) | (high < 0)).mean()), 4),
                "mean_width": round(float((high - low).mean()), 5),
            }
        )
    return {
        "num_population": len(population.targets),
        "num_train": num_train,
        "num_test": round(TEST_SHARE * num_examples),
        "truth": {
            pair: {
                "difference": round(truths[pair], 5),
                "standard_error": round(float(found.std(ddof=1) / np.sqrt(NUM_TRUTH)), 5),
                "sd_between_draws": round(float(found.std(ddof=1)), 5),
            }
            for pair, found in drawn_differences.items()
        },
        "rows": rows,
    }


def draw(targets: Ints, num_examples: int, rng: np.random.Generator) -> Ints:
    """Draw rows of the population, again until every class can be split: the app takes no other data."""
    while True:
        drawn = rng.choice(len(targets), num_examples, replace=False)
        if np.bincount(targets[drawn], minlength=targets.max() + 1).min() >= FEWEST_OF_A_CLASS:
            return drawn


def _true_differences(
    population: Population, num_examples: int, num_train: int, rng: np.random.Generator
) -> dict[str, float]:
    """Train the learners on one split of a draw and score them on all others of the population."""
    targets = population.targets
    drawn = draw(targets, num_examples, rng)
    train, _ = next(splits_of(targets[drawn], 1, num_train, rng))
    rest = np.setdiff1d(np.arange(len(targets)), drawn[train])
    found = real_differences(population, drawn[train], rest)
    return {pair: float(one.mean()) for pair, one in found.items()}


def real_differences(population: Population, train: Ints, test: Ints) -> dict[str, Floats]:
    """Give the differences of the pairs that differ on each test example."""
    words, characters, targets = population.words, population.characters, population.targets
    svm = is_right(_svm(), words, targets, train, test)
    return {
        "characters": svm - is_right(_svm(), characters, targets, train, test),
        "naive_bayes": svm - is_right(MultinomialNB(), words, targets, train, test),
    }


def splits_of(
    targets: Ints, count: int, num_train: int, rng: np.random.Generator
) -> Iterator[tuple[Ints, Ints]]:
    """Split a draw so many times, stratified; give the places of its train and test examples."""
    splitter = StratifiedShuffleSplit(
        count, train_size=TRAIN_SHARE, test_size=TEST_SHARE, random_state=int(rng.integers(2**31))
    )
    for train, test in splitter.split(targets, targets):
        some = train
        if num_train < len(train):
            choose = StratifiedShuffleSplit(1, train_size=num_train, random_state=int(rng.integers(2**31)))
            places, _ = next(choose.split(train, targets[train]))
            some = train[places]
        yield some, test


def _svm() -> LinearSVC:
    return LinearSVC(random_state=0)


def is_right(
    learner: Any,
    features: sparse.csr_matrix,
    targets: Ints,
    train: Ints,
    test: Ints,
    weights: Ints | None = None,
) -> Floats:
    """Train on some rows and say of others whether each is answered right, as 1 and 0."""
    learner.fit(features[train], targets[train], sample_weight=weights)
    return np.asarray(learner.predict(features[test]) == targets[test], dtype=np.float64)


def differences_on(
    population: Population, drawn: Ints, num_train: int, rng: np.random.Generator
) -> dict[str, list[Floats]]:
    """Split a draw repeatedly; give each pair's differences on the test examples of every split."""
    signs = rng.choice([-1.0, 1.0], len(drawn))
    found: dict[str, list[Floats]] = {pair: [] for pair in DIFFERENT | EQUAL}
    for train, test in splits_of(population.targets[drawn], max(NUM_SPLITS), num_train, rng):
        rows = drawn[train], drawn[test]
        of_split = real_differences(population, *rows)
        of_split["swapped"] = signs[test] * of_split["naive_bayes"]
        one, other = (
            is_right(MultinomialNB(), population.words, population.targets, *rows, weights)
            for weights in rng.multinomial(len(train), np.full(len(train), 1 / len(train)), 2)
        )
        of_split["resampled"] = one - other
        for pair, difference in of_split.items():
            found[pair].append(difference)
    return found


def intervals_of(
    tables: list[Floats], num_train: int, num_examples: int
) -> list[tuple[str, int, tuple[float, float]]]:
    """Give the intervals over the first K splits, and that of the first one."""
    num_test = len(tables[0])
    of_one = mean_interval(tables[0][None], DIFFERENCE)
    answer = [("one_split", 1, (of_one.low, of_one.high))]
    for count in NUM_SPLITS:
        means = np.array([table.mean() for table in tables[:count]])
        own = corrected_interval(
            means, num_train=num_train, num_test=num_test, num_examples=num_examples, limits=DIFFERENCE
        )
        answer.append(("this_project", count, (own.low, own.high)))
        mean, one_sd = float(means.mean()), special.stdtrit(count - 1, 0.975) * means.std(ddof=1)
        in_common = max(num_train, num_test) / num_examples
        more = {"nadeau_bengio": num_test / num_train, "overlap": in_common / (1 - in_common), "plain_t": 0}
        for way, factor in more.items():
            reach = float(one_sd * np.sqrt(1 / count + factor))
            answer.append((way, count, (mean - reach, mean + reach)))
    return answer


def summarise(cells: dict[str, Any]) -> list[dict[str, Any]]:
    """Give what each interval covers of each pair, in the mean and at worst over the cells, and its width."""
    rows = [row for cell in cells.values() for row in cell["rows"]]
    keys = dict.fromkeys((row["interval"], row["num_splits"], row["pair"]) for row in rows)
    answer = []
    for way, count, pair in keys:
        own = [row for row in rows if (row["interval"], row["num_splits"], row["pair"]) == (way, count, pair)]
        answer.append(
            {
                "interval": way,
                "num_splits": count,
                "pair": pair,
                "coverage": round(float(np.mean([row["coverage"] for row in own])), 4),
                "lowest_coverage": min(row["coverage"] for row in own),
                "mean_width": round(float(np.mean([row["mean_width"] for row in own])), 5),
            }
        )
    return answer


if __name__ == "__main__":
    main()
