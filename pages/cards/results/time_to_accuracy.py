"""Time to the same accuracy: how long each arm trains until it is as good as the other one ever was."""

import streamlit as st

from pages.cards.results.time_figures import draw_cost_note, has_energy_of, time_to_accuracy_of, times_of
from pages.ui.figures import draw_display
from pages.ui.formatting import literal
from pages.ui.learning_curves import choose_over
from pages.ui.readers import arm_names_of
from tl_core.charts.time_to_accuracy import XAxis
from tl_core.results.comparison import ExperimentResults
from tl_core.schema import Verdict

X_WORDS: dict[XAxis, str] = {"train_s": "Seconds", "step": "Steps", "energy_wh": "Energy (Wh)"}


def draw_times(results: ExperimentResults, verdict: Verdict) -> None:
    """Draw how long every arm needs for the best validation value of a verdict's second arm."""
    for is_other_way in (False, True):
        if sentence := time_to_accuracy_of(results, verdict, is_other_way=is_other_way):
            st.markdown(literal(sentence))
    has_energy = has_energy_of(results, verdict.train_size)
    x: XAxis = choose_over(X_WORDS, key="reaching_x", has_energy=has_energy)
    display = times_of(results, verdict, x)
    if display is not None:
        draw_display(display)
    arm_names = arm_names_of(results.experiment)
    searches = {
        run.config.arm.name: run.record.rate_search.train_s
        for run in results.finished
        if run.config.train_size == verdict.train_size and run.record.rate_search
    }
    took = ", ".join(f"{arm_names[arm]} {searches[arm]:,.0f} s" for arm in arm_names if arm in searches)
    searched = f" Choosing the learning rates came before and is not in them: {took}."
    st.caption(
        "A dot is a seed that got there, a cross one that had not when its training ended; the tick is the "
        f"median.{literal(searched) if took else ''}"
    )
    draw_cost_note(results, verdict.train_size)
