"""*Training*: how the models learned, the same played back, and the time to the same score."""

from collections.abc import Callable

import streamlit as st

from pages.components.replay_keys import attend_to_replay
from pages.ui.displays import choose_axes, choose_over, draw_display, made
from pages.ui.errors import live_part
from pages.ui.frame import card
from tl_core.charts.time_to_accuracy import XAxis
from tl_core.displays import learning_curves, replay, time_to_accuracy
from tl_core.displays.display import Subject

VIEW = "training_view"
"""Session key of what is shown of the trainings."""
TIMES: dict[XAxis, str] = {"train_s": "Seconds", "step": "Steps", "energy_wh": "Energy (Wh)"}


def draw_training(subject: Subject) -> None:
    """Draw how the models learned: their curves, the same played back, or the time to the same score."""
    with card("Training"):
        live_part(_draw_view)(subject)


def _draw_view(subject: Subject) -> None:
    views: dict[str, Callable[[Subject], None]] = {
        "Learning curves": _draw_learning_curves,
        "Replay": draw_replay,
    }
    if made(time_to_accuracy.display, subject) is not None:
        views["Time to the same score"] = draw_times
    view = st.segmented_control(
        "What to show of the training",
        list(views),
        default="Learning curves",
        required=True,
        label_visibility="collapsed",
        key=VIEW if len(views) > 2 else f"{VIEW}_without_times",
        persist_state="session",
    )
    views[view](subject)


def _draw_learning_curves(subject: Subject) -> None:
    has_energy = made(learning_curves.has_energy, subject)
    x, y = choose_axes(subject.metric, key="race", has_energy=has_energy)
    draw_display(made(learning_curves.display, subject, x, y), shows_words=x in ("train_s", "energy_wh"))


def draw_replay(subject: Subject) -> None:
    """Draw the training of all arms at the pair's train size as a film, which plays by itself."""
    display = made(replay.display, subject)
    draw_display(display)
    if display.frame is not None:
        attend_to_replay(display.key)


def draw_times(subject: Subject) -> None:
    """Draw how long every arm needs for the best validation value of the pair's second."""
    has_energy = made(learning_curves.has_energy, subject)
    display = made(
        time_to_accuracy.display, subject, choose_over(TIMES, key="reaching_x", has_energy=has_energy)
    )
    if display is not None:
        draw_display(display)
