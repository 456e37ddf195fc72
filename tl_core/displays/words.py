"""How displays write numbers and names."""

import unicodedata
from collections.abc import Iterable, Sequence

import pandas as pd

from tl_core import words

_LEFT_TO_RIGHT = "\u200e"
_MOST_NAMED = 3


def percent(fraction: float, digits: int = 1) -> str:
    """Write a fraction as a percentage.

    >>> percent(0.6604)
    '66.0%'
    """
    return f"{100 * fraction:.{digits}f}%"


def points(fraction: float) -> str:
    """Write the size of a difference, without its sign.

    >>> points(-0.0525)
    '5.2'
    """
    return f"{abs(100 * fraction):.1f}"


def as_percent(fraction: float) -> float:
    """Turn a fraction into percent as a table shows it."""
    return round(100 * fraction, 1) + 0.0


def as_points(fraction: float) -> float:
    """Keep two digits, lest an interval that excludes zero seem to end there."""
    return round(100 * fraction, 2) + 0.0


def count_groups(frame: pd.DataFrame, num_groups: Iterable[int | None]) -> pd.DataFrame:
    """Add to rows how many groups their test examples form, in a column "Groups", where there are any."""
    counts = pd.array(list(num_groups), dtype="Int64")
    return frame if counts.isna().all() else frame.assign(Groups=counts)


def p_value(value: float) -> str:
    """Write a p-value with three digits."""
    return f"{value:.3f}" if value >= 0.001 else "< 0.001"


def listed(names: Sequence[str]) -> str:
    """Name the first three, and say how many more there are.

    >>> listed(["A", "B", "C", "D", "E"])
    'A, B, C and 2 more'
    """
    rest = len(names) - _MOST_NAMED
    *first, last = [*names[:_MOST_NAMED], f"{rest} more"] if rest > 0 else names
    return f"{', '.join(first)} and {last}" if first else last


def quoted(name: str) -> str:
    """Quote a class name; marks keep one that is written from the right from reordering what follows.

    >>> quoted("Spam")
    '“Spam”'
    """
    is_from_right = any(unicodedata.bidirectional(one) in ("R", "AL") for one in name)
    mark = _LEFT_TO_RIGHT if is_from_right else ""
    return f"{mark}{words.quoted(name)}{mark}"


def over_seeds(num_seeds: int) -> str:
    """Say over how many seeds a mean was taken."""
    return f"mean over {num_seeds} seeds" if num_seeds > 1 else "one seed"
