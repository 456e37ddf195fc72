"""Coverage of the interval for macro-F1, log loss and Brier score, for `benchmarks.intervals`.

Macro-F1: four classes of 70, 20, 7 and 3%; a wrong answer is the class that an example tempts to, the same
for all models. Log loss and Brier score: two classes, and the logit of the true one is ``SHARPNESS`` times
the latent sum of `benchmarks.latent_arms`. Every interval is computed by the engine itself.
"""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
from scipy import special

from benchmarks.latent_arms import Design, Floats, draw
from tl_core.evaluation.intervals import mean_interval
from tl_core.evaluation.metrics import ExampleValues, Limits, log_loss_limits, macro_f1_values, macro_unit
from tl_core.schema import AnyMetric, Metric, ScoringRule

REPETITIONS = 2_000
NUM_SEEDS = (3, 5, 10)
NUM_EXAMPLES = (100, 1_000)
SEED_SDS = (0.0, 0.4)
BETTER, WORSE = 0.9, 0.85
CLASS_SHARES = np.array([0.7, 0.2, 0.07, 0.03])
SHARPNESS = 2.0
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
        answer += [_row(design, metric) for metric in (Metric.MACRO_F1, *ScoringRule)]
    return answer


def _row(design: Design, metric: AnyMetric) -> dict[str, Any]:
    rng = np.random.default_rng(design.num_seeds + design.num_examples)
    thresholds = [design.scale * special.ndtri(accuracy) for accuracy in (BETTER, BETTER, WORSE)]
    equal, unequal = [], []
    for _ in range(REPETITIONS):
        first, second = draw(rng, design, 1)[:, 0]
        sums = [effects + t for effects, t in zip((first, second, second), thresholds, strict=True)]
        a, alike, worse = _macro_f1(rng, sums) if metric is Metric.MACRO_F1 else _scores(sums, metric)
        equal.append(_ends(a.minus(alike)))
        unequal.append(_ends(a.minus(worse)))
    truth = population_value(metric, BETTER, design) - population_value(metric, WORSE, design)
    return _measured(design, metric, truth, np.array(unequal).T, np.array(equal).T)


def _macro_f1(rng: np.random.Generator, sums: list[Floats]) -> list[ExampleValues]:
    num_examples, num_labels = sums[0].shape[1], len(CLASS_SHARES)
    targets = rng.choice(num_labels, p=CLASS_SHARES, size=num_examples)
    appeal = np.log(CLASS_SHARES) + rng.gumbel(size=(num_examples, num_labels))
    appeal[np.arange(num_examples), targets] = -np.inf
    answers = [np.where(one > 0, targets, appeal.argmax(axis=1)) for one in sums]
    tables = [np.stack([macro_f1_values(targets, row, num_labels) for row in one]) for one in answers]
    limits = Limits(low=0, high=1, unit=macro_unit(targets))
    return [ExampleValues.of_arm(table, limits) for table in tables]


def _scores(sums: list[Floats], metric: AnyMetric) -> list[ExampleValues]:
    rule = ScoringRule(metric)
    tables = [_SCORES[rule](SHARPNESS * one.astype(np.float64)) for one in sums]
    if rule is ScoringRule.BRIER:
        return [ExampleValues.of_arm(table, Limits(low=0, high=1)) for table in tables]
    return [ExampleValues.of_arm(table, log_loss_limits(table, num_labels=2)) for table in tables]


def _ends(values: ExampleValues) -> tuple[float, float]:
    found = mean_interval(values.values, values.limits, skew=values.skew)
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
    if metric is Metric.MACRO_F1:
        rest = np.sqrt(design.scale**2 - design.seed_sd**2)
        values = _macro_f1_of_rate(special.ndtr((threshold + design.seed_sd * _NODES) / rest))
    else:
        values = _SCORES[ScoringRule(metric)](SHARPNESS * (threshold + design.scale * _NODES))
    return float(_WEIGHTS @ values / _WEIGHTS.sum())


def _macro_f1_of_rate(hit_rate: Floats) -> Floats:
    """Macro-F1 on the population where every class has the same share of hits."""
    odds = CLASS_SHARES / (1 - CLASS_SHARES)
    tempted = CLASS_SHARES * (odds.sum() - odds)
    hits = hit_rate[:, None] * CLASS_SHARES
    predicted = hits + (1 - hit_rate[:, None]) * tempted
    return np.asarray((2 * hits / (CLASS_SHARES + predicted)).mean(axis=1))
