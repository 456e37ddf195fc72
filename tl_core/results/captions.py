"""What each figure shows, in one line computed from its numbers; labels in it are not escaped."""

import unicodedata
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tl_core.evaluation.flags import FLAG_WORDS
from tl_core.evaluation.wording import METRIC_WORDS
from tl_core.results.agreement import Agreement, Cell
from tl_core.results.comparison import ExperimentResults
from tl_core.results.tables import floor_on_test
from tl_core.schema import Flag

_NAMED_ARMS = 3
_LEFT_TO_RIGHT = "\u200e"


def with_flags(sentence: str, flags: Sequence[Flag], arm_names: Mapping[str, str]) -> str:
    """Name the flagged arms in the same sentence, lest one of them win or lose unnoticed.

    Parameters
    ----------
    arm_names
        Display names by arm name.
    """
    words: dict[str, list[str]] = {}
    for flag in flags:
        words.setdefault(arm_names[flag.arm], []).append(FLAG_WORDS[flag.code])
    if not sentence or not words:
        return sentence
    named = ", ".join(f"{label} ({', '.join(of_arm)})" for label, of_arm in words.items())
    return f"{sentence.removesuffix('.')}; flagged: {named}."


def overview_caption(results: ExperimentResults, train_size: int, arm_names: Mapping[str, str]) -> str:
    """Say which arm has the highest mean on test, and which are no better than the largest class."""
    found = [summary for (_, size), summary in results.summaries.items() if size == train_size]
    floor = floor_on_test(results)
    if not found or floor is None:
        return "No arm has finished yet."
    highest = max(summary.mean for summary in found)
    best: list[str] = []
    low: list[str] = []
    flags: list[Flag] = []
    for one in found:
        flags += results.flags[one.arm, train_size]
        if one.mean == highest:
            best.append(arm_names[one.arm])
        if one.mean <= floor and one.arm != "majority":
            low.append(arm_names[one.arm])

    has = "has" if len(best) == 1 else "share"
    metric = METRIC_WORDS[results.experiment.headline_metric]
    words = with_flags(
        f"{_listed(best)} {has} the highest mean test {metric}, {_percent(highest)}; "
        f"always answering the largest class has {_percent(floor)}.",
        flags,
        arm_names,
    )
    return f"{words} Not above that: {_listed(low)}." if low else words


def class_caption(rows: pd.DataFrame) -> str:
    """Say which class gains most and which loses most.

    Parameters
    ----------
    rows
        What `tables.class_rows` returns.
    """
    gaps = rows["difference"].round(3)
    if not gaps.any():
        return "No class gains or loses."
    best, worst = rows.loc[gaps.idxmax()], rows.loc[gaps.idxmin()]
    gains = f"{_quoted(best['label'])} gains most: {_points(best['difference'])} points"
    loses = f"{_quoted(worst['label'])} loses most: {_points(worst['difference'])} points"
    if gaps.max() <= 0:
        return f"No class gains; {loses}."
    if gaps.min() >= 0:
        return f"{gains}; no class loses."
    num_losing = int((gaps < 0).sum())
    also = "" if num_losing == 1 else f" ({num_losing} classes lose)"
    return f"{gains}; {loses}{also}."


def confusion_caption(
    a: NDArray[np.float64], b: NDArray[np.float64], class_names: Sequence[str], names: tuple[str, str]
) -> str:
    """Say which mistake the two arms make most unequally.

    Parameters
    ----------
    a, b
        Mean confusion matrices of the two arms, ``(num_labels, num_labels)``.
    class_names
        In the order of the class ids.
    names
        Display names of the two arms.
    """
    of_a, of_b = row_shares(a), row_shares(b)
    gaps = np.nan_to_num(of_a - of_b)
    np.fill_diagonal(gaps, 0)
    true, predicted = divmod(int(np.abs(gaps).argmax()), len(class_names))
    if round(gaps[true, predicted], 3) == 0:
        return "Both make the same mistakes equally often."
    return (
        f"The mistake that changes most: {_quoted(class_names[true])} taken for "
        f"{_quoted(class_names[predicted])}, "
        f"{_percent(of_a[true, predicted])} with {names[0]} and "
        f"{_percent(of_b[true, predicted])} with {names[1]}."
    )


def agreement_caption(agreement: Agreement, arm_names: Mapping[str, str]) -> str:
    """Say how often only one of two arms is right."""
    a, b = arm_names[agreement.a.arm], arm_names[agreement.b.arm]
    only_a, only_b = agreement.share(Cell.ONLY_A), agreement.share(Cell.ONLY_B)
    return (
        f"Of {agreement.num_answers:,} answers, only {a} has {_percent(only_a)} right and only {b} "
        f"{_percent(only_b)}; in accuracy they differ by these two alone."
    )


def pairs_caption(rows: pd.DataFrame, num_flagged: int = 0) -> str:
    """Say how many pairs show a difference, how many still once corrected, and how many are flagged.

    Parameters
    ----------
    rows
        What `tables.verdict_rows` returns.
    num_flagged
        Pairs with an arm that is flagged.
    """
    flagged = f"; in {num_flagged} an arm is flagged, as its verdict says" if num_flagged else ""
    num_shown = int(((rows["low"] > 0) | (rows["high"] < 0)).sum())
    if len(rows) == 1:
        return f"The interval {'excludes' if num_shown else 'holds'} zero{flagged}."
    num_left = int((rows["p_holm"] < 0.05).sum())
    left = (
        f"; corrected for the number of pairs (Holm), a difference stands in {num_left}" if num_shown else ""
    )
    return f"In {num_shown} of {len(rows)} pairs the interval excludes zero{left}{flagged}."


def row_shares(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn counts into shares of the true class, row by row; a row without examples becomes NaN."""
    sizes = matrix.sum(axis=1, keepdims=True)
    shares: NDArray[np.float64] = np.divide(matrix, sizes, out=np.full(matrix.shape, np.nan), where=sizes > 0)
    return shares


def _quoted(name: str) -> str:
    """Quote a class name; marks keep one that is written from the right from reordering what follows."""
    is_from_right = any(unicodedata.bidirectional(one) in ("R", "AL") for one in name)
    mark = _LEFT_TO_RIGHT if is_from_right else ""
    return f"{mark}‘{name}’{mark}"


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.1f}%"


def _points(fraction: float) -> str:
    return f"{abs(100 * fraction):.1f}"


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - _NAMED_ARMS
    *first, last = [*names[:_NAMED_ARMS], f"{rest} more"] if rest > 0 else names
    return f"{', '.join(first)} and {last}" if first else last
