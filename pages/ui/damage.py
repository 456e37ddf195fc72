"""What is damaged in the folders of finished runs, said on every page that would show them."""

from collections.abc import Iterable, Mapping

import streamlit as st

from pages.ui.formatting import literal
from pages.ui.readers import arm_names_of
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
