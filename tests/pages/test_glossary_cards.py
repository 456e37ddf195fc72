"""The words of a page, offered beside it: nothing is written until they are asked for."""

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui.glossary_pages import PAGE_WORDS


def offer_words() -> None:
    import streamlit as st

    from pages.ui.glossary_cards import draw_words

    draw_words(st.session_state["page"])


def run(page: str, *, is_open: bool = False) -> AppTest:
    app = AppTest.from_function(offer_words)
    app.session_state["page"] = page
    if is_open:
        app.session_state[f"words_{page}"] = True
    return app.run()


def test_closed_it_costs_nothing() -> None:
    app = run("compare")
    assert not app.exception
    assert len(app.get("popover")) == 1
    assert not app.markdown


def test_open_it_explains_the_words_of_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    links = []
    monkeypatch.setattr("streamlit.page_link", lambda page, **options: links.append(page))
    app = run("home", is_open=True)
    assert not app.exception
    assert len(app.markdown) == len(PAGE_WORDS["home"])
    assert any(one.value.startswith("**Fine-tuning.**") for one in app.markdown)
    assert links == ["understand.py"]


def test_a_page_without_words_offers_none() -> None:
    assert not run("nowhere").get("popover")
