"""How good is each model? Every run, the means with their intervals, and the floor."""

import pandas as pd

from tl_core.charts import arms_overview
from tl_core.displays.display import Display, Subject
from tl_core.displays.words import as_percent, listed, percent
from tl_core.evaluation.wording import METRIC_WORDS
from tl_core.results.comparison import ExperimentResults


def display(subject: Subject) -> Display:
    """Show every arm on test."""
    results, size = subject.results, subject.train_size
    return Display(
        key="overview",
        frame=_frame(subject),
        draw=lambda theme: arms_overview(
            seed_values(results, size),
            arm_means(results, size),
            subject.styles(theme),
            metric=subject.metric,
            floor=results.floor,
            theme=theme,
        ),
        sentence=_sentence(subject),
        budget=subject.budget,
    )


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


def _frame(subject: Subject) -> pd.DataFrame:
    """List every arm's mean on test with its interval, the best first."""
    results, names = subject.results, subject.names
    metric = METRIC_WORDS[subject.metric]
    summaries = [summary for (_, size), summary in results.summaries.items() if size == subject.train_size]
    rows = [
        {
            "Model": names[summary.arm],
            f"Mean test {metric}, %": as_percent(summary.mean),
            "95% interval from": as_percent(summary.ci95[0]),
            "to": as_percent(summary.ci95[1]),
            "Seeds": len(summary.seeds),
            "Test examples": summary.num_examples,
        }
        for summary in sorted(summaries, key=lambda summary: summary.mean, reverse=True)
    ]
    return pd.DataFrame(rows)


def _sentence(subject: Subject) -> str:
    """Say which arm has the highest mean on test, and which are no better than the largest class."""
    results, names, floor = subject.results, subject.names, subject.results.floor
    found = [summary for (_, size), summary in results.summaries.items() if size == subject.train_size]
    if not found or floor is None:
        return "No model has finished yet."
    highest = max(summary.mean for summary in found)
    best = [names[one.arm] for one in found if one.mean == highest]
    low = [names[one.arm] for one in found if one.mean <= floor and one.arm != "majority"]
    metric = METRIC_WORDS[subject.metric]
    scores = "scores" if len(best) == 1 else "score"
    words = (
        f"{listed(best)} {scores} highest: {percent(highest)} {metric}. "
        f"Always answering the most common label scores {percent(floor)}."
    )
    return f"{words} No better than that: {listed(low)}." if low else words
