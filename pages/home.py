"""How much does pretraining help on your data? A finished comparison, three ways in, what the server has."""

import streamlit as st

from pages.ui.base_models import hub_sentence, hub_state, waiting_sentence
from pages.ui.errors import begin_anew, live_part
from pages.ui.formatting import literal
from pages.ui.frame import card, draw_header
from pages.ui.session import hardware

ASKING_S = 2


def draw_server(was_silent: bool) -> None:
    """Say what the server has and what that means for waiting; begin anew once the hub has answered."""
    machine, hub = hardware(), hub_state()
    if was_silent and hub is not None:
        begin_anew()
    with card("This server"):
        if machine.gpu_problem:
            st.warning(literal(machine.gpu_problem), icon=":material/developer_board_off:")
        st.markdown(literal(f"{machine.sentence}. {waiting_sentence(machine)} {hub_sentence(hub)}"))


def draw_start() -> None:
    """Draw what there is to see and to do."""
    # Statistics and figures take a second to import at the first start: by now the title stands.
    from pages.cards.home.start import draw_featured, draw_latest, draw_ways, find_comparisons

    comparisons = find_comparisons()
    draw_featured(comparisons)
    draw_ways(comparisons)
    draw_latest(comparisons)


draw_header("How much does pretraining help on your data?")
st.markdown(
    "Fine-tune BERT on your CSV, train the same network from scratch, and see the difference with error bars."
)
draw_start()
is_silent = hub_state() is None
live_part(draw_server, ASKING_S if is_silent else None)(is_silent)
