"""Why it works, the page that asks which of the pretrained weights matter and what training changes."""

import streamlit as st

from pages.cards.learn.knowledge import draw_changes, draw_layer_ablation, knowledge_of
from pages.cards.learn.related_tasks import draw_related
from pages.ui.formatting import facts_of
from pages.ui.frame import draw_damage, draw_damage_of, draw_header, invite
from pages.ui.missing_runs import alike_results, watch
from pages.ui.readers import choose_experiment, observed_runs
from pages.ui.session import workspace
from tl_core.results.related_tasks import find_first_damage

QUESTION = "Why does it work?"
POLL_S = 5

header = st.container()
experiment = choose_experiment()
with header:
    draw_header(QUESTION, facts_of(experiment) if experiment else ())
    st.page_link("learn.py", label="What is transfer learning?", icon=":material/school:")
if experiment is None or not observed_runs(experiment.experiment_id):
    invite("This page takes a finished experiment apart, and there is none yet.", "Try a sample", "home")
else:
    results = alike_results(experiment)
    known = knowledge_of(experiment, results)
    watch(known.pooled.runs, POLL_S)
    draw_damage_of(results)
    draw_damage(find_first_damage(known.pooled, workspace()))
    draw_layer_ablation(known)
    draw_changes(known)
    draw_related(known.pooled, results)
