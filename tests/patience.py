"""Calling what must not wait: a pipe that nobody writes to would be waited for as long as the test runs."""

import threading
from collections.abc import Callable
from typing import TypeVar

PATIENCE_S = 60.0

_T = TypeVar("_T")


def at_once(call: Callable[[], _T]) -> _T:
    """Return what the call returns or raise what it raises; fail if it still waits after a minute."""
    returned: list[_T] = []
    raised: list[BaseException] = []

    def run() -> None:
        try:
            returned.append(call())
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(PATIENCE_S)
    assert not thread.is_alive(), "it waits"
    if raised:
        raise raised[0]
    return returned[0]
