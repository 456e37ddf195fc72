"""An experiment's results as the tables that `charts` draws and pages show."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tl_core.evaluation.mcnemar import exact_mcnemar
from tl_core.evaluation.metrics import Evaluation, evaluate
from tl_core.results.comparison import ExperimentResults, curve_points
from tl_core.schema import Event, Metric, RunConfig, Verdict


def seed_values(results: ExperimentResults, train_size: int) -> pd.DataFrame:
    """List every arm's value by seed: columns ``arm, seed, value``.

    The single run of an arm without a network stands once, although it counts for every seed.
    """
    rows = []
    for (arm, size), summary in results.summaries.items():
        if size == train_size:
            num_runs = len(results.runs_of(arm, size))
            by_seed = list(zip(summary.seeds, summary.values, strict=True))
            rows += [(arm, seed, value) for seed, value in by_seed[:num_runs]]
    return pd.DataFrame(rows, columns=["arm", "seed", "value"])


def arm_means(results: ExperimentResults, train_size: int) -> pd.DataFrame:
    """List every arm's mean with its interval: columns ``arm, mean, low, high``."""
    rows = [
        (arm, summary.mean, *summary.ci95)
        for (arm, size), summary in results.summaries.items()
        if size == train_size
    ]
    return pd.DataFrame(rows, columns=["arm", "mean", "low", "high"])


def floor_on_test(results: ExperimentResults) -> float | None:
    """Value on test of always answering the largest class; None before a run has finished."""
    return results.finished[0].health.majority_test_value if results.finished else None


def learning_curve_points(runs: Iterable[tuple[RunConfig, Sequence[Event]]]) -> pd.DataFrame:
    """List the validation evaluations of some runs, without the majority arm, which is the floor."""
    return curve_points((config, events) for config, events in runs if not config.arm.kind.is_floor)


def is_energy_known(points: pd.DataFrame) -> bool:
    """Whether the energy of every evaluation in `curve_points` is known."""
    return bool(len(points) and points["energy_wh"].notna().all())


def floor_on_validation(
    runs: Iterable[tuple[RunConfig, Sequence[Event]]], label_counts: dict[str, int], metric: Metric
) -> float | None:
    """Value on validation of always answering the largest class.

    Measured by a majority run where there is one; before that from the whole dataset's label counts, whose
    shares a stratified split keeps. None without either.
    """
    measured = curve_points((config, events) for config, events in runs if config.arm.kind.is_floor)
    if len(measured):
        return float(measured[metric.value].iloc[0])
    return _share_of_largest(list(label_counts.values()), metric) if label_counts else None


def verdict_rows(results: ExperimentResults, train_size: int, arm_names: dict[str, str]) -> pd.DataFrame:
    """List the verdicts of one train size, the headline pair first.

    Parameters
    ----------
    arm_names
        Display names by arm name.

    Returns
    -------
    Columns ``pair, difference, low, high`` (fractions), ``p_value, p_holm``, ``mcnemar`` (exact p-values by
    seed), ``detectable`` (a fraction or None), ``method, num_seeds, num_examples, sentence``.
    """
    rows = [
        {
            "pair": f"{arm_names[verdict.a]} − {arm_names[verdict.b]}",
            "difference": verdict.difference,
            "low": verdict.ci95[0],
            "high": verdict.ci95[1],
            "p_value": verdict.p_value,
            "p_holm": verdict.p_holm,
            "detectable": verdict.detectable_difference,
            "mcnemar": mcnemar_values(results, verdict),
            "method": verdict.method,
            "num_seeds": verdict.num_seeds,
            "num_examples": verdict.num_examples,
            "sentence": verdict.sentence,
        }
        for verdict in results.verdicts
        if verdict.train_size == train_size
    ]
    return pd.DataFrame(rows)


def mcnemar_values(results: ExperimentResults, verdict: Verdict) -> list[float]:
    """Return the exact McNemar p-value of each seed of a verdict."""
    a, b = (results.predictions[arm, verdict.train_size] for arm in (verdict.a, verdict.b))
    return [test.p_value for test in exact_mcnemar(a, b)]


def class_rows(results: ExperimentResults, a: str, b: str, train_size: int) -> pd.DataFrame:
    """Compare two arms class by class, in means over the seeds that both have.

    Returns
    -------
    Columns ``label, difference`` (of F1, a minus b), ``value_a, value_b`` (fractions), ``support`` (test
    examples); classes without a test example are left out.
    """
    pair = _paired_evaluations(results, a, b, train_size)
    value_a, value_b = (np.mean([one.per_class.f1 for one in by_seed], axis=0) for by_seed in pair)
    support = np.bincount(
        results.predictions[a, train_size].targets, minlength=len(results.experiment.labels)
    )
    table = pd.DataFrame(
        {
            "label": results.experiment.labels,
            "difference": value_a - value_b,
            "value_a": value_a,
            "value_b": value_b,
            "support": support,
        }
    )
    return table.loc[support > 0].reset_index(drop=True)


def mean_confusions(
    results: ExperimentResults, a: str, b: str, train_size: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Average the test confusion matrices of two arms over the seeds that both have.

    Returns
    -------
    Of a and of b, each ``(num_labels, num_labels)`` in test examples: a row is a true class.
    """
    pair = _paired_evaluations(results, a, b, train_size)
    of_a, of_b = (np.mean([one.confusion for one in by_seed], axis=0) for by_seed in pair)
    return of_a, of_b


def mistake_rows(a: NDArray[np.float64], b: NDArray[np.float64], class_names: Sequence[str]) -> pd.DataFrame:
    """List every mistake that two arms make, those that they make most unequally first.

    Parameters
    ----------
    a, b
        Mean confusion matrices on the same test split, ``(num_labels, num_labels)``.
    class_names
        In the order of the class ids.

    Returns
    -------
    Columns ``true, predicted, value_a, value_b, difference`` (shares of the true class), ``support``.
    """
    support = a.sum(axis=1)
    sizes = np.where(support > 0, support, 1)[:, None]
    of_a, of_b = a / sizes, b / sizes
    is_mistake = (of_a + of_b > 0) & ~np.eye(len(a), dtype=bool)
    true, predicted = np.nonzero(is_mistake)
    names = np.array(class_names, dtype=object)
    table = pd.DataFrame(
        {
            "true": names[true],
            "predicted": names[predicted],
            "value_a": of_a[is_mistake],
            "value_b": of_b[is_mistake],
            "difference": (of_a - of_b)[is_mistake],
            "support": support[true].round().astype(int),
        }
    )
    return table.sort_values(
        "difference", key=lambda gap: gap.abs(), ascending=False, kind="stable", ignore_index=True
    )


def _paired_evaluations(
    results: ExperimentResults, a: str, b: str, train_size: int
) -> tuple[list[Evaluation], list[Evaluation]]:
    """Evaluate two arms on test by seed, on the seeds that both have: those that their verdict rests on."""
    arms = results.predictions[a, train_size], results.predictions[b, train_size]
    common = set(arms[0].seeds) & set(arms[1].seeds)
    of_a, of_b = (
        [
            evaluate(arm.targets, logits)
            for seed, logits in zip(arm.seeds, arm.logits, strict=True)
            if seed in common
        ]
        for arm in arms
    )
    return of_a, of_b


def _share_of_largest(counts: Sequence[int], metric: Metric) -> float:
    """Accuracy p of a constant answer, or its macro-F1, 2p / (1 + p) for one class and 0 for the others."""
    share = max(counts) / sum(counts)
    return share if metric is Metric.ACCURACY else 2 * share / (1 + share) / len(counts)
