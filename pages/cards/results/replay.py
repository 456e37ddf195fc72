"""The race replayed: what the arms went through in training, again in twenty seconds."""

from pathlib import Path

import streamlit as st

from pages.cards.results.time_figures import replay_of
from pages.ui.errors import live_part
from pages.ui.figures import draw_display
from pages.ui.formatting import METRIC_WORDS
from pages.ui.frame import card
from tl_core.charts.replay import NUM_FRAMES, REPLAY_S
from tl_core.results.comparison import ExperimentResults
from tl_core.schema import Verdict

_IS_SHOWN = "replay_is_shown"
_play_and_reach_by_keyboard = st.components.v2.component(
    "replay_keys", js=(Path(__file__).parent / "replay.js").read_text(encoding="utf-8")
)


def draw_replay(results: ExperimentResults, verdict: Verdict) -> None:
    """Offer the race of all arms at a verdict's train size again; it is drawn, and plays, once asked for."""
    meaning = f"validation {METRIC_WORDS[verdict.metric]}; every arm starts at second zero"
    with card("The race, replayed", meaning):
        live_part(_draw)(results, verdict)


def _draw(results: ExperimentResults, verdict: Verdict) -> None:
    if not st.session_state.get(_IS_SHOWN):
        st.button(f"Replay it in {REPLAY_S} seconds", icon=":material/play_arrow:", on_click=_show)
        st.caption("What was recorded while the arms trained, played on one clock.")
        return
    display = replay_of(results, verdict)
    draw_display(display)
    if display.figure.frames:
        target = {"figure": display.key, "num_steps": NUM_FRAMES}
        _play_and_reach_by_keyboard(key=f"{display.key}_keys", data=target, height=1)
        st.caption(
            "Dots are seeds, lines their means; between two evaluations a straight line is drawn. The last "
            "moment shows each run's end, with the weights that it kept."
        )


def _show() -> None:
    st.session_state[_IS_SHOWN] = True
