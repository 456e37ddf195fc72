"""The figures of a report, each with its numbers."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from pandas.api.typing import SeriesGroupBy

from tl_core.charts import (
    arms_overview,
    class_balance,
    confusion_matrix,
    difference_interval,
    learning_curves,
    per_class_difference,
    who_is_right,
)
from tl_core.charts.calibration import reliability_diagram
from tl_core.charts.data_efficiency import data_efficiency
from tl_core.charts.learning_curves import kept_values
from tl_core.evaluation.wording import METRIC_WORDS
from tl_core.export.report_parts import Shown, show
from tl_core.export.report_scene import Scene
from tl_core.results import calibration, numbers, tables
from tl_core.results.agreement import Cell, find_agreement
from tl_core.results.captions import with_flags
from tl_core.results.data_efficiency import curve_keys, find_data_efficiency, worth_numbers
from tl_core.results.pooled import mean_rows, seed_rows
from tl_core.schema import Metric

_MOST_SIDE_BY_SIDE = 4
"""Classes that two confusion matrices may have to stand side by side on paper."""


def figures(scene: Scene) -> dict[str, Any]:
    """Draw every figure, by the name that the template knows it by."""
    results, train_size = scene.results, scene.train_size
    overview = arms_overview(
        tables.seed_values(results, train_size),
        tables.arm_means(results, train_size),
        scene.styles,
        metric=results.experiment.headline_metric,
        floor=tables.floor_on_test(results),
    )
    means = numbers.overview_numbers(results, train_size, scene.arm_names)

    verdicts = tables.verdict_rows(results, train_size, scene.arm_names)
    written = numbers.pair_numbers(verdicts)
    alike = [name for name in ("Method", "Seeds", "Test examples") if written[name].nunique() == 1]
    note = "; ".join(f"{name.lower()}: {written[name].iloc[0]}" for name in alike)
    pairs = show(
        difference_interval(verdicts),
        written.drop(columns=alike),
        note=f"All pairs: {note}." if note else "",
        budget=scene.budget,
    )

    balance = None
    if scene.dataset is not None:
        counts = scene.dataset.label_counts
        classes = pd.DataFrame({"Class": list(counts), "Examples": list(counts.values())})
        balance = show(class_balance(counts), classes)
    return {
        "overview": show(overview, means, budget=scene.budget),
        "race": _learning_curves(scene),
        **_of_the_pair(scene),
        "calibration": _calibration(scene),
        "pairs": pairs,
        "efficiency": _efficiency(scene),
        "balance": balance,
    }


def _learning_curves(scene: Scene) -> Shown:
    metric = scene.results.experiment.headline_metric
    points = tables.learning_curve_points(scene.runs)
    counts = scene.dataset.label_counts if scene.dataset else {}
    figure = learning_curves(
        points,
        scene.styles,
        y=metric.value,
        floor=tables.floor_on_validation(scene.runs, counts, metric),
    )
    num_examples, num_validation = (
        int(points["num_examples"].max()),
        scene.results.experiment.split.validation,
    )
    seen = f"{num_examples:,}{f' of the {num_validation:,}' if num_examples < num_validation else ''}"
    return show(
        figure,
        learning_curve_means(points, metric, scene.arm_names),
        note=f"Validation {METRIC_WORDS[metric]} in %, mean over the seeds, lowest and highest seed, and "
        f"median training seconds; the last row is that of the weights which each run kept. "
        f"{seen} validation examples.",
        budget=scene.budget,
    )


def learning_curve_means(points: pd.DataFrame, metric: Metric, arm_names: Mapping[str, str]) -> pd.DataFrame:
    """List the evaluations of every arm by step, as means over its seeds: few enough rows for paper.

    The last row holds the values of the weights that the runs kept: the ends of the lines.

    Parameters
    ----------
    points
        What `comparison.curve_points` returns.
    arm_names
        Display names by arm name, in the order of the columns.
    """
    by_step = points.groupby(["step", "arm"])
    seen = _written(by_step[metric.value], by_step["train_s"].median())
    kept = _written(
        kept_values(points, metric.value).groupby("arm"),
        points.groupby(["arm", "run_id"])["train_s"].max().groupby("arm").median(),
    )
    table = seen.unstack("arm").rename(index="{:,}".format)
    table.loc["kept"] = kept
    by_arm = table.reindex(columns=[arm for arm in arm_names if arm in set(points["arm"])])
    written = by_arm.rename(columns=arm_names).fillna("").reset_index(names="Step")
    return written.rename_axis(columns=None)


def _written(values: SeriesGroupBy, seconds: pd.Series) -> pd.Series:
    """Write mean, lowest and highest of each group of fractions, with its training seconds."""
    found = 100 * values.agg(["mean", "min", "max"])
    words = [
        f"{row.mean:.1f} ({row.min:.1f} to {row.max:.1f}), {seconds[row.Index]:.1f} s"
        for row in found.itertuples()
    ]
    return pd.Series(words, index=found.index)


def _of_the_pair(scene: Scene) -> dict[str, Any]:
    """Hold the two arms of the verdict against each other: by class, by mistake, and answer by answer."""
    results, verdict, train_size = scene.results, scene.verdict, scene.train_size
    labels = results.experiment.labels
    a, b = scene.styles[verdict.a], scene.styles[verdict.b]
    rows = tables.class_rows(results, verdict.a, verdict.b, train_size)
    by_class = numbers.class_numbers(rows, a.label, b.label, verdict.num_seeds)
    classes = show(per_class_difference(rows, a, b), by_class, budget=scene.budget)

    matrices = tables.mean_confusions(results, verdict.a, verdict.b, train_size)
    confusions = []
    for style, matrix in zip((a, b), matrices, strict=True):
        table = numbers.confusion_numbers(matrix, labels, verdict.num_seeds)
        figure = confusion_matrix(matrix, labels, style)
        confusions.append(show(figure, table, title=style.label, budget=scene.budget))

    agreement = find_agreement(
        results.predictions[verdict.a, train_size], results.predictions[verdict.b, train_size]
    )
    by_cell = numbers.agreement_numbers(agreement, scene.arm_names)
    only_a, only_b = 100 * agreement.share(Cell.ONLY_A), 100 * agreement.share(Cell.ONLY_B)
    words = (
        f"Of {agreement.num_answers:,} answers only {a.label} has {only_a:.1f}% right and only {b.label} "
        f"{only_b:.1f}%; the rest cannot tell them apart."
    )
    return {
        "classes": classes,
        "confusions": confusions,
        "is_side_by_side": len(labels) <= _MOST_SIDE_BY_SIDE,
        "agreement": {
            "figure": show(who_is_right(agreement.counts, a, b), by_cell, budget=scene.budget),
            "words": with_flags(words, verdict.flags, scene.arm_names),
        },
    }


def _calibration(scene: Scene) -> dict[str, Any]:
    """Show what the two arms say of their own answers against how often they are right."""
    pair = [
        calibration.calibrate_arm(scene.results, arm, scene.train_size)
        for arm in (scene.verdict.a, scene.verdict.b)
    ]
    shown = []
    for one in pair:
        rows, errors = calibration.bin_rows(one), (one.mean("error"), one.mean("error", is_after=True))
        figure = reliability_diagram(rows, scene.styles[one.arm], temperature=one.temperature, errors=errors)
        shown.append(show(figure, calibration.bin_numbers(rows, len(one.runs))))
    return {
        "figures": shown,
        "words": calibration.calibration_caption(pair, scene.arm_names),
        "limits": calibration.calibration_limits(pair, scene.arm_names),
    }


def _efficiency(scene: Scene) -> Shown | None:
    """Draw the curves over labels with the distance between the first pair's; None with one train size."""
    experiment = scene.results.experiment
    pooled = scene.pooled
    worths = find_data_efficiency(pooled, scene.verdict.a, scene.verdict.b)
    if not worths:
        return None
    keys = curve_keys(pooled)
    figure = data_efficiency(
        seed_rows(pooled, keys),
        mean_rows(pooled, keys),
        scene.styles,
        metric=experiment.headline_metric,
        floor=pooled.floor,
        worth=worths[0],
    )
    return show(figure, worth_numbers(pooled, worths, scene.arm_names), budget=scene.budget)
