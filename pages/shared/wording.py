"""Short words and numbers that several pages show."""

from tl_core.planning.examples import find_example
from tl_core.results.fairness import BUDGET_WORDS
from tl_core.schema import ExperimentConfig, Metric

METRIC_WORDS = {Metric.ACCURACY: "accuracy", Metric.MACRO_F1: "macro-F1"}


def duration(seconds: float) -> str:
    """Write a time as a clock does.

    >>> duration(192)
    '3:12'
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def about(seconds: float) -> str:
    """Write an expected time as loosely as it is known.

    >>> about(130)
    'about 2 minutes'
    """
    if seconds < 55:
        return "less than a minute"
    minutes = round(seconds / 60)
    return f"about {plural(minutes, 'minute')}" if minutes < 90 else f"about {seconds / 3600:.1f} hours"


def plural(count: int, noun: str) -> str:
    """Write a count with its noun."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def short_hash(value: str) -> str:
    """Shorten a hash to what a person can compare."""
    return f"{value[:4]}…{value[-2:]}"


def started_at(experiment: ExperimentConfig) -> str:
    """Write when an experiment was started, with the clock it is told by."""
    return f"{experiment.created_at[:16].replace('T', ' ')} UTC"


def facts_of(experiment: ExperimentConfig) -> list[str]:
    """Say in a few words what an experiment's page speaks of; not escaped."""
    split = experiment.split
    name = [experiment.name] if experiment.name != experiment.dataset_name else []
    example = find_example(experiment.experiment_id)
    return [
        experiment.dataset_name,
        *name,
        *([example.sentence] if example else []),
        f"{split.train:,} train, {split.validation:,} validation, {split.test:,} test examples",
        plural(experiment.num_seeds, "seed"),
        BUDGET_WORDS[experiment.training.budget],
        f"split {short_hash(split.hash)}",
    ]
