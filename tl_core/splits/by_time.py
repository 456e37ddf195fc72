"""Splitting by time: the oldest examples train, the newest test."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from tl_core.datasets.dataset import Dataset, Rows
from tl_core.errors import SplitError
from tl_core.words import plural


def draw_newest(dataset: Dataset, rows: Rows, sizes: Sequence[int]) -> list[Rows]:
    """Draw parts from rows, the newest first; examples of the same time are never parted.

    Each boundary is the one between two different times at which the newer side is nearest to the size that
    is wanted; of two equally near, the newer one.

    Parameters
    ----------
    dataset, rows
        Where to draw from.
    sizes
        Examples of each part, the newest part first.

    Returns
    -------
    The rows of each part.

    Raises
    ------
    SplitError
        If times are missing, or too few are different.
    """
    if "time" not in dataset.table.column_names:
        raise SplitError(
            "The dataset has no dates to split by.",
            "Choose the column with the dates, or split without regard to time.",
        )
    moments = dataset.table["time"].take(pa.array(rows))
    if moments.null_count:
        raise SplitError(
            f"{plural(moments.null_count, 'example has', 'examples have')} no date to split by.",
            "Fix the dates in the file, or split without regard to time.",
        )
    times = moments.cast(pa.int64()).to_numpy()
    different, counts = np.unique(times, return_counts=True)
    if len(different) <= len(sizes):
        raise SplitError(
            f"{plural(len(different), 'different date is', 'different dates are')} too few to split by; at"
            f" least {len(sizes) + 1} are needed.",
            "Choose another date column, or split without regard to time.",
        )
    parts, end = list[Rows](), len(different)
    for num_later, size in zip(range(len(sizes) - 1, -1, -1), sizes, strict=True):
        num_older = np.cumsum(counts[:end])
        wanted = num_older[-1] - size
        starts = np.arange(num_later + 1, end)
        # argmin takes the first of equals: from the newest on.
        start = int(starts[::-1][np.argmin(np.abs(num_older[starts - 1] - wanted)[::-1])])
        is_within = times >= different[start]
        if end < len(different):
            is_within &= times < different[end]
        parts.append(rows[is_within])
        end = start
    return parts
