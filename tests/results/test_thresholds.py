"""What a threshold changes, by hand: 10 of the first class, 10 of the second, on validation and on test."""

from types import SimpleNamespace

import numpy as np
import pytest

from tests.evaluation.arms import arm_of
from tl_core.evaluation.predictions import ArmPredictions
from tl_core.results.thresholds import threshold_effects
from tl_core.schema import Arm, Metric

TARGETS = np.repeat([0, 1], 10)


def logits_of(odds):
    odds = np.asarray(odds, dtype=np.float32)
    return np.stack([np.zeros_like(odds), odds], axis=-1)


def results_of(validation, test, *, metric=Metric.ACCURACY, labels=("no", "yes")):
    """Make results of fine-tuned and majority from log-odds (S, 20) on validation and on test."""
    arms = tuple(Arm.parse(name) for name in ("fine_tuned", "majority"))
    runs = [
        SimpleNamespace(
            config=SimpleNamespace(seed=seed), validation_targets=TARGETS, validation_logits=logits_of(odds)
        )
        for seed, odds in enumerate(validation)
    ]
    logits = logits_of(test)
    arm: ArmPredictions = arm_of(logits.argmax(axis=2), TARGETS, num_labels=2, logits=logits)
    experiment = SimpleNamespace(arms=arms, labels=labels, headline_metric=metric)
    keys = [(one.name, 100) for one in arms]
    return SimpleNamespace(
        experiment=experiment, predictions=dict.fromkeys(keys, arm), runs_of=lambda name, size: runs
    )


CAUTIOUS = np.repeat([-3.0, -1.0], 10)
"""A network that never says yes, though it tells the two apart."""


@pytest.mark.parametrize(
    ("metric", "usual"),
    [(Metric.ACCURACY, 0.5), (Metric.MACRO_F1, 1 / 3), (Metric.AUROC, 0.5)],
)
def test_a_threshold_from_validation_is_applied_to_test(metric, usual):
    (effect,) = threshold_effects(results_of([CAUTIOUS] * 2, [CAUTIOUS] * 2, metric=metric), 100)
    assert effect.arm == "fine_tuned", "the floor has no scores to cut"
    assert effect.metric is (Metric.BALANCED_ACCURACY if metric is Metric.AUROC else metric)
    assert effect.thresholds == pytest.approx([1 / (1 + np.exp(2))] * 2)
    assert (effect.usual, effect.chosen) == (pytest.approx(usual), pytest.approx(1))
    assert effect.num_changed == 20
    assert effect.is_clear
    assert effect.low < effect.difference <= effect.high


def test_each_run_has_its_own_threshold():
    results = results_of([CAUTIOUS, CAUTIOUS + 2], [CAUTIOUS, CAUTIOUS + 2])
    (effect,) = threshold_effects(results, 100)
    assert effect.thresholds == pytest.approx([1 / (1 + np.exp(2)), 0.5])
    assert (effect.usual, effect.chosen, effect.num_changed) == (pytest.approx(0.75), pytest.approx(1), 10)


def test_what_was_chosen_on_validation_can_hurt_on_test():
    test = [CAUTIOUS + 2]
    (effect,) = threshold_effects(results_of([CAUTIOUS - 3], test), 100)
    assert effect.chosen < effect.usual
    assert effect.difference == pytest.approx(-0.5)


def test_the_usual_threshold_changes_nothing():
    (effect,) = threshold_effects(results_of([CAUTIOUS + 2], [CAUTIOUS]), 100)
    assert (effect.thresholds, effect.num_changed, effect.difference) == ((0.5,), 0, 0)
    assert not effect.is_clear


def test_more_than_two_classes_have_none():
    assert threshold_effects(results_of([CAUTIOUS], [CAUTIOUS], labels=("a", "b", "c")), 100) == []
