"""Parts of a page that begin it anew by themselves."""

from streamlit.testing.v1 import AppTest


def _page() -> None:
    import streamlit as st
    from streamlit.runtime.scriptrunner import RerunData, RerunException, get_script_run_ctx

    from pages.ui.errors import begin_anew

    context = get_script_run_ctx()
    if context.page_script_hash != "elsewhere" and st.session_state.get("asks_for_another"):
        context.script_requests.request_rerun(RerunData(page_script_hash="elsewhere"))
    try:
        begin_anew()
    except RerunException as request:
        st.session_state["page"] = request.rerun_data.page_script_hash


def test_a_click_on_another_page_goes_before_a_part_that_begins_its_own_anew():
    app = AppTest.from_function(_page)
    app.run()
    here = app.session_state["page"]
    app.session_state["asks_for_another"] = True
    app.run()
    assert here != "elsewhere"
    assert app.session_state["page"] == "elsewhere"
