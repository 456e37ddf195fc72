"""The glossary on the pages: the words of each page in its sidebar, and all of them on *Understand*."""

from pathlib import Path

import streamlit as st

from pages.ui.errors import live_part
from pages.ui.formatting import plural
from pages.ui.glossary import ENTRIES, explained, for_browser, matching

LIST_PX = 380
_CSS = """
p { font: 400 1rem var(--st-font); color: var(--st-text-color); margin: 0 0 1rem; line-height: 1.6; }
p.group { font-size: 0.875rem; color: color-mix(in srgb, var(--st-text-color) 70%, transparent); }
strong { font-weight: 600; }
"""
_page_words = st.components.v2.component(
    "page_words",
    html="<div></div>",
    css=_CSS,
    js=(Path(__file__).parent / "page_words.js").read_text(encoding="utf-8"),
)


def draw_words(page: str) -> None:
    """Offer the technical words that stand on a page, explained, with the way to all of them."""
    live_part(_draw_words)(page)


def _draw_words(page: str) -> None:
    popover = st.popover(
        "Words on this page", icon=":material/dictionary:", key=f"words_{page}", on_change="rerun"
    )
    if popover.open:
        with popover:
            st.page_link("understand.py", label="All words", icon=":material/school:")
            with st.container(height=LIST_PX, border=False):
                _page_words(key=f"words_of_{page}", data=for_browser())


def draw_asked_word() -> None:
    """Explain the word that the URL asks for, at the top of the page; nothing if it asks for none."""
    entry = ENTRIES.get(st.query_params.get("word", ""))
    if entry is not None:
        st.info(explained(entry), icon=":material/dictionary:")


def draw_glossary() -> None:
    """Draw every word by group, and a box to search in them."""
    typed = st.text_input(
        "Search the words",
        key="glossary_search",
        persist_state="session",
        type="search",
        placeholder="seed, interval, frozen …",
    )
    found = matching(typed)
    if not found:
        st.caption("No word here says that.")
    for group, entries in found.items():
        with st.expander(f"{group} · {plural(len(entries), 'word')}", expanded=bool(typed.strip())):
            for entry in entries:
                st.markdown(explained(entry))
