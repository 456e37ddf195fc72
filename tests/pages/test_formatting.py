"""The clock of the person who looks, and words for states."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from pages.ui import formatting
from pages.ui.formatting import done_words, local_time, moment
from tl_core.schema import State

WRITTEN = "2026-11-28T23:30:00.000+00:00"


@pytest.fixture
def look(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let a person look at a moment (UTC) from a time zone, as their browser tells it."""

    def at(now: str, zone: str | None = "Europe/Berlin", minutes_behind: int | None = -60) -> None:
        class Clock(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> datetime:
                return datetime.fromisoformat(now).replace(tzinfo=UTC).astimezone(tz)

        context = SimpleNamespace(timezone=zone, timezone_offset=minutes_behind)
        monkeypatch.setattr(formatting.st, "context", context)
        monkeypatch.setattr(formatting, "datetime", Clock)

    return at


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ("2026-11-29T12:00", "today 00:30"),
        ("2026-11-29T23:30", "yesterday 00:30"),
        ("2026-12-01T12:00", "29 Nov 00:30"),
        ("2027-01-01T12:00", "29 Nov 2026 00:30"),
    ],
)
def test_a_moment_is_told_by_the_day_and_clock_of_the_person(look: Any, now: str, words: str) -> None:
    look(now)
    assert moment(WRITTEN) == words


@pytest.mark.parametrize(
    ("zone", "minutes_behind", "words"),
    [
        ("America/New_York", 300, "yesterday 18:30"),
        ("Nowhere/Unknown", -330, "yesterday 05:00"),
        ("../etc/passwd", -330, "yesterday 05:00"),
        (None, 300, "yesterday 18:30"),
        (None, None, "yesterday 23:30 UTC"),
    ],
)
def test_a_zone_that_is_not_known_gives_way_to_the_offset_and_that_to_utc(
    look: Any, zone: str | None, minutes_behind: int | None, words: str
) -> None:
    look("2026-11-29T22:00", zone, minutes_behind)
    assert moment(WRITTEN) == words


def test_a_table_is_given_local_times_that_can_be_sorted(look: Any) -> None:
    look("2026-11-29T12:00")
    assert local_time(WRITTEN) == datetime(2026, 11, 29, 0, 30)


@pytest.mark.parametrize(
    ("states", "words"),
    [
        ([State.FINISHED] * 2, "2 of 2 done"),
        ([State.FINISHED, *[State.CANCELLED] * 8, State.FAILED], "1 of 10 done, 1 failed, 8 cancelled"),
        ([State.QUEUED, State.RUNNING], "0 of 2 done, 1 training, 1 waiting"),
    ],
)
def test_what_is_not_done_is_counted_by_state(states: list[State], words: str) -> None:
    assert done_words(states) == words
