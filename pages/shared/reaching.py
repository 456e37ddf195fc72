"""Time to the same accuracy: how long each arm trains until it is as good as the other one ever was."""

import pandas as pd
import streamlit as st

from pages.shared.frame import card, draw_figure, literal, live_part
from pages.shared.results import labels_of, styles_of
from pages.shared.state import theme
from pages.shared.wording import METRIC_WORDS
from tl_core.charts.reaching import XAxis, time_to_reach
from tl_core.results.comparison import ExperimentResults
from tl_core.results.reaching import find_reaching, reaching_numbers, reaching_rows, reaching_sentence
from tl_core.results.tables import race_points
from tl_core.schema import Verdict

X_WORDS: dict[XAxis, str] = {"train_s": "Seconds", "step": "Steps"}


def draw_reaching(results: ExperimentResults, verdict: Verdict) -> None:
    """Draw how long every arm needs for the best validation value of a verdict's second arm."""
    curves = race_points(
        (run.config, run.events) for run in results.finished if run.config.train_size == verdict.train_size
    )
    labels = labels_of(results.experiment)
    rows = reaching_rows(curves, list(styles_of(results.experiment)), verdict.b, verdict.metric)
    if rows.empty:
        return
    metric = METRIC_WORDS[verdict.metric]
    with card(
        "Time to the same accuracy", f"to the best validation {metric} of {literal(labels[verdict.b])}"
    ):
        found = find_reaching(curves, verdict.a, verdict.b, verdict.metric)
        if found is not None:
            st.markdown(literal(reaching_sentence(found, labels)))
        live_part(_draw_times)(results, verdict, rows)
        st.caption(
            "Each seed is held against the other arm's best in the same seed. A dot is a seed that got "
            "there, a cross one that had not when its training ended; the tick is the median, to which "
            "those count as longer than any. Times are those of the machine that trained."
        )


def _draw_times(results: ExperimentResults, verdict: Verdict, rows: pd.DataFrame) -> None:
    x: XAxis = st.segmented_control(
        "Over",
        list(X_WORDS),
        default="train_s",
        format_func=X_WORDS.__getitem__,
        required=True,
        label_visibility="collapsed",
        key="reaching_x",
        persist_state="session",
    )
    figure = time_to_reach(rows, styles_of(results.experiment), x=x, theme=theme())
    numbers = reaching_numbers(rows, verdict.metric, labels_of(results.experiment))
    draw_figure(figure, numbers, key="reaching")
