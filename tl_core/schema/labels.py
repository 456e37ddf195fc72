"""Which order labels have, and which metrics fit them."""

import math
import re
from collections.abc import Sequence
from itertools import pairwise

from tl_core.schema.base import Metric, OtherMetric

_NUMBER = r"[-+]?\d+(?:\.\d+)?"
_EDGE = r"[-+]?\d+(?:\.\d+)?(?:e[-+]\d+)?"
_POSITION = re.compile(
    rf"\s*(?P<number>{_NUMBER})\s*|below (?P<below>{_EDGE})|(?P<low>{_EDGE}) (?:to below {_EDGE}|and more)"
)


def position_of(label: str) -> float | None:
    """Return where a label stands among numbers: itself, or the lower end of a class that was cut by edges.

    None for any other label; the names of the cut classes are those of `datasets.labels.bin_names`.

    >>> position_of(" 3.5"), position_of("2.5 to below 4"), position_of("4 and more"), position_of("good")
    (3.5, 2.5, 4.0, None)
    """
    found = _POSITION.fullmatch(label)
    if found is None:
        return None
    return -math.inf if found["below"] else float(found["number"] or found["low"])


def are_ordered(labels: Sequence[str]) -> bool:
    """Whether classes, in the order of their ids, are steps of one scale: three or more that rise as numbers.

    Nothing but their names says so: stars are in order, and so are numbers cut by edges; renamed they are
    not, and numbers that stand for topics are taken for a scale.
    """
    positions = [one for one in map(position_of, labels) if one is not None]
    return len(positions) == len(labels) >= 3 and all(low < high for low, high in pairwise(positions))


def metrics_for(labels: Sequence[str]) -> tuple[Metric, ...]:
    """Return those that can be the main metric: AUROC of two labels only, quadratic kappa of ordered ones."""
    left_out = set() if len(labels) == 2 else {Metric.AUROC}
    if not are_ordered(labels):
        left_out.add(Metric.QUADRATIC_KAPPA)
    return tuple(metric for metric in Metric if metric not in left_out)


def shown_metrics(labels: Sequence[str]) -> tuple[Metric | OtherMetric, ...]:
    """Return these and what is only shown: PR-AUC of two labels, the error in classes of ordered ones."""
    left_out = set() if len(labels) == 2 else {OtherMetric.AVERAGE_PRECISION}
    if not are_ordered(labels):
        left_out.add(OtherMetric.MEAN_ABSOLUTE_ERROR)
    return (*metrics_for(labels), *(metric for metric in OtherMetric if metric not in left_out))
