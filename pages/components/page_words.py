"""A list of the technical words that stand on the page, which only the browser knows."""

from pathlib import Path
from typing import Any

import streamlit as st

_CSS = """
p { font: 400 1rem var(--st-font); color: var(--st-text-color); margin: 0 0 1rem; line-height: 1.6; }
p.group { font-size: 0.875rem; color: color-mix(in srgb, var(--st-text-color) 70%, transparent); }
strong { font-weight: 600; }
"""
_component = st.components.v2.component(
    "page_words",
    html="<div></div>",
    css=_CSS,
    js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"),
)


def draw_page_words(words: Any, *, key: str) -> None:
    """Draw the list out of all words, as `ui.glossary.for_browser` gives them."""
    _component(key=key, data=words)
