"""A sentence that screen readers say once it changes, and that nobody sees."""

from pathlib import Path

import streamlit as st

_CSS = (
    "p { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); margin: 0; }"
)
_component = st.components.v2.component(
    "announcer",
    html='<p role="status" aria-live="polite"></p>',
    css=_CSS,
    js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"),
)


def announce(words: str, *, key: str) -> None:
    """Let screen readers say ``words`` when they pause, if they are others than the last ones."""
    _component(key=key, data=words, height=1)
