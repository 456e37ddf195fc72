"""The few numbers that stand beside a result: the best model, the plain baseline, time, and confidence."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tl_core.evaluation.wording import METRIC_WORDS, amounts, flag_reservations, spoken_names
from tl_core.results.comparison import ExperimentResults, validation_means
from tl_core.results.time_to_accuracy import (
    factor_words,
    find_time_to_accuracy,
    pace_of,
    seconds_words,
)
from tl_core.schema import Arm, Status, Verdict


@dataclass(frozen=True, kw_only=True)
class Highlight:
    """One number: what it is, its value as it is shown, and what it means. Nothing is escaped."""

    name: str
    value: str
    note: str


def find_highlights(
    results: ExperimentResults, verdict: Verdict, curves: pd.DataFrame
) -> Sequence[Highlight]:
    """List what is known beside a verdict, at most four; each is about its train size.

    Parameters
    ----------
    curves
        What `curves.curve_points` returns, of the verdict's train size.
    """
    names = spoken_names(results.titles)
    found = [
        _best(results, verdict, names),
        _plain_baseline(results, verdict, names),
        _time(results, verdict, curves, names),
        _confidence(results, verdict, names),
    ]
    return [one for one in found if one is not None]


def best_on_validation(results: ExperimentResults, train_size: int) -> str | None:
    """Name the arm whose runs are best on validation, on average; None before one has finished."""
    means = validation_means(results, train_size)
    return max(means, key=means.__getitem__, default=None)


def _best(results: ExperimentResults, verdict: Verdict, names: dict[str, str]) -> Highlight | None:
    """Say what the model that is best on validation reaches on test."""
    metric, best = results.experiment.headline_metric, best_on_validation(results, verdict.train_size)
    if best is None:
        return None
    summary = results.summaries[best, verdict.train_size]
    low, high = (f"{100 * end:.1f}" for end in summary.ci95)
    return Highlight(
        name="Best model",
        value=f"{100 * summary.mean:.1f}%",
        note=f"{names[best]}, chosen on validation. "
        f"Test {METRIC_WORDS[metric]}, 95% interval {low} to {high}."
        + _but(flag_reservations(results.flags[best, verdict.train_size], names), verdict),
    )


def _plain_baseline(results: ExperimentResults, verdict: Verdict, names: dict[str, str]) -> Highlight | None:
    """Hold the verdict's first arm against TF-IDF, where neither the verdict nor its second clause does."""
    if f"{names[verdict.a]} against" in verdict.beside:
        return None
    about = [one for one in results.verdicts if (one.a, one.train_size) == (verdict.a, verdict.train_size)]
    one = next((one for one in about if Arm.parse(one.b).kind.is_baseline and one.b != verdict.b), None)
    if one is None:
        return None
    size, low, high = amounts(one.metric, one.difference, *one.ci95)
    return Highlight(
        name=f"{names[one.a]} against {names[one.b]}",
        value=f"{'+' if one.difference > 0 else ''}{size} points" if one.is_difference else "Not clear",
        note=f"95% interval {low} to {high} points.{_but(one.reservations, verdict)}",
    )


def _but(reservations: Sequence[Status], verdict: Verdict) -> str:
    """Say the worst that weakens a number, unless the verdict beside it says so itself."""
    if not reservations:
        return ""
    worst = reservations[0]
    told = {(one.code, arm) for one in verdict.reservations for arm in one.arms or [""]}
    is_told = {(worst.code, arm) for arm in worst.arms} <= told if worst.arms else (worst.code, "") in told
    is_of_pair = worst.code in ("not_corrected", "within_margin")
    return "" if is_told and not is_of_pair else f" {worst.words}."


def _time(
    results: ExperimentResults, verdict: Verdict, curves: pd.DataFrame, names: dict[str, str]
) -> Highlight | None:
    """Say how much sooner the first arm was as good on validation as the second at its best."""
    found = find_time_to_accuracy(curves, verdict.a, verdict.b, results.experiment.headline_metric)
    if found is None or not found.median_b:  # that one never rose above its start
        return None
    name = "Time to the same score"
    if found.median_a is None:
        return Highlight(
            name=name,
            value="Never reached",
            note=f"{names[verdict.a]} stayed below {names[verdict.b]}'s best score on validation.",
        )
    pace, factor = pace_of(found), found.factor
    if factor is not None and not factor.is_clear:
        pace = "not clear"
    is_one = len(found.seeds) == 1
    rests_on = f"; {factor_words(factor)}" if factor is not None else ""
    rests_on += ", one seed" if is_one else f", {len(found.seeds)} seeds"
    return Highlight(
        name=name,
        value=f"{pace[0].upper()}{pace[1:]}",
        note=f"{'' if is_one else 'Median '}{seconds_words(found.median_a)} instead of "
        f"{seconds_words(found.median_b)}{rests_on}.",
    )


def _confidence(results: ExperimentResults, verdict: Verdict, names: dict[str, str]) -> Highlight:
    """Hold what the first arm says of its answers against how often they are right."""
    tests = [run.test for run in results.runs_of(verdict.a, verdict.train_size)]
    says, is_right = np.mean([(one.confidence, one.accuracy) for one in tests], axis=0)
    return Highlight(
        name=f"Confidence of {names[verdict.a]}",
        value=f"{100 * says:.0f}% sure",
        note=f"{100 * is_right:.0f}% right on test.",
    )
