"""Does it hold on other splits? The main pair's difference on each split of a series, and their mean."""

import pandas as pd

from tl_core.charts import difference_interval
from tl_core.displays.display import Display, Subject
from tl_core.displays.words import as_points
from tl_core.evaluation.wording import seeds_words
from tl_core.results.repeated_splits import SeriesResults


def display(subject: Subject) -> Display | None:
    """Show all splits that count; None where the split is not repeated, or before two of them count."""
    series = subject.series
    if series is None or series.verdict is None:
        return None
    rows = split_rows(series)
    return Display(
        key="splits",
        frame=split_numbers(rows),
        draw=lambda theme: difference_interval(rows, theme=theme),
        sentence=series.verdict.claim,
        proof=series.verdict.interval,
        limits=(
            "The interval of one split allows for other seeds and test examples; that of the mean for other "
            "training examples too. What is peculiar to these data is in every split, so neither shows it. "
            f"{seeds_words(series.verdict)}"
        ).strip(),
        budget=subject.budget,
    )


def split_rows(series: SeriesResults) -> pd.DataFrame:
    """List the mean over all splits, and below it each split.

    Returns
    -------
    Columns ``pair`` (what the row is about), ``difference, low, high`` (fractions), ``num_seeds`` of each,
    ``num_train, num_test``; rows of a series that has a verdict.
    """
    if series.verdict is None:
        raise ValueError("there is no mean before two splits count")
    named = {f"Mean of {len(series.verdicts)} splits": series.verdict}
    named |= {f"Split {place}": verdict for place, verdict in series.verdicts.items()}
    return pd.DataFrame(
        {
            "pair": name,
            "difference": one.difference,
            "low": one.ci95[0],
            "high": one.ci95[1],
            "num_seeds": one.num_seeds,
            "num_train": one.train_size,
            "num_test": one.num_examples,
        }
        for name, one in named.items()
    )


def split_numbers(rows: pd.DataFrame) -> pd.DataFrame:
    """List the splits as a person reads them; ``rows`` are what `split_rows` returns."""
    return pd.DataFrame(
        {
            "Split": rows["pair"],
            "Difference, points": rows["difference"].map(as_points),
            "95% interval from": rows["low"].map(as_points),
            "to": rows["high"].map(as_points),
            "Seeds": rows["num_seeds"],
            "Training examples": rows["num_train"],
            "Test examples": rows["num_test"],
        }
    )
