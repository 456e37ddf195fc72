"""On which test examples two arms are right, and what they answered there."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import softmax

from tl_core.datasets.dataset import Dataset
from tl_core.evaluation.predictions import ArmPredictions, pair


class Cell(StrEnum):
    """Which of two arms answer an example rightly."""

    BOTH = "both"
    ONLY_A = "only_a"
    ONLY_B = "only_b"
    NEITHER = "neither"


@dataclass(frozen=True, kw_only=True, eq=False)
class Agreement:
    """Two arms on the same test examples, each seed of one against the same seed of the other.

    Attributes
    ----------
    a, b
        The arms, with the same seeds and examples in the same order.
    is_in
        For each cell, which answers lie in it, ``(num_seeds, num_examples)``.
    """

    a: ArmPredictions
    b: ArmPredictions
    is_in: dict[Cell, NDArray[np.bool_]]

    @property
    def num_answers(self) -> int:
        """Seeds x examples."""
        return self.a.num_seeds * self.a.num_examples

    @property
    def counts(self) -> NDArray[np.int64]:
        """Answers pooled over seeds, ``[[both, only a], [only b, neither]]``."""
        return np.array([self.is_in[cell].sum() for cell in Cell], dtype=np.int64).reshape(2, 2)

    def share(self, cell: Cell) -> float:
        """Fraction of the answers in a cell."""
        return float(self.is_in[cell].mean())


def find_agreement(a: ArmPredictions, b: ArmPredictions) -> Agreement:
    """Sort the answers of two arms into the four cells.

    Raises
    ------
    ComparisonError
        If the arms may not be compared (``predictions.pair``).
    """
    a, b = pair(a, b)
    cells = {
        Cell.BOTH: a.correct & b.correct,
        Cell.ONLY_A: a.correct & ~b.correct,
        Cell.ONLY_B: ~a.correct & b.correct,
        Cell.NEITHER: ~a.correct & ~b.correct,
    }
    return Agreement(a=a, b=b, is_in=cells)


def examples_of(agreement: Agreement, cell: Cell | None = None) -> pd.DataFrame:
    """List the examples that lie in a cell for at least one seed, those of the most seeds first.

    Parameters
    ----------
    cell
        None for every test example.

    Returns
    -------
    Columns ``example_id``, ``target``, ``predicted_a`` and ``predicted_b`` (class ids; over several seeds
    the most frequent answer within the cell, the lower id in a tie), ``confidence_a`` and ``confidence_b``
    (mean probability of that answer over the seeds in the cell, 0 to 1), ``num_seeds`` in the cell.
    """
    inside = np.ones_like(agreement.a.correct) if cell is None else agreement.is_in[cell]
    places = np.flatnonzero(inside.any(axis=0))
    columns: dict[str, Sequence[float]] = {}
    for side, arm in (("a", agreement.a), ("b", agreement.b)):
        shares = softmax(arm.logits, axis=-1)
        answers = [_most_frequent(arm.predicted[inside[:, at], at]) for at in places]
        columns[f"predicted_{side}"] = answers
        columns[f"confidence_{side}"] = [
            float(shares[inside[:, at], at, answer].mean())
            for at, answer in zip(places, answers, strict=True)
        ]
    table = pd.DataFrame(
        {
            "example_id": agreement.a.example_ids[places],
            "target": agreement.a.targets[places],
            **columns,
            "num_seeds": inside[:, places].sum(axis=0),
        }
    )
    return table.sort_values("num_seeds", ascending=False, kind="stable", ignore_index=True)


def with_words(examples: pd.DataFrame, labels: Sequence[str], dataset: Dataset | None) -> pd.DataFrame:
    """Put texts and class names in the place of ids.

    Parameters
    ----------
    examples
        What `examples_of` returns.
    labels
        Class names in the order of their ids.
    dataset
        Where the texts are; without it the example's id stands for its text.

    Returns
    -------
    Columns ``text`` and all others of `examples_of` but the id.
    """
    texts = texts_of(dataset) if dataset else {}
    names = dict(enumerate(labels))
    columns = {name: examples[name].map(names) for name in ("target", "predicted_a", "predicted_b")}
    text = [texts.get(example_id, example_id) for example_id in examples["example_id"]]
    kept = examples[["confidence_a", "confidence_b", "num_seeds"]]
    return pd.DataFrame({"text": text, **columns}).join(kept)


def texts_of(dataset: Dataset) -> dict[str, str]:
    """Return each example's text by its id; two columns of texts stand beside each other."""
    shown = [text if isinstance(text, str) else " | ".join(text) for text in dataset.texts()]
    return dict(zip(dataset.example_ids(), shown, strict=True))


def _most_frequent(class_ids: NDArray[np.intp]) -> int:
    return int(np.bincount(class_ids).argmax())
