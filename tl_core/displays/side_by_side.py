"""Which of these runs is better? Groups of runs on one split, as displays."""

from dataclasses import replace
from statistics import median

import pandas as pd

from tl_core.charts import Theme, arms_overview, difference_interval, learning_curves, per_class_difference
from tl_core.charts.colors import ArmStyle
from tl_core.charts.groups import group_styles
from tl_core.charts.learning_curves import XAxis, YAxis
from tl_core.displays.classes import gain_numbers, limits_of, tell
from tl_core.displays.display import Display
from tl_core.displays.learning_curves import KEPT, curve_numbers
from tl_core.displays.words import as_percent, as_points, count_groups, over_seeds, p_value
from tl_core.evaluation.by_class import class_gains
from tl_core.evaluation.wording import METRIC_WORDS, pairs_words
from tl_core.results.by_class import gain_rows
from tl_core.results.curves import curve_points
from tl_core.results.fairness import BUDGET_WORDS
from tl_core.results.side_by_side import SideBySide

_NONE = "–"


def display_groups(comparison: SideBySide) -> Display:
    """Show every group's runs, mean and interval on test."""
    return Display(
        key="side_groups",
        frame=_group_numbers(comparison),
        draw=lambda theme: arms_overview(
            group_values(comparison),
            group_means(comparison),
            _styles(comparison, theme),
            metric=comparison.metric,
            floor=comparison.floor,
            theme=theme,
        ),
        budget=_budget(comparison),
    )


def display_pairs(comparison: SideBySide, reference: str) -> Display:
    """Show every other group minus the reference; the numbers hold every pair."""
    frame = _verdict_numbers(comparison)
    of_many = pairs_words(list(comparison.verdicts.values()))
    return Display(
        key="side_pairs",
        frame=frame,
        draw=lambda theme: difference_interval(difference_rows(comparison, reference), theme=theme),
        limits=f"Hollow marks: the interval contains zero. {of_many}".strip(),
        budget=_budget(comparison),
    )


def display_curves(comparison: SideBySide, x: XAxis, floor: float | None) -> Display:
    """Show the validation curves of all groups over each other.

    Parameters
    ----------
    floor
        Value on validation of always answering the largest class (fraction); None if unknown.
    """
    points = group_curves(comparison)
    value: YAxis = comparison.metric.value
    return Display(
        key="side_curves",
        frame=curve_numbers(points, x, value, comparison.labels) if len(points) else None,
        draw=lambda theme: learning_curves(
            points, _styles(comparison, theme), x=x, y=value, floor=floor, theme=theme
        ),
        limits=KEPT,
        budget=_budget(comparison),
    )


def display_classes(comparison: SideBySide, a: str, b: str) -> Display:
    """Show gains and losses by class of one group against another, over the seeds that both have."""
    rows = class_rows(comparison, a, b)
    num_seeds = comparison.verdicts[a, b].num_seeds
    return Display(
        key="side_classes",
        frame=gain_numbers(rows, comparison.labels[a], comparison.labels[b]).assign(Seeds=num_seeds),
        draw=lambda theme: per_class_difference(
            rows, *(_styles(comparison, theme)[key] for key in (a, b)), theme=theme
        ),
        sentence=tell(rows),
        limits=limits_of(rows, over_seeds(num_seeds)),
        budget=_budget(comparison),
    )


def _styles(comparison: SideBySide, theme: Theme) -> dict[str, ArmStyle]:
    return group_styles(comparison.labels, theme)


def _budget(comparison: SideBySide) -> str:
    """Name the rules by which the groups' networks trained."""
    rules = {run.config.training.budget for run in comparison.runs if run.config.arm.kind.is_whole}
    return " in some, ".join(words for rule, words in BUDGET_WORDS.items() if rule in rules) + (
        " in others" if len(rules) > 1 else ""
    )


def group_values(comparison: SideBySide) -> pd.DataFrame:
    """List every run's value on test: columns ``arm`` (the group's key), ``seed``, ``value`` (fraction)."""
    rows = [
        (group.key, run.config.seed, value)
        for group in comparison.groups
        for run, value in zip(group.runs, comparison.summaries[group.key].values, strict=False)
    ]
    return pd.DataFrame(rows, columns=["arm", "seed", "value"])


def group_means(comparison: SideBySide) -> pd.DataFrame:
    """List every group's mean on test with its interval: columns ``arm, mean, low, high`` (fractions)."""
    rows = [(one.arm, one.mean, *one.ci95) for one in comparison.summaries.values()]
    return pd.DataFrame(rows, columns=["arm", "mean", "low", "high"])


def _group_numbers(comparison: SideBySide) -> pd.DataFrame:
    """List every group with mean, interval, seeds, time and runs."""
    metric = METRIC_WORDS[comparison.metric]
    rows = []
    for group in comparison.groups:
        summary = comparison.summaries[group.key]
        seconds = [run.record.train_s for run in group.runs if run.record.train_s is not None]
        rows.append(
            {
                "Model": group.label,
                f"Mean test {metric}, %": as_percent(summary.mean),
                "95% interval from": as_percent(summary.ci95[0]),
                "to": as_percent(summary.ci95[1]),
                "Seeds": len(group.runs),
                "Test examples": summary.num_examples,
                "Training, median seconds": round(median(seconds), 1) if seconds else None,
                "Runs": ", ".join(run.config.run_id for run in group.runs),
            }
        )
    counts = [comparison.summaries[group.key].num_groups for group in comparison.groups]
    return count_groups(pd.DataFrame(rows), counts)


def difference_rows(comparison: SideBySide, reference: str) -> pd.DataFrame:
    """List every other group minus the reference, for `charts.difference_interval`.

    Returns
    -------
    Columns ``pair, difference, low, high`` (fractions); groups without a seed of the reference have no row.
    """
    names = comparison.names
    verdicts = [comparison.verdicts.get((group.key, reference)) for group in comparison.groups]
    rows = [
        (f"{names[verdict.a]} − {names[verdict.b]}", verdict.difference, *verdict.ci95)
        for verdict in verdicts
        if verdict is not None
    ]
    return pd.DataFrame(rows, columns=["pair", "difference", "low", "high"])


def _verdict_numbers(comparison: SideBySide) -> pd.DataFrame:
    """List the verdict on every pair of groups, each once."""
    names = comparison.names
    verdicts = [comparison.verdicts[pair] for pair in comparison.pairs if pair in comparison.verdicts]
    rows = [
        {
            "Pair": f"{names[verdict.a]} − {names[verdict.b]}",
            "Difference, points": as_points(verdict.difference),
            "95% interval from": as_points(verdict.ci95[0]),
            "to": as_points(verdict.ci95[1]),
            "p-value": p_value(verdict.p_value),
            "Corrected p": "main pair" if verdict.p_corrected is None else p_value(verdict.p_corrected),
            "Seeds": verdict.num_seeds,
            "Test examples": verdict.num_examples,
            "Result on test": verdict.sentence,
        }
        for verdict in verdicts
    ]
    return count_groups(pd.DataFrame(rows), [verdict.num_groups for verdict in verdicts])


def unpaired(comparison: SideBySide) -> list[tuple[str, str]]:
    """Name the pairs of groups that share no seed, so that there is no verdict on them."""
    names = comparison.names
    known = comparison.verdicts.keys() | comparison.refusals.keys()
    return [(names[a], names[b]) for a, b in comparison.pairs if (a, b) not in known]


def setting_rows(comparison: SideBySide) -> pd.DataFrame:
    """List the settings in which groups differ: one row a group, and a column a setting."""
    columns = {"Model": [group.name for group in comparison.groups]}
    for name in comparison.groups[0].settings:
        values = [group.settings[name] for group in comparison.groups]
        if len(set(filter(None, values))) > 1:
            columns[name.capitalize()] = [value or _NONE for value in values]
    return pd.DataFrame(columns)


def class_rows(comparison: SideBySide, a: str, b: str) -> pd.DataFrame:
    """Compare two groups that have a verdict class by class, as `by_class.gain_rows` does."""
    one, other = comparison.predictions[a], comparison.predictions[b]
    gains = class_gains(one, replace(other, train_size=one.train_size))
    return gain_rows(gains, comparison.class_names)


def group_curves(comparison: SideBySide) -> pd.DataFrame:
    """List the validation evaluations of every group but the floor, as `curves.curve_points` does.

    The column ``arm`` holds the group's key.
    """
    points = curve_points((run.config, run.events) for run in comparison.runs)
    keys = {
        run.config.run_id: group.key
        for group in comparison.groups
        if not group.kind.is_floor
        for run in group.runs
    }
    own = points.loc[points["run_id"].isin(keys)]
    return own.assign(arm=own["run_id"].map(keys)).reset_index(drop=True)
