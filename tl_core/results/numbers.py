"""The numbers behind each figure, as a person reads them: named columns, percent and points, seeds and n."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tl_core.charts.learning_curves import kept_means
from tl_core.evaluation.wording import METRIC_WORDS
from tl_core.results.agreement import Agreement, Cell
from tl_core.results.comparison import ExperimentResults

MAX_DECIMALS = 1

_METHOD_WORDS = {
    "crossed_random_effects": "crossed random effects over seeds and examples",
    "examples_t": "paired t over test examples",
    "exact_bound": "exact bound",
}
_X_WORDS = {
    "train_s": "Training seconds",
    "step": "Steps",
    "examples_seen": "Training examples seen",
    "energy_wh": "Energy of training, Wh",
}
_ENERGY_DECIMALS = 4
_Y_WORDS = {"accuracy": "accuracy, %", "macro_f1": "macro-F1, %", "loss": "loss, nats"}


def overview_numbers(
    results: ExperimentResults, train_size: int, arm_names: Mapping[str, str]
) -> pd.DataFrame:
    """List every arm's mean on test with its interval, the best first."""
    metric = METRIC_WORDS[results.experiment.headline_metric]
    summaries = [summary for (_, size), summary in results.summaries.items() if size == train_size]
    rows = [
        {
            "Arm": arm_names[summary.arm],
            f"Mean test {metric}, %": _percent(summary.mean),
            "95% interval from": _percent(summary.ci95[0]),
            "to": _percent(summary.ci95[1]),
            "Seeds": len(summary.seeds),
            "Test examples": summary.num_examples,
        }
        for summary in sorted(summaries, key=lambda summary: summary.mean, reverse=True)
    ]
    return pd.DataFrame(rows)


def learning_curve_numbers(
    points: pd.DataFrame, x: str, y: str, arm_names: Mapping[str, str]
) -> pd.DataFrame:
    """List the evaluations that `charts.learning_curves` draws, and the value that it writes at a line's end.

    Parameters
    ----------
    points
        What `comparison.curve_points` returns.
    x, y
        The columns that are drawn.
    arm_names
        Display names by arm name.
    """

    def write(values: pd.Series) -> pd.Series:
        return values.round(3) if y == "loss" else values.map(_percent, na_action="ignore")

    kept: dict[str, Any] = {}
    if points["is_kept"].any():
        means = points["arm"].map(kept_means(points, y)).astype(float)
        kept = {
            "Weights kept": points["is_kept"].map({True: "yes", False: ""}),
            f"Mean of the kept, {_Y_WORDS[y]}": write(means),
        }
    return pd.DataFrame(
        {
            "Arm": points["arm"].map(arm_names),
            "Seed": points["seed"],
            _X_WORDS[x]: points[x].round(_ENERGY_DECIMALS if x == "energy_wh" else 1),
            f"Validation {_Y_WORDS[y]}": write(points[y]),
            **kept,
            "Validation examples": points["num_examples"],
        }
    )


def agreement_numbers(agreement: Agreement, arm_names: Mapping[str, str]) -> pd.DataFrame:
    """List how many answers lie in each cell."""
    a, b = arm_names[agreement.a.arm], arm_names[agreement.b.arm]
    names = {Cell.BOTH: "both", Cell.ONLY_A: f"only {a}", Cell.ONLY_B: f"only {b}", Cell.NEITHER: "neither"}
    return pd.DataFrame(
        {
            "Who is right on test": list(names.values()),
            "Answers": [int(agreement.is_in[cell].sum()) for cell in names],
            "Share, %": [_percent(agreement.share(cell)) for cell in names],
            "Test examples": agreement.a.num_examples,
            "Seeds": agreement.a.num_seeds,
        }
    )


def class_numbers(rows: pd.DataFrame, a: str, b: str, num_seeds: int) -> pd.DataFrame:
    """List the F1 of two arms by class.

    Parameters
    ----------
    rows
        What `tables.class_rows` returns.
    a, b
        Display names of the arms.
    num_seeds
        Seeds over which the values are means.
    """
    return pd.DataFrame(
        {
            "Class": rows["label"],
            f"F1 on test of {a}, %": rows["value_a"].map(_percent),
            f"of {b}, %": rows["value_b"].map(_percent),
            "Difference, points": rows["difference"].map(_percent),
            "Test examples": rows["support"],
            "Seeds": num_seeds,
        }
    )


def confusion_numbers(
    matrix: NDArray[np.float64], class_names: Sequence[str], num_seeds: int
) -> pd.DataFrame:
    """List which share of each true class was taken for which class.

    Parameters
    ----------
    matrix
        Test examples, means over seeds, ``(num_labels, num_labels)``: a row is a true class.
    """
    sizes = matrix.sum(axis=1)
    shares = np.divide(matrix, sizes[:, None], out=np.zeros_like(matrix), where=sizes[:, None] > 0)
    columns: dict[str, Any] = {"True class": list(class_names)}
    columns |= {f"taken for {name}, %": (100 * shares[:, i]).round(1) for i, name in enumerate(class_names)}
    return pd.DataFrame(columns | {"Test examples": sizes.round().astype(int), "Seeds": num_seeds})


def confusion_difference_numbers(
    a: NDArray[np.float64], b: NDArray[np.float64], class_names: Sequence[str], num_seeds: int
) -> pd.DataFrame:
    """List by how many points of each true class two arms' answers differ, a minus b."""
    sizes = np.where(a.sum(axis=1) > 0, a.sum(axis=1), 1)[:, None]
    gaps = (100 * (a - b) / sizes).round(MAX_DECIMALS) + 0.0
    columns: dict[str, Any] = {"True class": list(class_names)}
    columns |= {f"taken for {name}, points": gaps[:, i] for i, name in enumerate(class_names)}
    return pd.DataFrame(columns | {"Test examples": a.sum(axis=1).round().astype(int), "Seeds": num_seeds})


def mistake_numbers(rows: pd.DataFrame, a: str, b: str, num_seeds: int) -> pd.DataFrame:
    """List the mistakes of two arms.

    Parameters
    ----------
    rows
        What `tables.mistake_rows` returns.
    a, b
        Display names of the arms.
    num_seeds
        Seeds over which the values are means.
    """
    return pd.DataFrame(
        {
            "True class": rows["true"],
            "taken for": rows["predicted"],
            f"{a}, % of the class": rows["value_a"].map(_percent),
            f"{b}, % of the class": rows["value_b"].map(_percent),
            "Difference, points": rows["difference"].map(_percent),
            "Test examples": rows["support"],
            "Seeds": num_seeds,
        }
    )


def setting_numbers(table: pd.DataFrame, a: str, b: str) -> pd.DataFrame:
    """Name the columns of the settings in which two arms differ.

    Parameters
    ----------
    table
        ``table`` of `configuration.setting_differences`.
    a, b
        Display names of the arms.
    """
    return table.set_axis(["Setting", a, b], axis=1)


def pair_numbers(rows: pd.DataFrame) -> pd.DataFrame:
    """List the verdict of every pair with its proof.

    Parameters
    ----------
    rows
        What `tables.verdict_rows` returns.
    """
    return pd.DataFrame(
        {
            "Verdict on test": rows["sentence"],
            "Difference, points": rows["difference"].map(_points),
            "95% interval from": rows["low"].map(_points),
            "to": rows["high"].map(_points),
            "p-value": rows["p_value"].map(_p_value),
            "Corrected p (Holm)": rows["p_holm"].map(_p_value),
            "Detectable, points": rows["detectable"].map(_points, na_action="ignore"),
            "Exact McNemar p by seed": [", ".join(map(_p_value, values)) for values in rows["mcnemar"]],
            "Method": rows["method"].map(_METHOD_WORDS),
            "Seeds": rows["num_seeds"],
            "Test examples": rows["num_examples"],
        }
    )


def answer_numbers(rows: pd.DataFrame, arm_names: Mapping[str, str]) -> pd.DataFrame:
    """List what each arm answered to one text.

    Parameters
    ----------
    rows
        Columns ``arm, label, probability``.
    arm_names
        Display names by arm name.
    """
    by_arm = rows.pivot(index="arm", columns="label", values="probability").reindex(rows["arm"].unique())
    shares = {f"{label}, %": by_arm[label].map(_percent).to_numpy() for label in rows["label"].unique()}
    return pd.DataFrame({"Arm": [arm_names[arm] for arm in by_arm.index], **shares})


def label_numbers(label_counts: Mapping[str, int]) -> pd.DataFrame:
    """List how many rows of a predicted file have each label."""
    total = sum(label_counts.values()) or 1
    return pd.DataFrame(
        {
            "Predicted label": list(label_counts),
            "Rows": list(label_counts.values()),
            "Share, %": [_percent(count / total) for count in label_counts.values()],
        }
    )


def _percent(fraction: float) -> float:
    return round(100 * fraction, MAX_DECIMALS)


def _points(fraction: float) -> float:
    """Keep two digits, lest an interval that excludes zero seem to end there."""
    return round(100 * fraction, MAX_DECIMALS + 1)


def _p_value(value: float) -> str:
    return f"{value:.3f}" if value >= 0.001 else "< 0.001"
