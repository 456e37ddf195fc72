"""Runs, the page that tells how the training is going.

What moves is one fragment; the rest of the page is drawn anew when a run changes its state.
"""

import streamlit as st

from pages.cards.runs.live_view import draw_live
from pages.cards.runs.tables import draw_one_run
from pages.ui.errors import live_part
from pages.ui.formatting import origin_of
from pages.ui.frame import draw_header, invite, invite_another
from pages.ui.readers import choose_experiment, observed_runs, states_of

POLL_S = 3

header = st.container()
experiment = choose_experiment()
if experiment is None:
    with header:
        draw_header("How is the training going?")
    invite("Nothing is running yet. Start an experiment to see the progress.", "New experiment", "setup")
    st.stop()
with header:
    draw_header("How is the training going?", origin_of(experiment))

runs = observed_runs(experiment.experiment_id)
if not runs:
    invite_another()
    st.stop()
is_done = all(run.state.is_final for run in runs)
live_part(draw_live, None if is_done else POLL_S)(experiment, states_of(runs))
draw_one_run(experiment, runs)
