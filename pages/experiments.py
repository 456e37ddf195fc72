"""Experiments, the page that lists all of them: find one, name it, put several side by side, clear up."""

import streamlit as st

from pages.cards.experiments.table import choose_shown, draw_actions, draw_table, list_entries
from pages.ui.formatting import plural
from pages.ui.frame import draw_header, invite

QUESTION = "Experiments"

entries = list_entries()
if not entries:
    draw_header(QUESTION)
    invite("There are none yet. Start with a dataset, or try a sample.", "Home", "home")
    st.stop()
draw_header(QUESTION, [plural(len(entries), "experiment")])
shown = choose_shown(entries)
chosen = draw_table(shown, entries)
draw_actions(chosen)
