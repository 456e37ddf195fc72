"""The technical words of the interface, from `glossary.toml`: explained beside a page, and all in a list."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from pages.components.page_words import draw_page_words
from pages.ui.errors import live_part
from pages.ui.formatting import plural

LIST_PX = 380


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One word.

    Attributes
    ----------
    slug
        Its place in links: ``learn?word=seed``.
    title
        The word as a heading.
    text
        What it means here; plain text.
    forms
        Every way of writing it that a person may meet, in lower case.
    """

    slug: str
    title: str
    text: str
    forms: tuple[str, ...]


def _read_groups() -> dict[str, tuple[Entry, ...]]:
    with Path(__file__).with_suffix(".toml").open("rb") as file:
        groups = tomllib.load(file)["groups"]
    return {group["name"]: tuple(map(_entry, group["words"])) for group in groups}


def _entry(word: Mapping[str, Any]) -> Entry:
    title = word["title"]
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    return Entry(slug=slug, title=title, text=word["text"], forms=tuple(word.get("forms", [title.lower()])))


GROUPS = _read_groups()

ENTRIES: dict[str, Entry] = {entry.slug: entry for group in GROUPS.values() for entry in group}

_FORMS = {form: entry.slug for entry in ENTRIES.values() for form in entry.forms}
# Longest first: "near duplicate" is not a "duplicate".
_ANY_FORM = re.compile(
    r"(?<![\w-])(" + "|".join(map(re.escape, sorted(_FORMS, key=len, reverse=True))) + r")(?![\w-])",
    re.IGNORECASE,
)


def words_in(text: str) -> tuple[str, ...]:
    """Return the slugs of the technical words in a text, in the glossary's order."""
    found = {_FORMS[form.lower()] for form in _ANY_FORM.findall(text)}
    return tuple(slug for slug in ENTRIES if slug in found)


def for_browser() -> dict[str, Any]:
    """Return every word by group, and the expression that finds their forms, for a script in the browser."""
    groups = [
        {"name": name, "words": [asdict(entry) for entry in entries]} for name, entries in GROUPS.items()
    ]
    return {"any_form": _ANY_FORM.pattern, "groups": groups}


def help_on(heading: str) -> str:
    """Explain the most technical word of a heading in markdown, for a ``help``; empty without one.

    The glossary goes from what everybody knows to what few do.
    """
    return "".join(explained(ENTRIES[slug]) for slug in words_in(heading)[-1:])


def explained(entry: Entry) -> str:
    """Write an entry in markdown: the word in bold, then what it means."""
    return f"**{entry.title}.** {entry.text}"


def matching(query: str) -> dict[str, tuple[Entry, ...]]:
    """Return the entries that contain what was typed, by group; all of them if nothing was."""
    wanted = query.strip().lower()
    found = {
        group: tuple(
            entry for entry in entries if wanted in f"{entry.title} {entry.text} {entry.forms}".lower()
        )
        for group, entries in GROUPS.items()
    }
    return {group: entries for group, entries in found.items() if entries}


def draw_words(page: str) -> None:
    """Offer the technical words that stand on a page, explained, with the way to all of them."""
    live_part(_draw_words)(page)


def _draw_words(page: str) -> None:
    popover = st.popover("Glossary", icon=":material/dictionary:", key=f"words_{page}", on_change="rerun")
    if popover.open:
        with popover:
            st.page_link("learn.py", label="All words", icon=":material/school:")
            with st.container(height=LIST_PX, border=False):
                draw_page_words(for_browser(), key=f"words_of_{page}")


def draw_asked_word() -> None:
    """Explain the word that the URL asks for, at the top of the page; nothing if it asks for none."""
    entry = ENTRIES.get(st.query_params.get("word", ""))
    if entry is not None:
        st.info(explained(entry), icon=":material/dictionary:")


def draw_glossary() -> None:
    """Draw every word by group, and a box to search in them."""
    typed = st.text_input(
        "Search the glossary",
        key="glossary_search",
        persist_state="session",
        type="search",
        placeholder="seed, interval, frozen …",
    )
    found = matching(typed)
    if not found:
        st.markdown("No entry mentions that. Try another word.")
    for group, entries in found.items():
        with st.expander(f"{group} · {plural(len(entries), 'word')}", expanded=bool(typed.strip())):
            for entry in entries:
                st.markdown(explained(entry))
