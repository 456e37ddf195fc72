"""Every arm in the metrics beside the main one, and how many of each class it finds."""

import numpy as np
import pandas as pd

from tl_core.evaluation.intervals import interval_of
from tl_core.evaluation.metrics import ExampleValues, Limits
from tl_core.evaluation.predictions import ArmPredictions
from tl_core.evaluation.verdicts import summarise
from tl_core.results.comparison import ExperimentResults, ranked
from tl_core.schema import shown_metrics


def metric_rows(results: ExperimentResults, train_size: int) -> pd.DataFrame:
    """List every arm in every metric that fits the labels, as arms are shown and the main metric first.

    Returns
    -------
    Columns ``arm, metric`` (the value of a `Metric` or an `OtherMetric`), ``mean`` (over seeds, on test),
    ``low, high`` (the ends of its 95% interval over seeds and examples), ``num_seeds, num_examples``.
    """
    labels, main = results.experiment.labels, results.experiment.headline_metric
    metrics = (main, *(one for one in shown_metrics(labels) if one is not main))
    rows = []
    for arm in _arms(results, train_size):
        for metric in metrics:
            found = summarise(arm, metric)
            rows.append(
                (arm.arm, metric.value, found.mean, *found.ci95, len(found.seeds), found.num_examples)
            )
    return pd.DataFrame(rows, columns=["arm", "metric", "mean", "low", "high", "num_seeds", "num_examples"])


def recall_rows(results: ExperimentResults, train_size: int) -> pd.DataFrame:
    """List every arm's recall of every class that has a test example.

    Returns
    -------
    Columns ``arm, label, recall`` (mean over seeds), ``low, high`` (the ends of its 95% interval, over seeds
    and the test examples of the class; fractions), ``num_seeds, support`` (those examples).
    """
    rows = []
    for arm in _arms(results, train_size):
        for k in np.unique(arm.targets):
            own = arm.targets == k
            hits = (arm.predicted[:, own] == k).astype(np.float64)
            groups = None if arm.groups is None else arm.groups[own]
            low, high = 0.0, 1.0
            if own.sum() > 1:
                found = interval_of(ExampleValues.of_arm(hits, Limits(low=0, high=1), groups))
                low, high = found.low, found.high
            label = results.experiment.labels[int(k)]
            rows.append((arm.arm, label, float(hits.mean()), low, high, arm.num_seeds, int(own.sum())))
    return pd.DataFrame(rows, columns=["arm", "label", "recall", "low", "high", "num_seeds", "support"])


def _arms(results: ExperimentResults, train_size: int) -> list[ArmPredictions]:
    keys = ((arm.name, train_size) for arm in ranked(results.experiment.arms))
    return [results.predictions[key] for key in keys if key in results.predictions]
