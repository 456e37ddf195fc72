"""What is pretraining worth on your texts? What this product answers, what the server has, three ways in."""

import streamlit as st

from pages.shared.frame import card, draw_header, literal, live_part
from pages.shared.state import forget, hardware, workspace
from pages.shared.surroundings import hub_sentence, hub_state, waiting_sentence
from pages.shared.ways_in import draw_finished, draw_latest, draw_samples

ASKING_S = 2


def draw_server(was_silent: bool) -> None:
    """Say what the server has and what that means for waiting; begin anew once the hub has answered."""
    machine, hub = hardware(), hub_state()
    if was_silent and hub is not None:
        st.rerun()
    with card("This server", literal(machine.sentence)):
        if machine.gpu_problem:
            st.warning(literal(machine.gpu_problem), icon=":material/developer_board_off:")
        st.markdown(literal(waiting_sentence(machine)))
        st.markdown(literal(hub_sentence(hub)))


draw_header("What is pretraining worth on your texts?")
st.markdown(
    "Fine-tune a pretrained language model on your own labelled texts, train the same network from scratch "
    "on the same split, and read how much better, how much faster and from how few labels it is, with an "
    "interval that says how sure that is."
)
see, sample, own = st.columns(3)
with see, card("See a finished comparison", height="stretch"):
    draw_finished()
with sample, card("Try a sample", height="stretch"):
    draw_samples()
with own, card("Use my texts", height="stretch"):
    st.markdown(
        "A CSV with a column of texts and a column of labels; its columns are guessed and you confirm."
    )
    if st.button("To the data", icon=":material/upload_file:"):
        forget("upload")
        forget("dataset")
        st.switch_page("data.py")
if workspace().database.list_experiments():
    with card("Latest comparisons"):
        draw_latest()
is_silent = hub_state() is None
live_part(draw_server, ASKING_S if is_silent else None)(is_silent)
