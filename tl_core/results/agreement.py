"""On which test examples two arms are right, and what they answered there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

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


def examples_of(
    agreement: Agreement,
    cell: Cell | None = None,
    *,
    predicted: int | None = None,
    by: Literal["a", "b"] | None = None,
) -> pd.DataFrame:
    """List the examples that are meant for at least one seed, those of the most seeds first.

    Parameters
    ----------
    cell
        Where their answers lie; None for every test example.
    predicted
        Class id that the arm ``by`` answers, or either of the two where that is None; None for any answer.

    Returns
    -------
    Columns ``example_id``, ``target``, ``predicted_a`` and ``predicted_b`` (class ids; over several seeds
    the most frequent answer in those that are meant, the lower id in a tie), ``confidence_a`` and
    ``confidence_b`` (mean probability of that answer over these seeds, 0 to 1), ``gap`` (mean probability
    that a gives the target over these seeds, minus that of b; -1 to 1), ``num_seeds`` that are meant.
    """
    inside = np.ones_like(agreement.a.correct) if cell is None else agreement.is_in[cell]
    if predicted is not None:
        arms = [arm for side, arm in (("a", agreement.a), ("b", agreement.b)) if by in (side, None)]
        inside = inside & np.any([arm.predicted == predicted for arm in arms], axis=0)
    places = np.flatnonzero(inside.any(axis=0))
    inside, targets = inside[:, places], agreement.a.targets[places]
    num_seeds = inside.sum(axis=0)
    columns: dict[str, NDArray[Any]] = {}
    gap = np.zeros(len(places))
    for sign, side, arm in ((1, "a", agreement.a), (-1, "b", agreement.b)):
        shares = softmax(arm.logits[:, places], axis=-1)  # (num_seeds, num_places, num_labels)
        answers = _most_frequent(arm.predicted[:, places], inside, arm.num_labels)
        columns[f"predicted_{side}"] = answers
        columns[f"confidence_{side}"] = _mean_of(shares, answers, inside)
        gap += sign * _mean_of(shares, targets, inside)
    table = pd.DataFrame(
        {
            "example_id": agreement.a.example_ids[places],
            "target": targets,
            **columns,
            "gap": gap,
            "num_seeds": num_seeds,
        }
    )
    return table.sort_values("num_seeds", ascending=False, kind="stable", ignore_index=True)


def answers_to(predictions: Iterable[ArmPredictions], example_id: str) -> pd.DataFrame:
    """List what each arm answers to one test example, over all its seeds.

    Returns
    -------
    Columns ``arm``, ``predicted`` (class id; the most frequent answer, the lower id in a tie),
    ``num_agreeing`` seeds of ``num_seeds``, and of the probability of that answer over all seeds ``mean``,
    ``low`` and ``high`` (0 to 1). An arm that was not tested on the example is left out.
    """
    rows = []
    for arm in predictions:
        places = np.flatnonzero(arm.example_ids == example_id)
        if not len(places):
            continue
        every = softmax(arm.logits[:, places], axis=-1)  # (num_seeds, num_places, num_labels)
        for place, shares in zip(places, every.swapaxes(0, 1), strict=True):
            answers = arm.predicted[:, place]
            answer = int(np.bincount(answers).argmax())
            of_answer = shares[:, answer].astype(float)
            found = (int((answers == answer).sum()), arm.num_seeds)
            rows.append((arm.arm, answer, *found, of_answer.mean(), of_answer.min(), of_answer.max()))
    return pd.DataFrame(
        rows, columns=["arm", "predicted", "num_agreeing", "num_seeds", "mean", "low", "high"]
    )


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
    Columns ``text`` and all others of `examples_of`.
    """
    texts = texts_of(dataset) if dataset else {}
    names = dict(enumerate(labels))
    columns = {name: examples[name].map(names) for name in ("target", "predicted_a", "predicted_b")}
    text = [texts.get(example_id, example_id) for example_id in examples["example_id"]]
    kept = examples[["confidence_a", "confidence_b", "gap", "num_seeds", "example_id"]]
    return pd.DataFrame({"text": text, **columns}).join(kept)


def names_of(dataset: Dataset) -> dict[str, str]:
    """Return by its id how each example is written in a file: a text as it is, a picture by its name."""
    if not dataset.content.is_pictorial:
        return texts_of(dataset)
    return {one: dataset.content.preview([cell]) for one, cell in texts_of(dataset).items()}


def texts_of(dataset: Dataset) -> dict[str, str]:
    """Return each example's text by its id; two columns of texts stand beside each other."""
    shown = [text if isinstance(text, str) else " | ".join(text) for text in dataset.texts()]
    return dict(zip(dataset.example_ids(), shown, strict=True))


def _most_frequent(
    answers: NDArray[np.int32], inside: NDArray[np.bool_], num_labels: int
) -> NDArray[np.intp]:
    """Return the most frequent of the answers inside, ``(num_seeds, n)``, of each example, ``(n,)``."""
    votes = (answers[..., None] == np.arange(num_labels)) & inside[..., None]
    return np.asarray(votes.sum(axis=0).argmax(axis=-1), dtype=np.intp)


def _mean_of(
    shares: NDArray[np.floating[Any]], class_ids: NDArray[np.integer[Any]], inside: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Average the probability of a class of each example, ``(n,)``, over the seeds that are inside."""
    of_class = np.take_along_axis(shares, class_ids[None, :, None], axis=2)[..., 0].astype(np.float64)
    return np.asarray(np.average(of_class, axis=0, weights=inside), dtype=np.float64)
