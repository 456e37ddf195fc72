"""Models, the page with the best model of each experiment to take away, and with every run there is."""

import streamlit as st

from pages.cards.models.best_models import draw_best_models
from pages.cards.models.run_details import draw_model
from pages.cards.models.run_table import choose_filter, draw_runs
from pages.ui.errors import show_error
from pages.ui.frame import draw_header, invite
from pages.ui.session import forget, workspace
from tl_core.errors import NotFoundError
from tl_core.jobs.client import observe

QUESTION = "Models"

here = workspace()
entries = here.database.list_entries()
draw_header(QUESTION)
if not any(entry.counts for entry in entries):
    invite("There is no model yet. Upload labelled data and train one.", "Data", "data")
    st.stop()
chosen = choose_filter([entry.config for entry in entries])
if chosen is None:
    draw_best_models([entry for entry in entries if not entry.annotation.is_archived])
else:
    draw_best_models([entry for entry in entries if entry.config.experiment_id == chosen])

drawer = st.expander(
    "All runs",
    expanded="run" in st.query_params,
    icon=":material/table_rows:",
    key="all_runs",
    on_change="rerun",
)
if drawer.open:
    with drawer:
        draw_runs(chosen, {entry.config.experiment_id: entry.config for entry in entries})
        run_id = st.query_params.get("run")
        if run_id is None:
            st.markdown("Choose a row to see the details, to download the model or to delete the run.")
            st.stop()
        try:
            run = observe(here.settings, here.database.get_run(run_id))
        except NotFoundError as error:
            forget("run")
            show_error(error)
            st.stop()
        draw_model(run, here.database.get_experiment(run.config.experiment_id))
