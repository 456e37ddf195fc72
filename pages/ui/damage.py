"""What of the workspace is damaged, or not listed by its database."""

from collections.abc import Iterable, Mapping

import streamlit as st

from pages.ui.errors import show_error
from pages.ui.formatting import literal
from pages.ui.readers import arm_names_of
from pages.ui.session import workspace
from tl_core.intake.rebuilding import rebuild, unlisted_sentence
from tl_core.results.comparison import ExperimentResults
from tl_core.results.failures import name_runs
from tl_core.results.runs import Damage


def draw_damage_of(results: Iterable[ExperimentResults]) -> None:
    """Say what is damaged in the folders of some experiments' runs."""
    for shown in results:
        arm_names = arm_names_of(shown.experiment)
        names = {run.run_id: name_runs([run], arm_names) for run in shown.runs} if shown.damage else {}
        draw_damage(shown.damage, names)


def draw_damage(damage: Iterable[Damage], names: Mapping[str, str] | None = None) -> None:
    """Say what is damaged; of a run that counts nowhere first that it is missing here.

    Parameters
    ----------
    names
        What a person calls the runs, by their ids.
    """
    for one in dict.fromkeys(damage):
        missing = f"Finished, but unreadable and missing here: {(names or {}).get(one.run_id, one.run_id)}. "
        st.warning(literal(one.message if one.counts else missing + one.message), icon=":material/warning:")


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
