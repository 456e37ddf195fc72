"""What is taken for what? The confusion matrices of two models, and where they differ."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tl_core.charts import confusion_difference, confusion_matrix
from tl_core.displays.display import Display, Subject
from tl_core.displays.words import as_percent, over_seeds, percent, quoted
from tl_core.results.by_class import mean_confusions, mistake_rows, row_shares

READING = "Each row is a true class and adds up to 100%. Everything off the diagonal is a mistake."


def display_arm(subject: Subject, arm: str) -> Display:
    """Show what one arm of the pair takes for what."""
    of_a, of_b = mean_confusions(subject.results, *subject.pair, subject.train_size)
    matrix = of_a if arm == subject.verdict.a else of_b
    labels, num_seeds = subject.results.experiment.labels, subject.verdict.num_seeds
    return Display(
        key=f"confusion_{arm}",
        frame=matrix_numbers(matrix, labels, num_seeds),
        draw=lambda theme: confusion_matrix(matrix, labels, subject.styles(theme)[arm], theme=theme),
        limits=f"Shares of the true class on test, {over_seeds(num_seeds)}. {READING}",
        budget=subject.budget,
    )


def display_difference(subject: Subject) -> Display:
    """Show where two arms take classes for one another unequally often."""
    a, b = mean_confusions(subject.results, *subject.pair, subject.train_size)
    labels, num_seeds = subject.results.experiment.labels, subject.verdict.num_seeds
    names = [subject.names[arm] for arm in subject.pair]
    return Display(
        key="confusion_difference",
        frame=difference_numbers(a, b, labels, num_seeds),
        draw=lambda theme: confusion_difference(
            a, b, labels, *(subject.styles(theme)[arm] for arm in subject.pair), theme=theme
        ),
        sentence=tell(a, b, labels, names),
        limits=f"Points of the true class on test, {names[0]} minus {names[1]}, {over_seeds(num_seeds)}. "
        "A row is a true class; what lies off the diagonal is wrong.",
        budget=subject.budget,
    )


def mistake_numbers(subject: Subject) -> pd.DataFrame:
    """List the mistakes of the pair, those first in which the two differ most."""
    matrices = mean_confusions(subject.results, *subject.pair, subject.train_size)
    rows = mistake_rows(*matrices, subject.results.experiment.labels)
    a, b = (subject.names[arm] for arm in subject.pair)
    return pd.DataFrame(
        {
            "True class": rows["true"],
            "taken for": rows["predicted"],
            f"{a}, % of the class": rows["value_a"].map(as_percent),
            f"{b}, % of the class": rows["value_b"].map(as_percent),
            "Difference, points": rows["difference"].map(as_percent),
            "Test examples": rows["support"],
            "Seeds": subject.verdict.num_seeds,
        }
    )


def matrix_numbers(matrix: NDArray[np.float64], labels: Sequence[str], num_seeds: int) -> pd.DataFrame:
    """List which share of each true class was taken for which class.

    Parameters
    ----------
    matrix
        Test examples, means over seeds, ``(num_labels, num_labels)``: a row is a true class.
    labels
        Class names in the order of their ids.
    """
    sizes = matrix.sum(axis=1)
    shares = (100 * np.nan_to_num(row_shares(matrix))).round(1)
    columns: dict[str, Any] = {"True class": list(labels)}
    columns |= {f"taken for {label}, %": shares[:, place] for place, label in enumerate(labels)}
    return pd.DataFrame(columns | {"Test examples": sizes.round().astype(int), "Seeds": num_seeds})


def difference_numbers(
    a: NDArray[np.float64], b: NDArray[np.float64], labels: Sequence[str], num_seeds: int
) -> pd.DataFrame:
    """List by how many points of each true class two arms' answers differ, a minus b."""
    sizes = np.where(a.sum(axis=1) > 0, a.sum(axis=1), 1)[:, None]
    gaps = (100 * (a - b) / sizes).round(1) + 0.0
    columns: dict[str, Any] = {"True class": list(labels)}
    columns |= {f"taken for {label}, points": gaps[:, place] for place, label in enumerate(labels)}
    return pd.DataFrame(columns | {"Test examples": a.sum(axis=1).round().astype(int), "Seeds": num_seeds})


def tell(a: NDArray[np.float64], b: NDArray[np.float64], labels: Sequence[str], names: Sequence[str]) -> str:
    """Say which mistake the two arms make most unequally.

    Parameters
    ----------
    a, b
        Mean confusion matrices of the two arms, ``(num_labels, num_labels)``.
    labels
        Class names in the order of their ids.
    names
        Display names of the two arms.
    """
    of_a, of_b = row_shares(a), row_shares(b)
    gaps = np.nan_to_num(of_a - of_b)
    np.fill_diagonal(gaps, 0)
    true, predicted = divmod(int(np.abs(gaps).argmax()), len(labels))
    if round(gaps[true, predicted], 3) == 0:
        return "Both make the same mistakes equally often."
    return (
        f"The mistake that changes most: {quoted(labels[true])} taken for {quoted(labels[predicted])}, "
        f"{percent(of_a[true, predicted])} with {names[0]} and {percent(of_b[true, predicted])} with "
        f"{names[1]}."
    )
