"""What a decision threshold that is chosen on validation changes on test."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit

from tl_core.evaluation.intervals import interval_of
from tl_core.evaluation.metrics import example_values
from tl_core.evaluation.ranking import log_odds
from tl_core.evaluation.threshold import choose_threshold, metric_of_threshold
from tl_core.results.comparison import ExperimentResults, ranked
from tl_core.schema import Metric


@dataclass(frozen=True, kw_only=True)
class ThresholdEffect:
    """One arm's answers at thresholds of its own against those at a half, on the same seeds and examples.

    Attributes
    ----------
    metric
        What the thresholds were chosen by and are judged by.
    thresholds
        Probability of the second class, by run, from which on it is answered.
    usual, chosen
        The metric on test at a half and at the thresholds, means over seeds.
    low, high
        Ends of the 95% interval of ``chosen - usual``, paired over seeds and examples.
    num_changed
        Test answers that change, over all runs.
    num_seeds, num_examples, num_validation
        Runs, test examples, and validation examples that chose.
    """

    arm: str
    metric: Metric
    thresholds: tuple[float, ...]
    usual: float
    chosen: float
    low: float
    high: float
    num_changed: int
    num_seeds: int
    num_examples: int
    num_validation: int

    @property
    def difference(self) -> float:
        """``chosen`` minus ``usual``."""
        return self.chosen - self.usual

    @property
    def is_clear(self) -> bool:
        """Whether the interval excludes 0."""
        return not self.low <= 0 <= self.high


def threshold_effects(results: ExperimentResults, train_size: int) -> list[ThresholdEffect]:
    """Measure every arm's, as arms are shown; empty with more than two classes. The floor has no scores."""
    if len(results.experiment.labels) != 2:
        return []
    arms = [arm.name for arm in ranked(results.experiment.arms) if not arm.kind.is_floor]
    return [_effect(results, arm, train_size) for arm in arms if (arm, train_size) in results.predictions]


def _effect(results: ExperimentResults, arm: str, train_size: int) -> ThresholdEffect:
    metric = metric_of_threshold(results.experiment.headline_metric)
    runs = results.runs_of(arm, train_size)
    cuts = {
        run.config.seed: choose_threshold(run.validation_targets, log_odds(run.validation_logits), metric)
        for run in runs
    }
    usual = results.predictions[arm, train_size].for_seeds(sorted(cuts))
    if usual.log_odds is None:
        raise ValueError("thresholds are about two classes")
    above = usual.log_odds > np.array([cuts[seed] for seed in usual.seeds])[:, None]
    chosen = replace(usual, predicted=above.astype(np.int32))
    before, after = (example_values(one, metric) for one in (usual, chosen))
    interval = interval_of(after.minus(before))
    return ThresholdEffect(
        arm=arm,
        metric=metric,
        thresholds=tuple(float(expit(cuts[seed])) for seed in usual.seeds),
        usual=float(before.values.mean()),
        chosen=float(after.values.mean()),
        low=interval.low,
        high=interval.high,
        num_changed=int((usual.predicted != chosen.predicted).sum()),
        num_seeds=usual.num_seeds,
        num_examples=usual.num_examples,
        num_validation=len(runs[0].validation_targets),
    )
