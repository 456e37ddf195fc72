from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from pages.ui.errors import FAULT
from pages.ui.formatting import literal
from pages.ui.steps import TITLE
from tests.pages.fixtures import store_sample_dataset
from tests.pages.reading import open_page, text_of
from tl_core.store.workspace import Workspace

LOGIN: dict[str, Any] = {
    "redirect_uri": "http://127.0.0.1/oauth2callback",
    "cookie_secret": "secret",
    "client_id": "id",
    "client_secret": "secret",
    "server_metadata_url": "http://127.0.0.1/.well-known/openid-configuration",
}


def page_with_an_expected_error() -> None:
    from pages.ui.errors import live_part
    from tl_core.errors import DataError

    def body() -> None:
        raise DataError("Only *one* column; two are needed.", "Add a column.")

    live_part(body, 2)()


def page_with_a_fault() -> None:
    import streamlit as st

    from pages.ui.errors import live_part

    def body() -> None:
        raise ZeroDivisionError("a secret detail")

    live_part(body)()
    st.caption("the rest of the page")


def page_that_stops() -> None:
    import streamlit as st

    from pages.ui.errors import guarded

    guarded(st.stop, "page")()
    st.caption("never drawn")


@pytest.mark.parametrize("name", ["Compare experiments", "Try it"])
def test_the_browsers_tab_has_the_name_that_the_page_goes_by(app: AppTest, name: str) -> None:
    open_page(app, name.lower().replace(" ", "_").replace("compare_experiments", "side_by_side"))
    assert app.session_state[TITLE] == name


def test_an_expected_error_of_a_live_part_is_shown_with_its_remedy() -> None:
    app = AppTest.from_function(page_with_an_expected_error).run()
    assert "Only *one* column; two are needed." in text_of(app)
    assert "Add a column." in text_of(app)
    assert not app.exception


def test_a_fault_in_a_live_part_is_told_without_details_and_the_page_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = AppTest.from_function(page_with_a_fault).run()
    assert FAULT in app.error[0].value
    assert len(app.error) == 1
    assert "secret" not in text_of(app)
    assert "the rest of the page" in text_of(app)
    assert "a secret detail" in caplog.text


def test_a_page_may_still_end_early() -> None:
    app = AppTest.from_function(page_that_stops).run()
    assert not app.error
    assert not app.caption


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("http://a", "http\\:\u2060//a"),
        ("www.a", "www\u2060\\.a"),
        ("me@a", "me@\u2060a"),
        (":streamlit:", "\\:\u2060streamlit\\:"),
        ("a -> b", "a \\-\u2060\\> b"),
        ("at 12:00", "at 12\\:00"),
        ("plain, words", "plain, words"),
        ("two\nlines \u202eturned", "two lines turned"),
    ],
)
def test_what_the_browser_would_replace_is_broken_by_a_word_joiner(text: str, written: str) -> None:
    assert literal(text) == written


@given(st.text())
def test_a_literal_text_reads_as_it_was_but_for_blanks_and_invisible_marks(text: str) -> None:
    read = literal(text).replace("\u2060", "")
    unescaped = "".join(read[i] for i in range(len(read)) if read[i] != "\\" or read[i - 1 : i] == "\\")
    assert "\n" not in read
    assert [c for c in unescaped if c.isalnum()] == [c for c in text if c.isalnum()]


def test_without_a_login_a_guarded_server_shows_nothing_of_its_texts(
    app: AppTest, workspace: Workspace
) -> None:
    store_sample_dataset(workspace)
    app.secrets["auth"] = LOGIN
    open_page(app, "setup")
    assert "small reviews" not in text_of(app)
    assert [button.label for button in app.button] == ["Log in"]
    assert not app.sidebar.caption


def test_with_a_login_a_guarded_server_shows_its_pages_and_a_way_out(
    app: AppTest, workspace: Workspace
) -> None:
    store_sample_dataset(workspace)
    app.secrets["auth"] = LOGIN
    app.user = {"is_logged_in": True}
    open_page(app, "setup")
    assert "small reviews" in text_of(app)
    assert "Log out" in [button.label for button in app.sidebar.button]
