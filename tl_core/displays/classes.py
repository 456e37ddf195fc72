"""Which classes gain and lose? The F1 of two models, class by class."""

import pandas as pd

from tl_core.charts import per_class_difference
from tl_core.displays.display import Display, Subject
from tl_core.displays.words import as_percent, over_seeds, points, quoted
from tl_core.evaluation.wording import counts
from tl_core.results.by_class import class_rows

MOST_BARS = 24


def display(subject: Subject, most_bars: int = MOST_BARS) -> Display:
    """Show gains and losses by class, of many classes the largest."""
    (a, b), num_seeds = subject.pair, subject.verdict.num_seeds
    rows = class_rows(subject.results, a, b, subject.train_size)
    smallest = rows.loc[rows["support"].idxmin()]
    size = int(smallest["support"])
    return Display(
        key="classes",
        frame=pd.DataFrame(
            {
                "Class": rows["label"],
                f"F1 on test of {subject.names[a]}, %": rows["value_a"].map(as_percent),
                f"of {subject.names[b]}, %": rows["value_b"].map(as_percent),
                "Difference, points": rows["difference"].map(as_percent),
                "Test examples": rows["support"],
                "Seeds": num_seeds,
            }
        ),
        draw=lambda theme: per_class_difference(
            rows, *(subject.styles(theme)[arm] for arm in (a, b)), most_bars=most_bars, theme=theme
        ),
        sentence=tell(rows),
        headline=headline(rows),
        proof=f"F1 by class, {counts(subject.verdict)}",
        limits=f"F1 on test, {over_seeds(num_seeds)}, without intervals: the smallest class, "
        f"{quoted(smallest['label'])}, has {size:,} test example{'s' * (size != 1)}.",
        budget=subject.budget,
    )


def tell(rows: pd.DataFrame) -> str:
    """Say which class gains most and which loses most.

    Parameters
    ----------
    rows
        What `by_class.class_rows` returns.
    """
    gaps = rows["difference"].round(3)
    if not gaps.any():
        return headline(rows)
    gains, loses = _extremes(rows)
    if gaps.max() <= 0:
        return f"No class gains; {loses}."
    if gaps.min() >= 0:
        return f"{gains}; no class loses."
    num_losing = int((gaps < 0).sum())
    also = "" if num_losing == 1 else f" ({num_losing} classes lose)"
    return f"{gains}; {loses}{also}."


def headline(rows: pd.DataFrame) -> str:
    """Say which class gains most, or loses most where none gains, in a few words."""
    gaps = rows["difference"].round(3)
    if not gaps.any():
        return "No class gains or loses."
    gains, loses = _extremes(rows)
    return f"{gains if gaps.max() > 0 else loses}."


def _extremes(rows: pd.DataFrame) -> tuple[str, str]:
    gaps = rows["difference"].round(3)
    best, worst = rows.loc[gaps.idxmax()], rows.loc[gaps.idxmin()]
    return (
        f"{quoted(best['label'])} gains most: {points(best['difference'])} points",
        f"{quoted(worst['label'])} loses most: {points(worst['difference'])} points",
    )
