"""The slope of the second half and its error, held against other ways to them; noise that is correlated."""

import numpy as np
import pytest

from tl_core.evaluation.trend import ALPHA, Trend, _correlation, judge, second_half


def autoregressive(correlation, shape, draw):
    noise = draw.normal(size=shape)
    for look in range(1, shape[1]):
        noise[:, look] = correlation * noise[:, look - 1] + np.sqrt(1 - correlation**2) * noise[:, look]
    return noise


def test_without_correlation_the_gain_is_that_of_least_squares():
    """Two seeds whose differences alternate: their noise is taken to be independent."""
    line = np.linspace(0, 1.5, 16)
    apart = 0.01 * (-1.0) ** np.arange(16)
    found = second_half([line + apart, line - apart])
    # The half of 8 evaluations rises by 7 of 15 steps.
    assert found.gain == pytest.approx(0.7)
    # By hand: 2 seeds of 8 evaluations, each 0.01 from their mean: variance 0.0016 / 7, over 42, over 2.
    error = 7 * np.sqrt(0.0016 / 7 / 42 / 2)
    t = 2.5167  # of 7 degrees of freedom, from a table: 2% on one side
    assert ALPHA == 0.02
    assert found.high - found.gain == pytest.approx(t * error, rel=1e-3)


@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.6])
def test_the_correlation_is_found_on_average(correlation):
    draw = np.random.default_rng(7)
    found = [_correlation(autoregressive(correlation, (10, 15), draw)) for _ in range(400)]
    assert np.mean(found) == pytest.approx(correlation, abs=0.05)


def test_what_all_seeds_share_is_no_noise():
    """A curve's bend is trend: only what seeds differ by counts."""
    draw = np.random.default_rng(8)
    noise = draw.normal(0, 0.01, (5, 16))
    straight, bent = second_half(noise), second_half(noise + 1 - 0.3 ** np.linspace(0, 4, 16))
    assert bent.high - bent.gain == pytest.approx(straight.high - straight.gain)


def test_the_interval_is_wider_where_noise_is_correlated():
    draw = np.random.default_rng(9)
    widths = [
        np.mean(
            [
                (one := second_half(autoregressive(correlation, (5, 16), draw))).high - one.low
                for _ in range(200)
            ]
        )
        for correlation in (0.0, 0.6)
    ]
    assert widths[1] > 1.3 * widths[0]


@pytest.mark.parametrize("correlation", [0.3, 0.6])
def test_settled_curves_are_not_called_improving_when_their_noise_is_correlated(correlation):
    draw, found = np.random.default_rng(10), []
    gone = 1 - np.exp(-12 * (1 - (1 - np.linspace(0, 1, 16)) ** 2))
    for _ in range(300):
        losses, values = (
            start + change * gone + 0.05 * autoregressive(correlation, (5, 16), draw)
            for start, change in ((2.1, -0.65), (0.4, 0.3))
        )
        found.append(judge(losses.tolist(), values.tolist()))
    assert found.count(Trend.IMPROVING) <= 0.075 * len(found)


def test_seeds_without_any_noise_are_judged_all_the_same():
    curve = (1 - 0.25 ** (1 - (1 - np.linspace(0, 1, 16)) ** 2)).tolist()
    assert second_half([curve, curve]).trend is Trend.IMPROVING
