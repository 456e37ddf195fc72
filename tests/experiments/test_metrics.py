from pathlib import Path

import numpy as np
import pytest
import sklearn.metrics

from tests.experiments.running import carry_out_all, queue_experiment
from tests.files.tables import dataset
from tl_core.results.best_model import choose_best
from tl_core.results.comparison import gather, ranked, validation_means
from tl_core.results.curves import floor_on_validation, learning_curve_points
from tl_core.results.other_metrics import metric_rows, recall_rows
from tl_core.results.thresholds import threshold_effects
from tl_core.schema import BudgetRule, Metric
from tl_core.store.workspace import Workspace

ARMS = ("majority", "tfidf", "frozen", "scratch", "fine_tuned")
LABELS = {
    Metric.BALANCED_ACCURACY: {"good": 36, "bad": 24},
    Metric.AUROC: {"good": 36, "bad": 24},
    Metric.QUADRATIC_KAPPA: {"1": 20, "2": 20, "3": 20},
}


def by_scikit_learn(metric: Metric, targets: np.ndarray, logits: np.ndarray) -> float:
    answers = logits.argmax(axis=1)
    match metric:
        case Metric.AUROC:
            return float(sklearn.metrics.roc_auc_score(targets, logits[:, 1] - logits[:, 0]))
        case Metric.QUADRATIC_KAPPA:
            return float(sklearn.metrics.cohen_kappa_score(targets, answers, weights="quadratic"))
    return float(sklearn.metrics.balanced_accuracy_score(targets, answers))


@pytest.mark.parametrize("metric", list(LABELS))
def test_an_experiment_goes_by_its_main_metric(
    workspace: Workspace, base_model: Path, metric: Metric
) -> None:
    experiment = queue_experiment(
        workspace,
        base_model,
        ARMS,
        made=dataset(LABELS[metric]),
        headline_metric=metric,
        training={"budget": BudgetRule.PLATEAU, "patience": 1, "cap_factor": 1},
        num_seeds=2,
    )
    carry_out_all(workspace)
    results = gather(workspace, experiment.experiment_id)
    assert not results.refusals
    assert {verdict.metric for verdict in results.verdicts} == {metric}
    assert len(results.verdicts) == 10
    validation: dict[str, list[float]] = {}
    for run in results.finished:
        targets, logits = run.validation_targets, run.validation_logits
        value = by_scikit_learn(metric, targets, logits)
        validation.setdefault(run.config.arm.name, []).append(value)
    means = {arm: np.mean(values) for arm, values in validation.items()}
    assert validation_means(results, experiment.train_sizes[-1]) == pytest.approx(means, abs=1e-6)
    for (arm, size), summary in results.summaries.items():
        runs = results.runs_of(arm, size)
        values = [by_scikit_learn(metric, run.targets, run.logits) for run in runs]
        assert np.mean(summary.values) == pytest.approx(np.mean(values), abs=1e-6)
        assert summary.ci95[0] <= summary.mean <= summary.ci95[1]
    floor = {Metric.BALANCED_ACCURACY: 1 / 2, Metric.AUROC: 1 / 2, Metric.QUADRATIC_KAPPA: 0}[metric]
    runs = [(run.config, run.events) for run in results.finished]
    assert results.floor == floor_on_validation(runs, {}, metric) == floor
    assert floor_on_validation([], LABELS[metric], metric) == floor
    assert learning_curve_points(runs)[metric.value].notna().all()
    size = experiment.train_sizes[-1]
    shown = metric_rows(results, size).set_index(["arm", "metric"])
    assert list(shown.index.get_level_values("arm").unique()) == [arm.name for arm in ranked(experiment.arms)]
    for run in results.runs_of("tfidf", size):
        answers = run.logits.argmax(axis=1)
        matthews = sklearn.metrics.matthews_corrcoef(run.targets, answers)
        assert shown.loc[("tfidf", "matthews"), "mean"] == pytest.approx(matthews)
        found = recall_rows(results, size).query("arm == 'tfidf'")
        recall = sklearn.metrics.recall_score(run.targets, answers, average=None, zero_division=0)
        assert list(found["recall"]) == pytest.approx(list(recall))
        assert list(found["support"]) == list(np.bincount(run.targets))
        assert (found["low"] <= found["recall"]).all()
        assert (found["recall"] <= found["high"]).all()
    if metric is Metric.AUROC:
        assert not any(flag.code == "collapsed" for flags in results.flags.values() for flag in flags)
    has_two = len(LABELS[metric]) == 2
    assert [one.arm for one in threshold_effects(results, size)] == [
        arm.name for arm in ranked(experiment.arms) if has_two and arm.name != "majority"
    ]
    best = choose_best(workspace, experiment, results.runs)
    assert best is not None
    assert best.validation == pytest.approx(max(means.values()), abs=1e-6)
