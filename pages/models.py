"""Models, the page with every run there is: what it was, how to load it, how to take it away."""

import streamlit as st

from pages.cards.models.run_details import draw_model
from pages.cards.models.run_table import draw_inventory, filter_runs
from pages.ui.errors import show_error
from pages.ui.formatting import plural
from pages.ui.frame import draw_header, invite
from pages.ui.session import current, forget, workspace
from tl_core.errors import NotFoundError
from tl_core.jobs.client import observe
from tl_core.schema import State

QUESTION = "Models"

here = workspace()
runs = [observe(here.settings, run) for run in reversed(here.database.list_runs())]
if not runs:
    draw_header(QUESTION)
    invite("None yet. Bring some texts with labels, and train the first.", "Data", "data")
    st.stop()
experiments = {one.experiment_id: one for one in here.database.list_experiments()}
num_finished = sum(run.state is State.FINISHED for run in runs)
facts = [plural(len(runs), "run"), f"{num_finished:,} finished", plural(len(experiments), "experiment")]
draw_header(QUESTION, facts)
current("run")  # into the URL first, so that its row is chosen in the table
draw_inventory(filter_runs(runs, experiments), experiments)
run_id = current("run")
if run_id is None:
    st.caption("Choose a row to see what it is, how to load it, and to take it away.")
    st.stop()
try:
    run = observe(here.settings, here.database.get_run(run_id))
except NotFoundError as error:
    forget("run")
    show_error(error)
    st.stop()
draw_model(run, experiments[run.config.experiment_id])
