"""Learn, the page that asks what transfer learning is and lets four answers be tried.

Each answer is a set of arms; what they reached on the person's own texts speaks for or against it.
"""

import streamlit as st

from pages.cards.learn import answers
from pages.ui.formatting import facts_of
from pages.ui.frame import card, draw_damage_of, draw_header
from pages.ui.glossary import draw_asked_word, draw_glossary
from pages.ui.missing_runs import alike_results, watch
from pages.ui.readers import choose_experiment, observed_runs
from tl_core.results.pooled import put_together

QUESTION = "What is transfer learning?"
POLL_S = 5

header = st.container()
experiment = choose_experiment()
with header:
    draw_header(QUESTION, facts_of(experiment) if experiment else ())
    query = {"experiment": experiment.experiment_id} if experiment else {}
    st.page_link(
        "why_it_works.py",
        label="Why it works",
        icon=":material/stairs:",
        query_params=query,
    )
    draw_asked_word()
if experiment is None or not observed_runs(experiment.experiment_id):
    answers.invite_to_try()
else:
    results = alike_results(experiment)
    pooled = put_together(experiment, results)
    watch(pooled.runs, POLL_S)
    draw_damage_of(results)
    with card("What would you say?"):
        answer = answers.ask()
    if answer is not None:
        answers.draw_pooled(answer, pooled)
        answers.draw_solution(pooled)
    answers.draw_why(pooled)
with card("Glossary", explains="Every technical word of these pages, in plain words."):
    draw_glossary()
