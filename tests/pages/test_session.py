from streamlit.testing.v1 import AppTest

from tests.pages.fixtures import store_sample_dataset
from tests.pages.reading import open_page
from tl_core.store.workspace import Workspace


def page_of_a_dataset() -> None:
    import streamlit as st

    from pages.ui.session import current

    st.text(current("dataset"))


def open_with(dataset: str) -> AppTest:
    app = AppTest.from_function(page_of_a_dataset)
    app.query_params["dataset"] = dataset
    return app.run()


def test_an_id_of_the_url_is_remembered_for_the_pages_after_it(app: AppTest, workspace: Workspace) -> None:
    fingerprint = store_sample_dataset(workspace).dataset.info.fingerprint
    page = open_with(fingerprint)
    page.query_params.clear()
    assert page.run().text[0].value == fingerprint
    assert page.query_params["dataset"] in (fingerprint, [fingerprint])


def test_an_id_that_is_not_there_is_returned_and_not_remembered(app: AppTest) -> None:
    page = open_with("f" * 64)
    assert page.text[0].value == "f" * 64
    assert "current_dataset" not in page.session_state


def two_buttons() -> None:
    import streamlit as st

    from pages.ui.session import sure_button

    if st.session_state.pop("is_cut_short", False):
        st.rerun()
    if sure_button("Sure", key="sure"):
        st.markdown("sure")
    if st.button("Plain", key="plain"):
        st.markdown("plain")


def test_a_press_outlives_a_run_that_is_cut_short():
    page = AppTest.from_function(two_buttons).run()
    for key, said in (("sure", ["sure"]), ("plain", [])):
        page.session_state["is_cut_short"] = True
        page.button(key=key).click().run()
        assert [one.value for one in page.markdown] == said
        assert not page.run().markdown, "a press counts once"


def test_a_press_is_forgotten_where_its_button_is_not_drawn(app):
    app.session_state["presses"] = {"Use this dataset"}
    open_page(app, "data")
    assert not app.session_state["presses"]
