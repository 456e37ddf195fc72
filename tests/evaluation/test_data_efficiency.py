"""How many labels one curve needs to reach another: measured ranges, open ends, coverage, flags."""

import math

import numpy as np
import pytest

from tests.evaluation.arms import arm_with_hits
from tl_core.errors import ComparisonError
from tl_core.evaluation.data_efficiency import Needed, data_efficiency, labels_needed, sizes_to_narrow
from tl_core.evaluation.intervals import mean_interval
from tl_core.evaluation.metrics import ExampleValues, Limits
from tl_core.schema import Flag, Metric

LIMITS = Limits(low=0, high=1)
SIZES = (25, 50, 100, 200, 400)


def hits(shares, num_seeds=5, num_examples=200, key=0):
    """Right answers (K, S, n): these shares of them in every seed, each time others."""
    random = np.random.default_rng(key)
    return np.array(
        [
            [random.permutation(num_examples) < round(share * num_examples) for _ in range(num_seeds)]
            for share in shares
        ],
        dtype=float,
    )


def level_of(values, groups=None):
    return ExampleValues.of_arm(values, LIMITS, groups)


def needed(shares, level, **sizes):
    return labels_needed(SIZES, hits(shares, **sizes), level_of(hits([level], key=1, **sizes)[0]))


def test_a_measured_size_at_the_level_is_the_answer():
    found = needed([0.5, 0.6, 0.7, 0.8, 0.9], 0.7)
    assert (found.above, found.most) == (100, 100)


def test_between_two_sizes_it_is_both():
    found = needed([0.5, 0.6, 0.7, 0.8, 0.9], 0.65)
    assert (found.above, found.most) == (50, 100)


def test_the_interval_ends_at_the_sizes_that_are_shown_to_be_below_and_above():
    curve, level = hits([0.4, 0.55, 0.7, 0.85, 0.95]), hits([0.7], key=1)[0]
    found = labels_needed(SIZES, curve, level_of(level))
    assert (found.low, found.high) == (50, 200)
    ends = [mean_interval(curve[place] - level, LIMITS) for place in range(len(SIZES))]
    assert [one.high < 0 for one in ends] == [True, True, False, False, False]
    assert [one.low > 0 for one in ends] == [False, False, False, True, True]


def test_more_examples_make_it_narrower():
    wide, narrow = (needed([0.4, 0.55, 0.7, 0.85, 0.95], 0.7, num_examples=n) for n in (20, 2000))
    assert wide.low <= narrow.low
    assert wide.high >= narrow.high
    assert (wide.low, wide.high) != (narrow.low, narrow.high)


def test_a_curve_that_starts_above_needs_fewer_than_the_fewest_measured():
    found = needed([0.9, 0.92, 0.94, 0.95, 0.96], 0.5)
    assert (found.above, found.most, found.low, found.high) == (0, 25, 0, 25)


def test_a_curve_that_stays_below_needs_more_than_the_most_measured():
    found = needed([0.3, 0.32, 0.34, 0.35, 0.36], 0.8)
    assert (found.above, found.most, found.low, found.high) == (400, math.inf, 400, math.inf)


def test_a_curve_that_just_gets_there_is_open_upwards():
    found = needed([0.3, 0.4, 0.5, 0.6, 0.7], 0.69)
    assert (found.above, found.most) == (200, 400)
    assert found.high == math.inf
    assert found.low >= 100


def test_a_flat_curve_at_the_level_tells_nothing():
    found = needed([0.6] * 5, 0.6)
    assert (found.low, found.high) == (0, math.inf)


def test_a_fall_is_taken_for_noise_and_pooled():
    found = needed([0.5, 0.64, 0.6, 0.8, 0.9], 0.7)
    assert (found.above, found.most) == (100, 200)
    above = needed([0.5, 0.74, 0.6, 0.8, 0.9], 0.68)
    assert (above.above, above.most) == (100, 200), "0.67 at 50 and at 100"


def test_seeds_that_differ_make_it_wider():
    """Five trainings whose luck differs say less than five alike, though the mean is the same."""
    shares = np.array([0.4, 0.55, 0.7, 0.85, 0.95])
    alike = needed(shares, 0.7)
    luck = np.array([-0.15, -0.075, 0, 0.075, 0.15])
    curve = np.stack([hits(shares + one, 1, key=seed)[:, 0] for seed, one in enumerate(luck)], axis=1)
    level = np.stack([hits([0.7 - one], 1, key=9)[0, 0] for one in luck])
    unlike = labels_needed(SIZES, curve, level_of(level))
    assert (unlike.above, unlike.most) == (alike.above, alike.most)
    assert unlike.low < alike.low
    assert unlike.high > alike.high


def arms(shares, level, **changes):
    curve = {
        size: arm_with_hits(rows, train_size=size, **changes)
        for size, rows in zip(SIZES, hits(shares).astype(bool), strict=True)
    }
    return curve, arm_with_hits(hits([level], key=1)[0].astype(bool), arm="scratch", train_size=400)


def flag(arm, phrase="was still improving when it stopped", code="still_improving"):
    return Flag(code=code, arm=arm, phrase=phrase, remedy="Train longer.", seeds=(0,))


def test_labels_saved_are_those_of_the_other_arm_less_those_needed():
    curve, scratch = arms([0.5, 0.6, 0.7, 0.8, 0.9], 0.7)
    worth = data_efficiency(curve, scratch, Metric.ACCURACY, {})
    assert (worth.a, worth.b, worth.size, worth.num_seeds, worth.num_examples) == (
        "fine_tuned",
        "scratch",
        400,
        5,
        200,
    )
    assert worth.value == pytest.approx(0.7)
    assert (worth.needed.low, worth.needed.high, worth.least_saved) == (50, 200, 200)
    assert worth.is_shown


def test_only_seeds_that_every_size_has_count():
    curve, scratch = arms([0.5, 0.6, 0.7, 0.8, 0.9], 0.7)
    curve[50] = curve[50].for_seeds([1, 2, 4])
    assert data_efficiency(curve, scratch, Metric.ACCURACY, {}).num_seeds == 3
    curve[100] = curve[100].for_seeds([0, 3])
    assert data_efficiency(curve, scratch, Metric.ACCURACY, {}) is None


def test_one_size_is_no_curve():
    curve, scratch = arms([0.5, 0.6, 0.7, 0.8, 0.9], 0.7)
    assert data_efficiency({400: curve[400]}, scratch, Metric.ACCURACY, {}) is None


def test_examples_are_matched_by_their_ids_whatever_their_order():
    curve, scratch = arms([0.5, 0.6, 0.7, 0.8, 0.9], 0.7)
    straight = data_efficiency(curve, scratch, Metric.ACCURACY, {})
    order = np.random.default_rng(0).permutation(200)
    curve[50] = arm_with_hits(
        curve[50].correct[:, order], train_size=50, example_ids=curve[50].example_ids[order]
    )
    assert data_efficiency(curve, scratch, Metric.ACCURACY, {}) == straight


def test_another_split_is_refused():
    curve, scratch = arms([0.5, 0.6, 0.7, 0.8, 0.9], 0.7, split_hash="another")
    with pytest.raises(ComparisonError, match="differ in split"):
        data_efficiency(curve, scratch, Metric.ACCURACY, {})


def test_flags_of_the_sizes_in_question_come_along_and_name_them():
    curve, scratch = arms([0.4, 0.55, 0.7, 0.85, 0.95], 0.7)
    flags = {
        ("fine_tuned", 25): (flag("fine_tuned", "gave almost every example the same label", "collapsed"),),
        ("fine_tuned", 100): (flag("fine_tuned"),),
        ("fine_tuned", 200): (flag("fine_tuned"),),
        ("scratch", 400): (flag("scratch"),),
        ("scratch", 100): (flag("scratch"),),
    }
    found = data_efficiency(curve, scratch, Metric.ACCURACY, flags).flags
    assert [(one.arm, one.phrase) for one in found] == [
        ("fine_tuned", "with 100 and 200 labels was still improving when it stopped"),
        ("scratch", "was still improving when it stopped"),
    ]


def test_macro_f1_has_its_own_level():
    curve, scratch = arms([0.5, 0.6, 0.7, 0.8, 0.9], 0.7)
    worth = data_efficiency(curve, scratch, Metric.MACRO_F1, {})
    # One class of two occurs among the targets, so it is the whole mean.
    assert worth.value == pytest.approx(2 * 0.7 / 1.7)
    assert (worth.needed.above, worth.needed.most) == (100, 100)


@pytest.mark.parametrize(
    ("low", "high", "proposed"),
    [
        (50, 200, (71, 140)),
        (100, 200, (140,)),
        (0, 25, (16,)),
        (0, 50, (16, 35)),
        (200, math.inf, (280,)),
        (400, math.inf, ()),
    ],
)
def test_the_sizes_that_would_narrow_most_halve_what_is_open(low, high, proposed):
    open_ended = Needed(above=50, most=100, low=low, high=high)
    assert sizes_to_narrow(SIZES, open_ended, fewest=10, most=400) == proposed


def test_nothing_is_proposed_between_sizes_that_lie_close():
    near = Needed(above=100, most=130, low=100, high=130)
    assert sizes_to_narrow((100, 130), near, fewest=10, most=400) == ()


@pytest.mark.parametrize("shape", ["concave", "steep", "late"])
@pytest.mark.parametrize(("num_seeds", "least"), [(3, 0.93), (5, 0.93)])
def test_the_interval_covers_a_known_truth_whatever_the_shape(num_seeds, least, shape):
    """Trainings differ (sd 0.3 on the latent scale); between the sizes the true curve bends, or leaps."""
    random = np.random.default_rng(num_seeds)
    sizes, num = (25, 100, 400), 80
    truth = 156 if shape == "steep" else 70

    def latent(size):
        if shape == "concave":
            return 1.6 - 4.0 * size**-0.45
        middle = 160 if shape == "steep" else 75
        return -0.3 + 1.8 / (1 + (middle / size) ** 6)

    covered = 0
    for _ in range(num):
        means = np.array([*map(latent, sizes), latent(truth)])[:, None, None]
        luck = 0.3 * random.normal(size=(4, num_seeds, 1))
        scores = means + luck + random.normal(size=100) + random.normal(size=(4, num_seeds, 100))
        table = (scores > 0).astype(float)
        found = labels_needed(sizes, table[:3], level_of(table[3]))
        covered += found.low <= truth <= found.high
    assert covered >= least * num
