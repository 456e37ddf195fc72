"""Waiting for another process, with a deadline instead of a guess."""

import time
from collections.abc import Callable

DEADLINE_S = 20.0


def wait_until(condition: Callable[[], object], what: str, deadline_s: float = DEADLINE_S) -> None:
    """Return as soon as ``condition`` holds; fail the test if it does not within ``deadline_s`` seconds."""
    end = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end, f"{what}: not within {deadline_s:g} s"
        time.sleep(0.02)
