"""Short words and numbers that several pages show."""

import re
from datetime import datetime

from tl_core.charts.text import one_line
from tl_core.intake.bundled import find_example
from tl_core.planning.estimate import Ahead
from tl_core.schema import ExperimentConfig, Metric, Promise, Span, Took
from tl_core.words import plural

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:&])")
# What the browser makes of text whose escapes are gone: addresses become links, :names: become emojis, icons
# and images, and -> or >= become symbols. A word joiner, which nobody sees, stands in the middle of each.
_WORD_JOINER = "\u2060"
_REPLACED_LATER = re.compile(r"(?<=:)(?=[^\s:]+:|//|[a-z])|(?<=www)(?=\.)|(?<=@)|(?<=[<>~-])(?=[>=-])", re.I)

LESS_S, HOURS_S = 55.0, 5_400.0
"""Below the first no minutes are written, from the second on hours."""
METRIC_WORDS = {Metric.ACCURACY: "accuracy", Metric.MACRO_F1: "macro-F1"}


def literal(text: str) -> str:
    """Escape a person's text so that markdown shows it as it is: no link, image, formula or icon.

    It comes out on one line and without marks that would reorder what stands after it.
    """
    broken = _REPLACED_LATER.sub(_WORD_JOINER, one_line(text, limit=len(text)))
    return _MARKDOWN.sub(r"\\\1", broken)


def duration(seconds: float) -> str:
    """Write a time as a clock does.

    >>> duration(192)
    '3:12'
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def about(expected: Span, *, is_short: bool = False) -> str:
    """Write an expected time as loosely as it is known.

    >>> about(Span.of(130)), about(Span(low_s=240, high_s=960), is_short=True)
    ('about 2 minutes', '4 to 16 min')
    """
    low, high = expected.low_s, expected.high_s
    if high < LESS_S:
        return "less than 1 min" if is_short else "less than a minute"
    in_hours = high >= HOURS_S
    first, last = (f"{s / 3600:.1f}" if in_hours else f"{s / 60:.0f}" for s in (low, high))
    words = "hours" if in_hours else "minute" if last == "1" else "minutes"
    unit = ("h" if in_hours else "min") if is_short else words
    if first == last:
        return f"about {last} {unit}"
    return f"up to {last} {unit}" if low < LESS_S else f"{first} to {last} {unit}"


def after_queue(ahead: Ahead, verb: str = "Starts") -> str:
    """Say what trains first, as a sentence; nothing where nothing does.

    >>> after_queue(Ahead(num_runs=9, span=Span.of(3000)))
    'Starts after 9 queued runs (about 50 min).'
    """
    if not ahead.num_runs:
        return ""
    span = f" ({about(ahead.span, is_short=True)})" if ahead.span else ", whose time is not known"
    return f"{verb} after {plural(ahead.num_runs, 'queued run')}{span}."


def kept_words(promise: Promise, took: Took, subject: str) -> str:
    """Say what a plan promised and what it took, from the start to the last run's end."""
    times = (promise.total, Span.of(took.total_s))
    promised, taken = (about(one, is_short=True).removeprefix("about ") for one in times)
    return f"{subject} promised {promised} and took {taken}."


def short_hash(value: str) -> str:
    """Shorten a hash to what a person can compare."""
    return f"{value[:4]}…{value[-2:]}"


def started_at(experiment: ExperimentConfig) -> str:
    """Write when an experiment was started, with the clock it is told by."""
    return f"{experiment.created_at[:16].replace('T', ' ')} UTC"


def day_of(experiment: ExperimentConfig) -> str:
    """Write the day on which an experiment was started.

    >>> day_of(experiment)
    '28 November 2026'
    """
    moment = datetime.fromisoformat(experiment.created_at)
    return f"{moment.day} {moment:%B %Y}"


def facts_of(experiment: ExperimentConfig) -> list[str]:
    """Say in a few words what an experiment's page speaks of; not escaped."""
    split = experiment.split
    return [
        *origin_of(experiment),
        f"{split.train:,} train, {split.validation:,} validation, {split.test:,} test examples",
        plural(experiment.num_seeds, "seed"),
    ]


def origin_of(experiment: ExperimentConfig) -> list[str]:
    """Name an experiment's dataset, its own name where that is another, and the example that it is."""
    name = [experiment.name] if experiment.name != experiment.dataset_name else []
    example = find_example(experiment.experiment_id)
    return [experiment.dataset_name, *name, *([example.sentence] if example else [])]
