"""What a person has typed and cannot be meant: told at its widget, while the page goes on without it."""

from collections.abc import Iterator
from contextlib import contextmanager

from pages.ui.frame import show_error
from tl_core.errors import TlError


class Slips:
    """Counts what was told, so that nothing is started while a slip stands on the page."""

    def __init__(self) -> None:
        self._num = 0

    def __bool__(self) -> bool:
        """Whether there was any."""
        return self._num > 0

    @contextmanager
    def told(self) -> Iterator[None]:
        """Show an expected error of the block here, and go on after it."""
        try:
            yield
        except TlError as error:
            show_error(error)
            self._num += 1
