"""Run folders that the database does not know: said on every page, with the way to take them in."""

import streamlit as st

from pages.ui.errors import show_error
from pages.ui.formatting import literal
from pages.ui.session import workspace
from tl_core.intake.rebuilding import rebuild, unlisted_sentence

_PROBLEMS = "problems_of_rebuilding"


def draw_unlisted() -> None:
    """Say that run folders are not in the database, as after it was lost, and offer to take them in."""
    run_ids = workspace().unlisted_runs()
    if not run_ids:
        return
    st.warning(literal(unlisted_sentence(len(run_ids))), icon=":material/database_off:")
    for problem in st.session_state.pop(_PROBLEMS, ()):
        show_error(problem)
    if st.button("Take them in", icon=":material/restore_page:", key="rebuild"):
        with st.spinner("Taking the run folders in …"):
            st.session_state[_PROBLEMS] = rebuild(workspace()).problems
        st.rerun()
