"""How good is each model by other metrics? Every metric that fits the labels, and recall class by class."""

import pandas as pd

from tl_core.displays.display import Subject
from tl_core.displays.words import as_percent, percent, quoted
from tl_core.evaluation.wording import METRIC_WORDS, amounts
from tl_core.results.other_metrics import metric_rows, recall_rows
from tl_core.schema import AnyMetric, Metric, OtherMetric, are_ordered
from tl_core.words import capitalised

_METRICS: dict[str, AnyMetric] = {metric.value: metric for metric in (*Metric, *OtherMetric)}


def table(subject: Subject) -> pd.DataFrame:
    """Write each model's means on test with their 95% intervals in one row, a column for each metric."""
    rows = metric_rows(subject.results, subject.train_size)
    written = []
    for arm, own in rows.groupby("arm", sort=False):
        cells: dict[str, str | int] = {"Model": subject.names[str(arm)]}
        for row in own.itertuples():
            mean, low, high = amounts(_METRICS[str(row.metric)], row.mean, row.low, row.high)
            cells[_heading(str(row.metric))] = f"{mean} ({low} to {high})"
        written.append(cells | {"Seeds": int(own["num_seeds"].iloc[0])})
    return pd.DataFrame(written)


def numbers(subject: Subject) -> pd.DataFrame:
    """List the same with a row for each model and metric."""
    rows = metric_rows(subject.results, subject.train_size)
    in_classes = rows["metric"] == OtherMetric.MEAN_ABSOLUTE_ERROR.value
    values = {name: rows[name].map(as_percent).mask(in_classes, rows[name].round(3)) for name in _ENDS}
    return pd.DataFrame(
        {
            "Model": rows["arm"].map(subject.names),
            "Metric": rows["metric"].map(_heading),
            "Mean on test": values["mean"],
            "95% interval from": values["low"],
            "to": values["high"],
            "Seeds": rows["num_seeds"],
            "Test examples": rows["num_examples"],
        }
    )


def recall_numbers(subject: Subject) -> pd.DataFrame:
    """List every model's recall of every class."""
    rows = recall_rows(subject.results, subject.train_size)
    order = {label: place for place, label in enumerate(subject.results.experiment.labels)}
    rows = rows.sort_values("label", key=lambda labels: labels.map(order), kind="stable", ignore_index=True)
    return pd.DataFrame(
        {
            "Class": rows["label"],
            "Model": rows["arm"].map(subject.names),
            "Recall on test, %": rows["recall"].map(as_percent),
            "95% interval from": rows["low"].map(as_percent),
            "to": rows["high"].map(as_percent),
            "Seeds": rows["num_seeds"],
            "Test examples": rows["support"],
        }
    )


def limits(subject: Subject) -> str:
    """Say what the numbers are, and what no result rests on."""
    labels, targets = subject.results.experiment.labels, subject.results.finished[0].targets
    words = (
        f"Means over seeds on {len(targets):,} test examples, with 95% intervals. No result rests on other "
        "metrics than the main one, and nothing corrects for their number."
    )
    if len(labels) == 2:
        chance = percent(float((targets == 1).mean()))
        words += f" PR-AUC is that of {quoted(labels[1])}; by chance it is {chance}."
    if are_ordered(labels):
        words += " The labels are numbers, so they are taken for steps of a scale."
    return words


_ENDS = ("mean", "low", "high")


def _heading(metric: str) -> str:
    unit = "classes" if metric == OtherMetric.MEAN_ABSOLUTE_ERROR.value else "%"
    return f"{capitalised(METRIC_WORDS[_METRICS[metric]])}, {unit}"
