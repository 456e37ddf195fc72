"""Where curves end: at the value of the weights that each run kept, and at the end of the axis."""

from collections.abc import Sequence
from statistics import median_low

import numpy as np
import pandas as pd

STRAGGLING = 2.5
"""A run this many times as long as its arm's lower median is a straggler: it does not set the scale."""


def kept_values(table: pd.DataFrame, y: str) -> pd.Series:
    """Value of the weights that each ended run kept, by ``(arm, run_id)``.

    Parameters
    ----------
    table
        One row per evaluation, in their order: ``arm``, ``run_id``, the column named by `y`, and optionally
        ``is_ended`` (without it every run has ended) and ``is_kept``, true for the evaluation of the weights
        that the run kept (without one that is, and is finite, it is the last). Rows whose `y` is not finite
        are left out.
    """
    rows = table.loc[np.isfinite(table[y].astype(float))]
    if "is_ended" in rows:
        rows = rows.loc[rows["is_ended"].astype(bool)]
    if "is_kept" in rows:  # the kept one comes last; a stable order leaves the others as they were
        rows = rows.sort_values("is_kept", kind="stable")
    return rows.groupby(["arm", "run_id"], sort=False)[y].last().astype(float)


def kept_means(table: pd.DataFrame, y: str) -> dict[str, float]:
    """Mean of `kept_values` over the seeds, by arm; an arm of which no run has ended is left out.

    Every figure of curves writes this at a line's end, whatever its axis, and so do its table and the report.
    """
    means = kept_values(table, y).groupby("arm", sort=False).mean()
    return {str(arm): float(mean) for arm, mean in means.items()}


def counted_on(table: pd.DataFrame) -> str:
    """Say for a title on how many examples the values were measured; empty where that is not stated."""
    if "num_examples" not in table or table.empty:
        return ""
    return f", {int(table['num_examples'].max()):,} examples"


def straggler_limit(ends: Sequence[float]) -> float:
    """Longest that a run may be to set the scale, where the ended runs of its arm end at ``ends``."""
    return STRAGGLING * median_low(ends) if ends else float("inf")
