"""How sure a comparison can be with this many test examples, told before anybody trains."""

from collections.abc import Iterator
from math import sqrt
from statistics import NormalDist

from tl_core.datasets.dataset import Dataset
from tl_core.datasets.findings import percent
from tl_core.schema import Finding
from tl_core.splits.rules import MAX_TEST, TEST_SHARE
from tl_core.splits.splitting import Split

ASSUMED_ACCURACY = 0.8
ASSUMED_DISCORDANCE = 0.2
WIDE = 0.1
"""Half-width of a difference above which only gaps of more than ten points can be shown."""

_Z95 = NormalDist().inv_cdf(0.975)


def expected_interval(dataset: Dataset, split: Split | None) -> Iterator[Finding]:
    """Say how wide the 95 % intervals of an accuracy and of a difference will be."""
    num_test = _num_test(dataset, split)
    one, two = accuracy_half_width(num_test), difference_half_width(num_test)
    yield Finding(
        code="expected_interval",
        severity="warning" if two > WIDE else "info",
        message=(
            f"A rough guide for {num_test:,} test examples and one seed: the 95 % interval of an accuracy of"
            f" {percent(ASSUMED_ACCURACY)} will be ± {100 * one:.1f} points, and that of the difference of"
            f" two models ± {100 * two:.1f} points, if one of them alone is right on"
            f" {percent(ASSUMED_DISCORDANCE)} of the examples."
        ),
        count=num_test,
        remedy="To halve an interval, test with four times as many examples.",
    )


def accuracy_half_width(num_test: int, accuracy: float = ASSUMED_ACCURACY) -> float:
    """Return half the width of the Wald interval: ``z * sqrt(p * (1 - p) / n)``, at most 1.

    Agresti, Categorical Data Analysis (3rd edition), section 1.3.3.
    """
    return min(1.0, _Z95 * sqrt(accuracy * (1 - accuracy) / num_test))


def difference_half_width(num_test: int, discordance: float = ASSUMED_DISCORDANCE) -> float:
    """Return half the width of the interval of a paired difference near 0: ``z * sqrt(d / n)``, at most 1.

    The variance of a paired difference is ``(d - difference**2) / n``, where `discordance` ``d`` is the share
    of examples that one model alone gets right (Agresti, Categorical Data Analysis, 3rd edition, section
    11.1.1).
    """
    return min(1.0, _Z95 * sqrt(discordance / num_test))


def _num_test(dataset: Dataset, split: Split | None) -> int:
    if split is not None:
        return split.info.test
    if dataset.info.num_own_test:
        return dataset.info.num_own_test
    return max(1, min(round(TEST_SHARE * dataset.num_examples), MAX_TEST))
