"""Two arms held against each other class by class, and mistake by mistake."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tl_core.evaluation.by_class import ClassGain, class_gains
from tl_core.evaluation.metrics import Counts, confusion_matrix
from tl_core.results.comparison import ExperimentResults


def class_rows(results: ExperimentResults, a: str, b: str, train_size: int) -> pd.DataFrame:
    """Compare two arms class by class, in means over the seeds that both have; see `gain_rows`."""
    arms = results.predictions[a, train_size], results.predictions[b, train_size]
    return gain_rows(class_gains(*arms), results.experiment.labels)


def gain_rows(gains: Sequence[ClassGain], class_names: Sequence[str]) -> pd.DataFrame:
    """List what each class gains.

    Parameters
    ----------
    class_names
        In the order of the class ids.

    Returns
    -------
    Columns ``label, difference`` (of F1, a minus b), ``low, high`` (the ends of its interval), ``value_a,
    value_b`` (all fractions), ``support`` (test examples); classes without a test example are left out.
    """
    rows = [
        (class_names[one.label_id], one.difference, one.low, one.high, one.value_a, one.value_b, one.support)
        for one in gains
    ]
    return pd.DataFrame(rows, columns=["label", "difference", "low", "high", "value_a", "value_b", "support"])


def mean_confusions(
    results: ExperimentResults, a: str, b: str, train_size: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Average the test confusion matrices of two arms over the seeds that both have.

    Returns
    -------
    Of a and of b, each ``(num_labels, num_labels)`` in test examples: a row is a true class.
    """
    of_a, of_b = (np.mean(by_seed, axis=0) for by_seed in _paired_confusions(results, a, b, train_size))
    return of_a, of_b


def mistake_rows(a: NDArray[np.float64], b: NDArray[np.float64], class_names: Sequence[str]) -> pd.DataFrame:
    """List every mistake that two arms make, those that they make most unequally first.

    Parameters
    ----------
    a, b
        Mean confusion matrices on the same test split, ``(num_labels, num_labels)``.
    class_names
        In the order of the class ids.

    Returns
    -------
    Columns ``true, predicted, value_a, value_b, difference`` (shares of the true class), ``support``.
    """
    support = a.sum(axis=1)
    sizes = np.where(support > 0, support, 1)[:, None]
    of_a, of_b = a / sizes, b / sizes
    is_mistake = (of_a + of_b > 0) & ~np.eye(len(a), dtype=bool)
    true, predicted = np.nonzero(is_mistake)
    names = np.array(class_names, dtype=object)
    table = pd.DataFrame(
        {
            "true": names[true],
            "predicted": names[predicted],
            "value_a": of_a[is_mistake],
            "value_b": of_b[is_mistake],
            "difference": (of_a - of_b)[is_mistake],
            "support": support[true].round().astype(int),
        }
    )
    return table.sort_values(
        "difference", key=lambda gap: gap.abs(), ascending=False, kind="stable", ignore_index=True
    )


def row_shares(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn counts into shares of the true class, row by row; a row without examples becomes NaN."""
    sizes = matrix.sum(axis=1, keepdims=True)
    shares: NDArray[np.float64] = np.divide(matrix, sizes, out=np.full(matrix.shape, np.nan), where=sizes > 0)
    return shares


def _paired_confusions(
    results: ExperimentResults, a: str, b: str, train_size: int
) -> tuple[list[Counts], list[Counts]]:
    """Return two arms' confusion matrices on test, by seed, on the seeds that their verdict rests on."""
    arms = results.predictions[a, train_size], results.predictions[b, train_size]
    common = set(arms[0].seeds) & set(arms[1].seeds)
    of_a, of_b = (
        [
            confusion_matrix(arm.targets, predicted, arm.num_labels)
            for seed, predicted in zip(arm.seeds, arm.predicted, strict=True)
            if seed in common
        ]
        for arm in arms
    )
    return of_a, of_b
