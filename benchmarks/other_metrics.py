"""Coverage of the interval for the metrics beside accuracy, for `benchmarks.intervals`.

Macro-F1, balanced accuracy and MCC: four classes of 70, 20, 7 and 3%; a wrong answer is the class that an
example tempts to, the same for all models. Quadratic kappa and mean absolute error: five stars; a wrong
answer is one star off, or two where the latent sum of `benchmarks.latent_arms` is low. AUROC and PR-AUC: two
classes, of which the second has 20%. Log loss and Brier score: two classes. The logit of the true one of two
classes is ``SHARPNESS`` times the latent sum. Every interval is computed by the engine itself.
"""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from benchmarks.latent_arms import Design, Floats, draw
from tl_core.evaluation.class_metrics import balanced_accuracy, matthews, quadratic_kappa
from tl_core.evaluation.intervals import interval_of
from tl_core.evaluation.metrics import ExampleValues, Limits, example_values, log_loss_limits, macro_f1
from tl_core.evaluation.predictions import ArmPredictions
from tl_core.schema import AnyMetric, Metric, OtherMetric, ScoringRule

REPETITIONS = 2_000
NUM_SEEDS = (3, 5, 10)
NUM_EXAMPLES = (100, 1_000)
SEED_SDS = (0.0, 0.4)
BETTER, WORSE = 0.9, 0.85
CLASS_SHARES = np.array([0.7, 0.2, 0.07, 0.03])
STAR_SHARES = np.array([0.1, 0.15, 0.25, 0.3, 0.2])
TWO_OFF = -1.0
"""Latent sum below which an answer is two stars off."""
SECOND_SHARE = 0.2
SHARPNESS = 2.0
METRICS: tuple[AnyMetric, ...] = (
    Metric.MACRO_F1,
    Metric.BALANCED_ACCURACY,
    Metric.AUROC,
    Metric.QUADRATIC_KAPPA,
    *OtherMetric,
    *ScoringRule,
)
_IN_CLASSES: dict[AnyMetric, Callable[[npt.NDArray[np.int64]], float]] = {
    Metric.MACRO_F1: macro_f1,
    Metric.BALANCED_ACCURACY: balanced_accuracy,
    OtherMetric.MATTHEWS: matthews,
}
_RANKED = (Metric.AUROC, OtherMetric.AVERAGE_PRECISION)
_FINE = 10**8
"""Examples of a population whose shares are written as counts."""
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(64)
_SCORES: dict[ScoringRule, Callable[[Floats], Floats]] = {
    ScoringRule.LOG_LOSS: lambda margin: np.logaddexp(0, -margin),
    ScoringRule.BRIER: lambda margin: special.expit(-margin) ** 2,
}


def rows() -> list[dict[str, Any]]:
    """Simulate the grid; a row has the fields of `benchmarks.intervals` and its ``metric``."""
    answer = []
    for s, n, sd in product(NUM_SEEDS, NUM_EXAMPLES, SEED_SDS):
        design = Design(num_seeds=s, num_examples=n, seed_sd=sd)
        answer += [_row(design, metric) for metric in METRICS]
    return answer


def _row(design: Design, metric: AnyMetric) -> dict[str, Any]:
    rng = np.random.default_rng(design.num_seeds + design.num_examples)
    thresholds = [design.scale * special.ndtri(accuracy) for accuracy in (BETTER, BETTER, WORSE)]
    equal, unequal = [], []
    for _ in range(REPETITIONS):
        first, second = draw(rng, design, 1)[:, 0]
        sums = [effects + t for effects, t in zip((first, second, second), thresholds, strict=True)]
        a, alike, worse = spread(rng, sums, metric)
        equal.append(_ends(a.minus(alike)))
        unequal.append(_ends(a.minus(worse)))
    truth = population_value(metric, BETTER, design) - population_value(metric, WORSE, design)
    return _measured(design, metric, truth, np.array(unequal).T, np.array(equal).T)


def spread(rng: np.random.Generator, sums: list[Floats], metric: AnyMetric) -> list[ExampleValues]:
    """Let arms answer by their latent sums, (S, n) each, and spread the metric over the examples."""
    if isinstance(metric, ScoringRule):
        return _scores(sums, metric)
    if metric in _IN_CLASSES:
        targets, answers = _answers_in_classes(rng, sums)
        return [_values(metric, targets, predicted, len(CLASS_SHARES)) for predicted in answers]
    if metric in _RANKED:
        targets = (rng.random(sums[0].shape[1]) < SECOND_SHARE).astype(np.int64)
        odds = [np.where(targets == 1, one, -one) for one in sums]
        return [_values(metric, targets, (one > 0).astype(np.int64), 2, log_odds=one) for one in odds]
    targets, answers = _stars(rng, sums)
    return [_values(metric, targets, predicted, len(STAR_SHARES)) for predicted in answers]


def _values(
    metric: AnyMetric,
    targets: npt.NDArray[np.int64],
    predicted: npt.NDArray[np.int64],
    num_labels: int,
    log_odds: Floats | None = None,
) -> ExampleValues:
    arm = ArmPredictions(
        arm="fine_tuned",
        train_size=1,
        seeds=tuple(range(len(predicted))),
        example_ids=np.arange(len(targets)).astype(np.str_),
        targets=targets,
        predicted=predicted,
        num_labels=num_labels,
        log_odds=log_odds,
        read_logits=lambda: np.empty((0, 0, 0), dtype=np.float32),
        split_hash="",
    )
    return example_values(arm, metric)


def _answers_in_classes(
    rng: np.random.Generator, sums: list[Floats]
) -> tuple[npt.NDArray[np.int64], list[npt.NDArray[np.int64]]]:
    num_examples, num_labels = sums[0].shape[1], len(CLASS_SHARES)
    targets = rng.choice(num_labels, p=CLASS_SHARES, size=num_examples)
    appeal = np.log(CLASS_SHARES) + rng.gumbel(size=(num_examples, num_labels))
    appeal[np.arange(num_examples), targets] = -np.inf
    return targets, [np.where(one > 0, targets, appeal.argmax(axis=1)) for one in sums]


def _stars(
    rng: np.random.Generator, sums: list[Floats]
) -> tuple[npt.NDArray[np.int64], list[npt.NDArray[np.int64]]]:
    num_examples = sums[0].shape[1]
    targets = rng.choice(len(STAR_SHARES), p=STAR_SHARES, size=num_examples)
    side = rng.choice([-1, 1], size=num_examples)
    return targets, [
        _moved(targets, side, np.where(one > 0, 0, np.where(one > TWO_OFF, 1, 2))) for one in sums
    ]


def _moved(targets: Any, side: Any, distance: Any) -> npt.NDArray[np.int64]:
    """Go so many stars to one side, or to the other where there are none."""
    there = targets + side * distance
    is_inside = (there >= 0) & (there < len(STAR_SHARES))
    return np.asarray(np.where(is_inside, there, targets - side * distance))


def _scores(sums: list[Floats], rule: ScoringRule) -> list[ExampleValues]:
    tables = [_SCORES[rule](SHARPNESS * one.astype(np.float64)) for one in sums]
    if rule is ScoringRule.BRIER:
        return [ExampleValues.of_arm(table, Limits(low=0, high=1)) for table in tables]
    return [ExampleValues.of_arm(table, log_loss_limits(table, num_labels=2)) for table in tables]


def _ends(values: ExampleValues) -> tuple[float, float]:
    found = interval_of(values)
    return found.low, found.high


def _measured(
    design: Design, metric: AnyMetric, truth: float, unequal: Floats, equal: Floats
) -> dict[str, Any]:
    (low, high), (low_equal, high_equal) = unequal, equal
    return {
        "metric": metric.value,
        "num_seeds": design.num_seeds,
        "num_examples": design.num_examples,
        "accuracy": BETTER,
        "difference": round(truth, 4),
        "seed_sd": design.seed_sd,
        "coverage": round(float(((low <= truth) & (truth <= high)).mean()), 4),
        "false_positive_rate": round(float(((low_equal > 0) | (high_equal < 0)).mean()), 4),
        "power": round(float(((low > 0) | (high < 0)).mean()), 4),
        "mean_width": round(float((high - low).mean()), 5),
    }


def population_value(metric: AnyMetric, accuracy: float, design: Design) -> float:
    """Give a metric's expectation over seeds on the whole population, by Gauss-Hermite quadrature."""
    threshold = design.scale * special.ndtri(accuracy)
    if isinstance(metric, ScoringRule):
        values = _SCORES[metric](SHARPNESS * (threshold + design.scale * _NODES))
    else:
        rest = float(np.sqrt(design.scale**2 - design.seed_sd**2))
        means = threshold + design.seed_sd * _NODES
        values = np.array([_population_value_of_seed(metric, mean, rest) for mean in means])
    return float(_WEIGHTS @ values / _WEIGHTS.sum())


def _population_value_of_seed(metric: AnyMetric, mean: float, sd: float) -> float:
    """Do the same for one seed, whose latent sums are normal."""
    if metric is Metric.AUROC:  # the sum of two latent sums, one of each class, is above 0
        return float(special.ndtr(np.sqrt(2) * mean / sd))
    if metric is OtherMetric.AVERAGE_PRECISION:
        scores = mean + sd * _NODES  # of the second class; those of the first are around -mean
        hits = SECOND_SHARE * special.ndtr((mean - scores) / sd)
        others = (1 - SECOND_SHARE) * special.ndtr((-mean - scores) / sd)
        return float(_WEIGHTS @ (hits / (hits + others)) / _WEIGHTS.sum())
    right, not_two = special.ndtr(mean / sd), special.ndtr((mean - TWO_OFF) / sd)
    if metric in _IN_CLASSES:
        tempted = CLASS_SHARES / (1 - CLASS_SHARES)[:, None]
        np.fill_diagonal(tempted, 0)
        shares = CLASS_SHARES[:, None] * ((1 - right) * tempted + right * np.eye(len(CLASS_SHARES)))
        return _IN_CLASSES[metric](np.rint(_FINE * shares).astype(np.int64))
    by_distance = np.array([right, not_two - right, 1 - not_two])
    if metric is OtherMetric.MEAN_ABSOLUTE_ERROR:
        return float(by_distance @ [0, 1, 2])
    shares = np.zeros((len(STAR_SHARES), len(STAR_SHARES)))
    for (star, of_star), side, distance in product(enumerate(STAR_SHARES), (-1, 1), range(3)):
        shares[star, _moved(star, side, distance)] += of_star * by_distance[distance] / 2
    return quadratic_kappa(np.rint(_FINE * shares).astype(np.int64))
