"""Slides that fill the window: turned by keys, remote controls and clicks, in the browser alone."""

from collections.abc import Callable, Sequence
from pathlib import Path

import streamlit as st

KEY = "slides"
"""Key of the container that holds the slides."""
TURNER = "turn_slides"
"""Key of what turns them. Its state: ``texts``, the slide at which texts were shown or hidden; ``window``,
which is ``narrow`` or ``wide``."""
_HTML = """
<div class="slide-controls">
<button type="button" data-do="back" aria-label="Back">←</button>
<span class="slide-place"></span>
<button type="button" data-do="next" aria-label="Next">→</button>
<button type="button" data-do="texts"></button>
<button type="button" data-do="full">Full screen (F)</button>
<button type="button" data-do="print">PDF</button>
<button type="button" data-do="end">End (Esc)</button>
</div>
<p class="slide-heard" role="status" aria-live="polite"></p>
"""
_component = st.components.v2.component(
    "slides",
    html=_HTML,
    css=Path(__file__).with_suffix(".css").read_text(encoding="utf-8"),
    js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


def slide_key(number: int) -> str:
    """Name the container of a slide, counted from 1."""
    return f"presented_{number}"


def turn_slides(
    titles: Sequence[str],
    places: Sequence[str],
    first: int,
    *,
    shows_texts: bool,
    is_narrow: bool,
    on_end: Callable[[], None],
    on_texts: Callable[[], None],
    on_window: Callable[[], None],
) -> None:
    """Show one of the slides that stand in the container `KEY`, and turn them.

    Parameters
    ----------
    titles, places
        Of each slide its title, for screen readers, and where it stands: ``2 of 6``.
    first
        The slide to begin with, from 1; the URL follows the one that is shown.
    shows_texts
        Whether the slides hold example texts now.
    is_narrow
        Whether they were drawn for a telephone.
    on_end, on_texts, on_window
        Called to leave, to show or hide example texts, and where the window is not what they were drawn for.
    """
    data = {
        "titles": list(titles),
        "places": list(places),
        "first": first,
        "shows_texts": shows_texts,
        "window": "narrow" if is_narrow else "wide",
    }
    _component(
        key=TURNER,
        data=data,
        height=1,
        on_end_change=on_end,
        on_texts_change=on_texts,
        on_window_change=on_window,
    )
