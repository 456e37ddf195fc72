"""How good is each model? Every run, the means with their intervals, and the floor."""

from collections.abc import Mapping, Sequence

import pandas as pd

from tl_core.charts import arms_overview
from tl_core.displays.display import Display, Subject
from tl_core.displays.words import as_percent, count_groups, listed, percent
from tl_core.evaluation.failures import find_failure_rate
from tl_core.evaluation.verdicts import ArmSummary
from tl_core.evaluation.wording import METRIC_WORDS, failure_rate_words
from tl_core.results.comparison import ExperimentResults, validation_means


def display(subject: Subject) -> Display:
    """Show every arm on test, in the numbers the best on validation first."""
    results, size, names = subject.results, subject.train_size, subject.names
    metric, on_validation = (
        METRIC_WORDS[subject.metric],
        validation_means(subject.results, subject.train_size),
    )
    found = [summary for (_, of_size), summary in results.summaries.items() if of_size == size]
    found.sort(key=lambda summary: on_validation.get(summary.arm, -1.0), reverse=True)
    frame = pd.DataFrame(
        {
            "Model": names[summary.arm],
            f"Mean test {metric}, %": as_percent(summary.mean),
            "95% interval from": as_percent(summary.ci95[0]),
            "to": as_percent(summary.ci95[1]),
            "Seeds": len(summary.seeds),
            "Test examples": summary.num_examples,
            "Failed trainings": _failed_words(results, (summary.arm, size)),
        }
        for summary in found
    )
    frame = count_groups(frame, [summary.num_groups for summary in found])
    floor, sentence = results.floor, "No model has finished yet."
    if found and floor is not None:
        low = [names[one.arm] for one in found if one.mean <= floor and one.arm != "majority"]
        sentence = (
            f"{_best_words(found, on_validation, names, metric)}"
            f"Always answering the most common label scores {percent(floor)}."
            + (f" {listed(low)} {'does' if len(low) == 1 else 'do'} not beat that." if low else "")
        )
    return Display(
        key="overview",
        frame=frame,
        draw=lambda theme: arms_overview(
            seed_values(results, size),
            arm_means(results, size),
            subject.styles(theme),
            metric=subject.metric,
            floor=floor,
            theme=theme,
        ),
        sentence=sentence,
        budget=subject.budget,
    )


def _best_words(
    found: Sequence[ArmSummary], on_validation: Mapping[str, float], names: Mapping[str, str], metric: str
) -> str:
    """Say what the best on validation reaches on test; empty where nothing was measured on validation."""
    top = [one for one in found if on_validation.get(one.arm) == max(on_validation.values(), default=None)]
    if not on_validation or not top:
        return ""
    reached = " and ".join(percent(one.mean) for one in top)
    verb = "reaches" if len(top) == 1 else "reach"
    return (
        f"The best on validation, {listed([names[one.arm] for one in top])}, {verb} {reached} test {metric}. "
    )


def _failed_words(results: ExperimentResults, key: tuple[str, int]) -> str | None:
    rate = find_failure_rate(results.predictions[key], results.flags[key])
    return None if rate is None else failure_rate_words(rate)


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
