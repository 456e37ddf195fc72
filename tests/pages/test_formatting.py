"""Short words and numbers that several pages show."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from pages.ui.formatting import local_time

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours_later", "told"),
    [(0, "today 12:00"), (11, "today 12:00"), (12, "yesterday 12:00"), (40, "28 Nov 2026 12:00")],
)
def test_a_moment_is_told_by_how_long_ago_it_was(hours_later: int, told: str) -> None:
    assert local_time(NOON, UTC, NOON + timedelta(hours=hours_later)) == told


def test_a_moment_is_told_by_the_clock_of_its_reader() -> None:
    zone = timezone(timedelta(hours=13))
    assert local_time(NOON, zone, NOON) == "today 01:00"
    assert local_time(NOON, zone, NOON + timedelta(days=3)) == "29 Nov 2026 01:00"
