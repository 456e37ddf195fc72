"""The race replayed: what the arms went through in training, again in twenty seconds."""

from pathlib import Path

import streamlit as st

from pages.shared.exhibits import draw_exhibit
from pages.shared.frame import card
from pages.shared.time_exhibits import replay_of
from pages.shared.wording import METRIC_WORDS
from tl_core.charts.replay import NUM_FRAMES, REPLAY_S
from tl_core.results.comparison import ExperimentResults
from tl_core.schema import Verdict

_reach_by_keyboard = st.components.v2.component(
    "replay_keys", js=(Path(__file__).parent / "replay.js").read_text(encoding="utf-8")
)


def draw_replay(results: ExperimentResults, verdict: Verdict) -> None:
    """Draw the race of all arms at a verdict's train size, to be played; it never starts by itself."""
    exhibit = replay_of(results, verdict)
    meaning = f"validation {METRIC_WORDS[verdict.metric]}; every arm starts at second zero"
    with card("The race, replayed", meaning):
        draw_exhibit(exhibit)
        if exhibit.figure.frames:
            target = {"figure": exhibit.key, "num_steps": NUM_FRAMES}
            _reach_by_keyboard(key=f"{exhibit.key}_keys", data=target, height=1)
            st.caption(
                "Recorded while the arms trained in turn, and played here on one clock in "
                f"{REPLAY_S} seconds. Dots are seeds, lines their means; between two evaluations a straight "
                "line is drawn."
            )
