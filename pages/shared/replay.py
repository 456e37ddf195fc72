"""The race replayed: what the arms went through in training, again in twenty seconds."""

from pathlib import Path

import streamlit as st

from pages.shared.frame import card, draw_figure
from pages.shared.results import dataset_of, labels_of, styles_of
from pages.shared.state import theme
from pages.shared.wording import METRIC_WORDS
from tl_core.charts.replay import NUM_FRAMES, REPLAY_S, replay
from tl_core.results.comparison import ExperimentResults
from tl_core.results.numbers import race_numbers
from tl_core.results.tables import floor_on_validation, race_points
from tl_core.schema import Verdict

KEY = "replay"
_reach_by_keyboard = st.components.v2.component(
    "replay_keys", js=(Path(__file__).parent / "replay.js").read_text(encoding="utf-8")
)


def draw_replay(results: ExperimentResults, verdict: Verdict) -> None:
    """Draw the race of all arms at a verdict's train size, to be played; it never starts by itself."""
    metric = verdict.metric
    runs = [
        (run.config, run.events) for run in results.finished if run.config.train_size == verdict.train_size
    ]
    points = race_points(runs)
    dataset = dataset_of(results.experiment.dataset_fingerprint)
    floor = floor_on_validation(runs, dataset.info.label_counts if dataset else {}, metric)
    figure = replay(points, styles_of(results.experiment), y=metric.value, floor=floor, theme=theme())
    with card("The race, replayed", f"validation {METRIC_WORDS[metric]}; every arm starts at second zero"):
        numbers = race_numbers(points, "train_s", metric.value, labels_of(results.experiment))
        draw_figure(figure, numbers if figure.frames else None, key=KEY)
        if figure.frames:
            _reach_by_keyboard(key=f"{KEY}_keys", data={"figure": KEY, "num_steps": NUM_FRAMES}, height=1)
            st.caption(
                "Recorded while the arms trained in turn, and played here on one clock in "
                f"{REPLAY_S} seconds. Dots are seeds, lines their means; between two evaluations a straight "
                "line is drawn."
            )
