"""How right is it when it may skip hard texts? Accuracy over the share of the examples that are answered."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from tl_core.charts.selective_prediction import coverage_curves
from tl_core.displays.display import Display, Subject
from tl_core.displays.words import percent
from tl_core.evaluation.calibration import accuracy_by_coverage, area_under_risk
from tl_core.evaluation.wording import spoken_names
from tl_core.results.comparison import ExperimentResults, ranked

SHOWN_COVERAGE = 0.8
"""The coverage that the sentence speaks of."""
_MOST_POINTS = 200
_FEWEST_SHOWN = 0.05


def display(subject: Subject) -> Display:
    """Show every arm, answering from the examples it is surest of to all of them."""
    rows = coverage_rows(subject.results, subject.train_size)
    return Display(
        key="coverage",
        frame=coverage_numbers(rows, subject.names),
        draw=lambda theme: coverage_curves(rows, subject.styles(theme), theme=theme),
        sentence=tell(rows, subject.pair, spoken_names(subject.results.titles)),
        limits=(
            "The surest examples are picked on test itself, so don't take a threshold from them: choose it "
            "on other examples. Probabilities are as trained. The left end rests on few answers."
        ),
        budget=subject.budget,
    )


def coverage_rows(results: ExperimentResults, train_size: int) -> pd.DataFrame:
    """List the accuracy of every arm on its most confident answers.

    The smallest shares, of a handful of answers, are left out, and long curves are thinned.

    Returns
    -------
    Columns ``arm``, ``coverage`` (share of the test examples that are answered), ``num_answered``,
    ``accuracy`` (mean over seeds), ``low``, ``high`` (lowest and highest seed; fractions), ``num_seeds`` and
    ``area`` (mean error over all coverages and seeds).
    """
    parts = []
    for arm in ranked(results.experiment.arms):
        runs = results.runs_of(arm.name, train_size)
        if not runs:
            continue
        accuracies = accuracy_by_coverage(runs[0].targets, np.stack([run.logits for run in runs]))
        num_examples = accuracies.shape[1]
        first = int(np.ceil(_FEWEST_SHOWN * num_examples)) - 1
        num_points = min(_MOST_POINTS, num_examples - first)
        shown = np.linspace(first, num_examples - 1, num_points).round().astype(np.int64)
        parts.append(
            pd.DataFrame(
                {
                    "arm": arm.name,
                    "coverage": (shown + 1) / num_examples,
                    "num_answered": shown + 1,
                    "accuracy": accuracies.mean(axis=0)[shown],
                    "low": accuracies.min(axis=0)[shown],
                    "high": accuracies.max(axis=0)[shown],
                    "num_seeds": len(runs),
                    "area": float(area_under_risk(accuracies).mean()),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def coverage_numbers(rows: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """List what `coverage_rows` returns at every tenth of coverage, with display names by arm name."""
    tenths = np.arange(1, 11) / 10
    picked = [
        of_arm.iloc[np.abs(of_arm["coverage"].to_numpy()[:, None] - tenths).argmin(axis=0)].drop_duplicates()
        for _, of_arm in rows.groupby("arm", sort=False)
    ]
    table = pd.concat(picked, ignore_index=True)
    return pd.DataFrame(
        {
            "Model": table["arm"].map(names),
            "Answered, %": (100 * table["coverage"]).round(1),
            "Test examples answered": table["num_answered"],
            "Right on test, mean, %": (100 * table["accuracy"]).round(1),
            "lowest seed, %": (100 * table["low"]).round(1),
            "highest seed, %": (100 * table["high"]).round(1),
            "Mean error over all shares, %": (100 * table["area"]).round(1),
            "Seeds": table["num_seeds"],
        }
    )


def tell(rows: pd.DataFrame, arms: Sequence[str], names: Mapping[str, str]) -> str:
    """Say what some arms gain if they skip the examples they are least sure of.

    Parameters
    ----------
    rows
        What `coverage_rows` returns.
    names
        The arms in a sentence, by arm name.
    """
    gains, share = [], 0.0
    for arm in arms:
        of_arm = rows.loc[rows["arm"] == arm]
        surest = of_arm.iloc[int((of_arm["coverage"] - SHOWN_COVERAGE).abs().argmin())]
        share, all_of_them = surest["coverage"], of_arm["accuracy"].iloc[-1]
        gains.append(
            f"{names[arm]} is right in {percent(surest['accuracy'])} instead of {percent(all_of_them)}"
        )
    return f"On the {100 * share:.0f}% of examples it is surest of, {' and '.join(gains)}."
