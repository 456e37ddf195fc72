import pytest

from tl_core.charts.lines import value_range


@pytest.mark.parametrize(
    ("values", "floor", "expected"),
    [
        ([0.4, 0.9], None, (0.37, 0.93)),
        ([0.0, 1.0], None, (-0.01, 1.01)),
        ([0.5, 0.6], 0.1, (0.07, 0.63)),
        ([-0.2, 0.3], 0.0, (-0.23, 0.33)),  # quadratic kappa below chance stays in sight
        ([-1.0, 1.0], None, (-1.01, 1.01)),
    ],
)
def test_fractions_have_a_little_room_and_stay_within_their_limits(values, floor, expected):
    assert value_range(values, floor) == pytest.approx(expected)


def test_a_loss_has_no_limits():
    assert value_range([0.0, 5.0], None, is_fraction=False) == pytest.approx((-0.3, 5.3))
