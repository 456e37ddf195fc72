"""Buttons that save a figure of the page as PNG and SVG, in the browser alone."""

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

# Streamlit's own custom properties make these buttons look like its own.
_CSS = """
:host, div { display: flex; flex-wrap: wrap; gap: 0.5rem; }
i { font: normal 1.25rem/1 "Material Symbols Rounded"; }
button {
  display: flex; align-items: center; gap: 0.375rem;
  font: 400 0.875rem var(--st-font); color: var(--st-text-color); background: transparent;
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius, var(--st-base-radius));
  padding: 0.25rem 0.75rem; min-height: 2.4rem; cursor: pointer; white-space: nowrap;
}
button:hover { border-color: var(--st-primary-color); color: var(--st-link-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
"""
_component = st.components.v2.component(
    "save_figure",
    html='<div><button type="button" data-format="png"><i aria-hidden="true">image</i><span></span></button>'
    '<button type="button" data-format="svg"><i aria-hidden="true">polyline</i><span></span></button></div>',
    css=_CSS,
    js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"),
)


def draw_save_buttons(data: Mapping[str, str], *, key: str) -> None:
    """Draw the buttons; ``data`` is what `ui.downloads.picture_data` returns."""
    _component(key=key, data=data, width="content")
