"""The training replayed: what the models went through, again in twenty seconds."""

from pathlib import Path

import streamlit as st

from pages.cards.results.time_figures import replay_of
from pages.ui.figures import draw_display
from tl_core.charts.replay import NUM_FRAMES
from tl_core.results.comparison import ExperimentResults
from tl_core.schema import Verdict

_play_and_reach_by_keyboard = st.components.v2.component(
    "replay_keys", js=(Path(__file__).parent / "replay.js").read_text(encoding="utf-8")
)


def draw_replay(results: ExperimentResults, verdict: Verdict) -> None:
    """Draw the training of all arms at a verdict's train size as a film, which plays by itself."""
    display = replay_of(results, verdict)
    draw_display(display)
    if display.figure.frames:
        target = {"figure": display.key, "num_steps": NUM_FRAMES}
        _play_and_reach_by_keyboard(key=f"{display.key}_keys", data=target, height=1)
        st.caption(
            "Dots are seeds, lines their means; between two evaluations a straight line is drawn. The last "
            "moment shows each run's end, with the weights that it kept."
        )
