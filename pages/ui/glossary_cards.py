"""The glossary on the pages: the words of each page in its sidebar, and all of them on *Understand*."""

from collections.abc import Sequence

import streamlit as st

from pages.ui.errors import live_part
from pages.ui.formatting import plural
from pages.ui.glossary import ENTRIES, GROUPS, Entry, explained, matching
from pages.ui.glossary_pages import PAGE_WORDS

LIST_PX = 380


def draw_words(page: str) -> None:
    """Offer the technical words of a page, explained, with the way to all of them; nothing without any."""
    if PAGE_WORDS.get(page):
        live_part(_draw_words)(page)


def _draw_words(page: str) -> None:
    popover = st.popover(
        "Words on this page", icon=":material/dictionary:", key=f"words_{page}", on_change="rerun"
    )
    if not popover.open:
        return
    with popover:
        st.page_link("understand.py", label="All words", icon=":material/school:")
        with st.container(height=LIST_PX, border=False):
            for group, entries in GROUPS.items():
                _draw_group(group, [entry for entry in entries if entry.slug in PAGE_WORDS[page]])


def _draw_group(group: str, entries: Sequence[Entry]) -> None:
    if entries:
        st.caption(group)
    for entry in entries:
        st.markdown(explained(entry))


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
