"""What a plan can detect, and what more seeds or test examples would buy."""

import pandas as pd
import streamlit as st

from pages.ui.formatting import about, literal, plural
from pages.ui.session import workspace
from tl_core.errors import TlError
from tl_core.evaluation.intervals import effective_groups
from tl_core.evaluation.power import ASSUMED, Disagreement, detectable
from tl_core.evaluation.wording import METRIC_WORDS, points
from tl_core.intake.intake import Intake
from tl_core.planning.estimate import Estimate
from tl_core.results.disagreement import find_measured, measure
from tl_core.schema import ExperimentConfig, Metric

SEEDS = (3, 5, 10, 20)
TIMES = (1, 2, 4)
"""Times as many test examples."""
CHOSEN = "power_table"


def draw_power(experiment: ExperimentConfig, intake: Intake, cost: Estimate) -> None:
    """Say which difference a plan can show; a table says what more would buy, and its rows set the seeds."""
    found, source = _disagreement(experiment)
    groups = None if intake.split.groups is None else intake.split.groups[intake.split.test]
    count = effective_groups(groups, experiment.split.test)
    size = detectable(experiment.num_seeds, count, found)
    metric = METRIC_WORDS[experiment.headline_metric if found is not ASSUMED else Metric.ACCURACY]
    about_models = ", between these two trained models only" if experiment.num_seeds == 1 else ""
    of_one = "One split can" if experiment.num_splits > 1 else "Can"
    st.markdown(
        f"{of_one} show a difference of **{points(size)[0]} points** of {metric} or more{about_models}.",
        help=literal(f"In four of five experiments like this. {source}"),
    )
    with st.popover("What would more buy?", icon=":material/query_stats:"):
        st.markdown("Smallest difference that can be shown, in points. A row sets the seeds.")
        rows = sorted({*SEEDS, experiment.num_seeds})
        sizes = {
            plural(round(times * experiment.split.test), "test example"): [
                round(100 * detectable(seeds, times * count, found), 1) for seeds in rows
            ]
            for times in TIMES
        }
        table = pd.DataFrame(
            {
                "Seeds": rows,
                **sizes,
                "Time": [
                    about(cost.total.times(seeds / experiment.num_seeds), is_short=True) for seeds in rows
                ],
            }
        )
        st.dataframe(
            table,
            hide_index=True,
            key=CHOSEN,
            on_select=lambda: _take(rows, f"seeds_{experiment.preset}"),
            selection_mode="single-row",
            column_config={name: st.column_config.NumberColumn(format="%.1f") for name in sizes},
            alt="Smallest difference that can be shown, by seeds and test examples, with the time.",
        )
        st.markdown(
            f":small[{literal(source)} More test examples come with more data, or a larger test part.]"
        )


def _take(rows: list[int], key: str) -> None:
    """Take the seeds of the chosen row over into the plan."""
    if chosen := st.session_state[CHOSEN].selection.rows:
        st.session_state[key] = rows[chosen[0]]


def _disagreement(experiment: ExperimentConfig) -> tuple[Disagreement, str]:
    """Return how much two models disagree, and where that is known from."""
    fingerprint, metric = experiment.dataset_fingerprint, experiment.headline_metric
    before = find_measured(workspace(), fingerprint, metric)
    measured = _measured(before.experiment_id) if before else None
    if before is not None and measured is not None:
        return measured, f"Counted on how much the models of “{before.name}” disagreed on these examples."
    return ASSUMED, (
        "Assumed: two models disagree on a fifth of the examples, and trainings differ by 2 points."
    )


@st.cache_data(show_spinner=False, max_entries=32)
def _measured(experiment_id: str) -> Disagreement | None:
    """Measure once: an experiment that is over never changes."""
    try:
        return measure(workspace(), workspace().database.get_experiment(experiment_id))
    except TlError:  # files of it are missing, which its own page tells
        return None
