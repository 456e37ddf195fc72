import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from tests.evaluation.arms import arm_of
from tl_core.evaluation.by_class import class_gains
from tl_core.evaluation.intervals import interval_of
from tl_core.evaluation.metrics import ExampleValues, Limits

CELLS = st.lists(st.tuples(*[st.integers(0, 2)] * 3), min_size=6, max_size=20)


def pair_of(targets, a, b):
    return arm_of(a, targets, arm="a"), arm_of(b, targets, arm="b")


def random_pair(num_seeds=3, num_examples=90, share=(0.9, 0.6)):
    rng = np.random.default_rng(4)
    targets = rng.choice(3, p=(0.6, 0.3, 0.1), size=num_examples)
    answers = [
        np.where(rng.random((num_seeds, num_examples)) < right, targets, rng.integers(0, 3, num_examples))
        for right in share
    ]
    return pair_of(targets, *answers)


def brute_force(targets, answers):
    """Spread the F1 of one class over its examples, deleting each once."""
    kept = [np.arange(len(targets)) != one for one in range(len(targets))]
    f1 = f1_score(targets, answers, zero_division=0)
    without = np.array([f1_score(targets[keep], answers[keep], zero_division=0) for keep in kept])
    influence = (len(targets) - 1) * (f1 - without)
    return (f1 + influence - influence.mean())[None]


def test_values_are_scikit_learns_and_classes_come_in_order():
    a, b = random_pair()
    gains = class_gains(a, b)
    assert [one.label_id for one in gains] == [0, 1, 2]
    for arm, name in ((a, "value_a"), (b, "value_b")):
        expected = np.mean([f1_score(arm.targets, row, average=None) for row in arm.predicted], axis=0)
        assert [getattr(one, name) for one in gains] == pytest.approx(expected)
    assert [one.support for one in gains] == np.bincount(a.targets).tolist()


@settings(deadline=None, max_examples=40)
@given(CELLS)
def test_the_interval_is_that_of_the_brute_force_jackknife(cells):
    targets, first, second = np.array(cells).T
    a, b = pair_of(targets, [first], [second])
    for gain in class_gains(a, b):
        k = gain.label_id
        bears = np.flatnonzero((targets == k) | (first == k) | (second == k))
        if len(bears) < 2:
            assert (gain.low, gain.high) == (-1, 1)
            continue
        limits = Limits(low=0, high=1, unit=np.sqrt(len(bears) / gain.support))
        values = []
        for answers in (first[bears], second[bears]):
            values.append(ExampleValues.of_arm(brute_force(targets[bears] == k, answers == k), limits))
        level = 1 - 0.05 / len(np.unique(targets))
        expected = interval_of(values[0].minus(values[1]), confidence=level)
        assert (gain.low, gain.high) == pytest.approx((expected.low, expected.high))


def test_more_classes_make_each_interval_wider():
    a, b = random_pair()
    keep = a.targets != 2
    fewer = pair_of(a.targets[keep], np.minimum(a.predicted[:, keep], 1), np.minimum(b.predicted[:, keep], 1))
    both = pair_of(a.targets, np.minimum(a.predicted, 1), np.minimum(b.predicted, 1))
    of_two, of_three = (class_gains(*arms)[0] for arms in (fewer, both))
    assert of_three.high - of_three.low > of_two.high - of_two.low


def test_examples_of_a_group_count_as_one_draw():
    a, b = random_pair()
    groups = np.arange(a.num_examples) // 6
    grouped = [arm_of(arm.predicted, arm.targets, arm=arm.arm, groups=groups) for arm in (a, b)]
    alone, together = class_gains(a, b)[0], class_gains(*grouped)[0]
    assert together.difference == pytest.approx(alone.difference)
    assert (together.low, together.high) != (alone.low, alone.high)


def test_a_class_with_one_test_example_is_never_clear():
    targets = np.array([0] * 20 + [1])
    gains = class_gains(*pair_of(targets, [targets] * 5, [np.zeros(21, int)] * 5))
    assert gains[1].difference == 1
    assert not gains[1].is_clear
