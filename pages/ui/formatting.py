"""Short words and numbers that several pages show."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from tl_core.charts.text import one_line
from tl_core.charts.text import short_hash as short_hash
from tl_core.intake.bundled import find_example
from tl_core.planning.estimate import Ahead
from tl_core.schema import ExperimentConfig, Promise, Span, SplitInfo, State, Took
from tl_core.words import plural as plural

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:&])")
# What the browser makes of text whose escapes are gone: addresses become links, :names: become emojis, icons
# and images, and -> or >= become symbols. A word joiner, which nobody sees, stands in the middle of each.
_WORD_JOINER = "\u2060"
_REPLACED_LATER = re.compile(r"(?<=:)(?=[^\s:]+:|//|[a-z])|(?<=www)(?=\.)|(?<=@)|(?<=[<>~-])(?=[>=-])", re.I)

LESS_S, HOURS_S = 55.0, 5_400.0
"""Below the first no minutes are written, from the second on hours."""
STATE_WORDS = {
    State.RUNNING: "training",
    State.QUEUED: "waiting",
    State.FINISHED: "done",
    State.FAILED: "failed",
    State.CANCELLED: "cancelled",
}


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


def done_words(states: Sequence[State]) -> str:
    """Say how many runs are done, and what has become of the others.

    >>> done_words([State.FINISHED, State.CANCELLED, State.CANCELLED])
    '1 of 3 done, 2 cancelled'
    """
    done = f"{states.count(State.FINISHED):,} of {len(states):,} done"
    return ", ".join(filter(None, [done, not_done_words(states)]))


def not_done_words(states: Sequence[State]) -> str:
    """Count the runs in every state but done: ``1 training, 7 waiting``; empty if all are done."""
    counted = Counter(states)
    return ", ".join(
        f"{counted[state]:,} {words}"
        for state, words in STATE_WORDS.items()
        if counted[state] and state is not State.FINISHED
    )


def browser_zone() -> tzinfo | None:
    """Return the time zone of the person who looks; None where the browser has told none."""
    name, minutes_behind = st.context.timezone, st.context.timezone_offset
    try:
        if name:
            return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):  # not every machine knows every zone
        pass
    return None if minutes_behind is None else timezone(-timedelta(minutes=minutes_behind))


def local_time(written: str) -> datetime:
    """Turn a moment in ISO 8601 into the person's clock, without its zone; UTC where that is unknown."""
    return datetime.fromisoformat(written).astimezone(browser_zone() or UTC).replace(tzinfo=None)


def moment(written: str) -> str:
    """Write a moment as the person who looks would say it; with "UTC" where their zone is unknown.

    In Berlin, on the day itself, the next one, the one after and in the next year:

    >>> moment("2026-11-28T11:30:00+00:00")
    'today 12:30', 'yesterday 12:30', '28 Nov 12:30', '28 Nov 2026 12:30'
    """
    zone = browser_zone()
    then, today = local_time(written), datetime.now(zone or UTC).date()
    days_ago = (today - then.date()).days
    day = {0: "today", 1: "yesterday"}.get(days_ago)
    if day is None:
        day = f"{then.day} {then:%b}" + (f" {then.year}" if then.year != today.year else "")
    return f"{day} {then:%H:%M}" + ("" if zone else " UTC")


def started_at(experiment: ExperimentConfig) -> str:
    """Write when an experiment was started, by the clock of the person who looks."""
    return moment(experiment.created_at)


def day_of(experiment: ExperimentConfig) -> str:
    """Write the day on which an experiment was started.

    >>> day_of(experiment)
    '28 November 2026'
    """
    then = local_time(experiment.created_at)
    return f"{then.day} {then:%B %Y}"


def facts_of(experiment: ExperimentConfig) -> list[str]:
    """Say in a few words what an experiment's page speaks of; not escaped."""
    split = experiment.split
    return [
        *origin_of(experiment),
        parts_of(split),
        plural(experiment.num_seeds, "seed"),
    ]


def parts_of(split: SplitInfo) -> str:
    """Count the examples of each part of a split.

    >>> parts_of(split)
    '440 training, 120 validation, 120 test examples and 120 sealed'
    """
    sealed = f" and {split.sealed:,} sealed" if split.sealed else ""
    return f"{split.train:,} training, {split.validation:,} validation, {split.test:,} test examples{sealed}"


def origin_of(experiment: ExperimentConfig) -> list[str]:
    """Name an experiment's dataset, its own name where that is another, and the example that it is."""
    name = [experiment.name] if experiment.name != experiment.dataset_name else []
    example = find_example(experiment.experiment_id)
    return [experiment.dataset_name, *name, *([example.sentence] if example else [])]
