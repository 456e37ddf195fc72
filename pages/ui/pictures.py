"""Examples that are pictures, shown as such wherever texts would stand."""

from collections.abc import Iterable, Sequence

import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from tl_core.words import capitalised

PICTURE_PX = 64
"""Height of a row with a picture."""
MAX_PICTURES = 60
"""Rows of a table of pictures: each is some thousand bytes for the browser."""
THUMBNAIL_PX, LARGE_PX = 80, 320

PICTURES = ["jpg", "jpeg", "png", "gif", "webp", "bmp", "tif", "tiff", "avif"]
"""Endings of files that a single picture may come in."""


def is_picture(cell: str) -> bool:
    """Whether a cell is the address of a picture."""
    return cell.startswith("data:image/")


def pictures(columns: Iterable[str], title: str = "") -> dict[str, ColumnConfig]:
    """Let a table show what some of its columns hold as pictures, under their own names or another title."""
    return {name: st.column_config.ImageColumn(title or capitalised(name), width="small") for name in columns}


def draw_gallery(cells: Sequence[str], names: Sequence[str]) -> None:
    """Show pictures beside each other; the names are what a screen reader says of them."""
    with st.container(horizontal=True, gap="xsmall"):
        for cell, name in zip(cells, names, strict=True):
            st.image(cell, width=THUMBNAIL_PX, alt=name)
