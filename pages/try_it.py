"""Try it, the page that lets the finished models answer a typed text or a whole file."""

import streamlit as st

from pages.cards.try_it.answering_runs import answerers_of, invite_without_models
from pages.cards.try_it.ask import draw_question
from pages.cards.try_it.from_code import draw_code
from pages.cards.try_it.predict_file import draw_file
from pages.ui.formatting import origin_of, plural
from pages.ui.frame import draw_damage_of, draw_header, invite
from pages.ui.readers import choose, choose_experiment, observed_runs, results_of, states_of

QUESTION = "Try it"

header = st.container()
experiment = choose_experiment()
if experiment is None:
    with header:
        draw_header(QUESTION)
    invite("There is no model yet. Upload labelled data and train one.", "Data", "data")
    st.stop()
with header:
    draw_header(QUESTION, origin_of(experiment))

sizes = [str(size) for size in reversed(experiment.train_sizes)]
size = sizes[0]
if len(sizes) > 1:
    size = choose("size", "Training examples", sizes, lambda one: plural(int(one), "example"))
runs = observed_runs(experiment.experiment_id)
answerers = answerers_of(experiment.experiment_id, states_of(runs), int(size))
draw_damage_of([results_of(experiment.experiment_id, states_of(runs))])
if not answerers:
    invite_without_models(experiment, runs)
    st.stop()
draw_question(experiment, answerers)
draw_file(experiment, answerers)
draw_code(experiment, answerers)
