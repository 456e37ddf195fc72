"""A replay that plays once by itself, and whose buttons and slider the keyboard reaches."""

from pathlib import Path

import streamlit as st

from tl_core.charts.replay import NUM_FRAMES

_component = st.components.v2.component(
    "replay_keys", js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
)


def attend_to_replay(figure: str, *, plays_itself: bool = True) -> None:
    """Name the parts of the replay that stands under a key, and let it play unless something else does."""
    data = {"figure": figure, "num_steps": NUM_FRAMES, "plays_itself": plays_itself}
    _component(key=f"{figure}_keys", data=data, height=1)
