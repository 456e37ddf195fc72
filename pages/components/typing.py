"""Large text boxes that hand over what is typed once the person pauses."""

from pathlib import Path

import streamlit as st

PAUSE_MS = 400
_component = st.components.v2.component(
    "typing", js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
)


def attend_to_typing(place: str) -> None:
    """Take over what is typed into the boxes of the container with this key, at every pause."""
    _component(key=f"{place}_typing", data={"place": place, "pause_ms": PAUSE_MS}, height=1)
