"""Errors told in their place, while the rest of the page goes on."""

import functools
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn, ParamSpec

import streamlit as st

from pages.ui.formatting import literal
from tl_core.errors import TlError

_P = ParamSpec("_P")
FAULT = "that is a fault of the program"
"""What is told of an error that nobody expected."""


def show_error(error: TlError) -> None:
    """Show an expected error: what happened, and what to do."""
    st.error(f"**{literal(error.message)}**  \n{literal(error.remedy)}", icon=":material/error:")


def guarded(body: Callable[_P, None], name: str) -> Callable[_P, None]:
    """Make whatever ``body`` raises a box in its place: an expected error with its remedy, a fault logged."""

    @functools.wraps(body)
    def draw(*args: _P.args, **kwargs: _P.kwargs) -> None:
        try:
            body(*args, **kwargs)
        except TlError as error:
            show_error(error)
        except Exception:
            logging.getLogger(__name__).exception("%s failed", name)
            st.error(f"This {name} failed; {FAULT}. The server's log has the details.")

    return draw


def live_part(body: Callable[_P, None], run_every: float | None = None) -> Callable[_P, None]:
    """Make a part of a page that is drawn anew by itself, every ``run_every`` seconds or by its own widgets.

    To be used instead of ``st.fragment``, from which no error reaches the router.
    """
    return st.fragment(guarded(body, "part of the page"), run_every=run_every)


def begin_anew() -> NoReturn:
    """Draw the whole page anew from a live part, unless a person has asked for something else meanwhile.

    ``st.rerun`` alone names this page in a request that takes the place of one on its way: a click on a link
    to another page, made while the part is drawn, would be lost.
    """
    st.session_state.get("_")  # wherever the state is read, Streamlit attends to what is on its way
    st.rerun()


class InputErrors:
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
