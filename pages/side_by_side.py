"""Which of these runs is better? Any finished runs and experiments of one split, side by side."""

import streamlit as st

from pages.cards.experiments import groups
from pages.ui.errors import show_error
from pages.ui.frame import draw_damage, draw_header, invite
from pages.ui.session import workspace
from tl_core.errors import ComparisonError
from tl_core.jobs.client import observe
from tl_core.schema import State

QUESTION = "Which of these runs is better?"

header = st.container()
here = workspace()
runs = [observe(here.settings, run) for run in here.database.list_runs()]
if not any(run.state is State.FINISHED for run in runs):
    with header:
        draw_header(QUESTION)
    if runs:
        invite("No run has finished yet.", "Runs", "runs")
    else:
        invite("There are no runs yet. Start with a dataset.", "New experiment", "setup")
    st.stop()

chosen = groups.choose_runs(runs)
if not chosen:
    with header:
        draw_header(QUESTION)
    st.markdown(
        "Choose two or more runs or experiments on the same split, for example with other base models or "
        "settings. Runs that differ only in their seed count as one model."
    )
    st.stop()
try:
    comparison = groups.compared(tuple(run.run_id for run in chosen))
except ComparisonError as error:
    with header:
        draw_header(QUESTION)
    show_error(error)
    st.stop()

with header:
    draw_header(QUESTION, groups.facts_of(comparison))
draw_damage(comparison.damage)
a, b = groups.choose_pair(comparison)
left, right = st.columns(2)
with left:
    with st.container(border=True):
        groups.draw_claim(comparison, a, b)
    groups.draw_pairs(comparison, b)
with right:
    groups.draw_groups(comparison)
    groups.draw_settings(comparison)
groups.draw_curves(comparison)
groups.draw_classes(comparison, a, b)
