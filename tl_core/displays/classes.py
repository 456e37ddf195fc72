"""Which classes gain and lose? The F1 of two models, class by class."""

import pandas as pd

from tl_core.charts import per_class_difference
from tl_core.displays.display import Display, Subject
from tl_core.displays.words import as_percent, as_points, over_seeds, points, quoted
from tl_core.evaluation.wording import counts
from tl_core.results.by_class import class_rows

MOST_BARS = 24


def display(subject: Subject, most_bars: int = MOST_BARS) -> Display:
    """Show gains and losses by class, of many classes the largest."""
    (a, b), num_seeds = subject.pair, subject.verdict.num_seeds
    rows = class_rows(subject.results, a, b, subject.train_size)
    return Display(
        key="classes",
        frame=gain_numbers(rows, subject.names[a], subject.names[b]).assign(Seeds=num_seeds),
        draw=lambda theme: per_class_difference(
            rows, *(subject.styles(theme)[arm] for arm in (a, b)), most_bars=most_bars, theme=theme
        ),
        sentence=tell(rows),
        headline=headline(rows),
        proof=f"F1 by class, {counts(subject.verdict)}",
        limits=f"{limits_of(rows, over_seeds(num_seeds))}",
        budget=subject.budget,
    )


def gain_numbers(rows: pd.DataFrame, a: str, b: str) -> pd.DataFrame:
    """Write what `by_class.gain_rows` returns as a person reads it; ``a`` and ``b`` name the two arms."""
    return pd.DataFrame(
        {
            "Class": rows["label"],
            f"F1 on test of {a}, %": rows["value_a"].map(as_percent),
            f"of {b}, %": rows["value_b"].map(as_percent),
            "Difference, points": rows["difference"].map(as_percent),
            "Interval from": rows["low"].map(as_points),
            "to": rows["high"].map(as_points),
            "Test examples": rows["support"],
        }
    )


def limits_of(rows: pd.DataFrame, over: str) -> str:
    """Say what the intervals hold for; ``over`` says over how many seeds the means are."""
    smallest = rows.loc[rows["support"].idxmin()]
    size = int(smallest["support"])
    return (
        f"F1 on test, {over}. With 95% probability, all {len(rows)} intervals hold at once; pale bars: the "
        f"interval contains zero. The smallest class, {quoted(smallest['label'])}, has {size:,} test "
        f"example{'s' * (size != 1)}."
    )


def tell(rows: pd.DataFrame) -> str:
    """Say which class gains most and which loses most, of those whose interval excludes zero.

    Parameters
    ----------
    rows
        What `by_class.gain_rows` returns.
    """
    gains, loses = _clearest(rows)
    if gains is None and loses is None:
        largest = rows.loc[rows["difference"].abs().idxmax()]
        return (
            f"No class clearly gains or loses. The largest difference is that of {quoted(largest['label'])}: "
            f"{_with_interval(largest)}."
        )
    unclear = int(((rows["low"] <= 0) & (rows["high"] >= 0)).sum())
    rest = {0: "", 1: " One class is not clear."}.get(unclear, f" {unclear} classes are not clear.")
    said = [
        f"{quoted(row['label'])} {verb} most: {_with_interval(row)}"
        for row, verb in ((gains, "gains"), (loses, "loses"))
        if row is not None
    ]
    return f"{'; '.join(said)}.{rest}"


def headline(rows: pd.DataFrame) -> str:
    """Say which class gains most, or loses most where none gains, in a few words."""
    gains, loses = _clearest(rows)
    for row, verb in ((gains, "gains"), (loses, "loses")):
        if row is not None:
            return f"{quoted(row['label'])} {verb} most: {points(row['difference'])} points."
    return "No class clearly gains or loses."


def _clearest(rows: pd.DataFrame) -> tuple[pd.Series | None, pd.Series | None]:
    """Return the class that gains most and the one that loses most, of the clear ones."""
    up, down = rows.loc[rows["low"] > 0], rows.loc[rows["high"] < 0]
    return (
        up.loc[up["difference"].idxmax()] if len(up) else None,
        down.loc[down["difference"].idxmin()] if len(down) else None,
    )


def _with_interval(row: pd.Series) -> str:
    """Write a difference and its interval in points, from the side of the arm ahead."""
    size, low, high = (100 * row[name] for name in ("difference", "low", "high"))
    if size < 0:
        size, low, high = -size, -high, -low
    ends = " to ".join(f"{end + 0.0:.1f}".replace("-", "−") for end in (low, high))
    return f"{size:.1f} points ({ends})"
