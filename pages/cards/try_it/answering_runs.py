"""Which runs answer on *Try it*, and what they are called there."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages.ui.formatting import METRIC_WORDS
from pages.ui.frame import invite
from pages.ui.readers import States, arm_names_of
from pages.ui.session import workspace
from tl_core.intake.bundled import find_example
from tl_core.results.answering import Answerer, choose_answerers
from tl_core.schema import ExperimentConfig
from tl_core.store.rows import RunRow


@st.cache_data(show_spinner="Choosing the runs that answer …", max_entries=32)
def answerers_of(experiment_id: str, states: States, train_size: int) -> tuple[Answerer, ...]:
    """Choose the run that answers for each arm, once for each set of run states."""
    here = workspace()
    metric = here.database.get_experiment(experiment_id).headline_metric
    return choose_answerers(here, here.database.list_runs(experiment_id), train_size, metric)


def invite_without_models(experiment: ExperimentConfig, runs: Sequence[RunRow]) -> None:
    """Say why there is no model to ask, and lead to where one is made."""
    if any(not run.state.is_final for run in runs):
        invite("No model has finished yet; as soon as one has, it answers here.", "Runs", "runs")
    elif find_example(experiment.experiment_id):
        sentence = "This example was shipped without its models. Start its sample on Home to have some."
        invite(sentence, "Home", "home")
    else:
        sentence = "No run of this experiment has finished and kept its model, so there is no model to ask."
        invite(sentence, "Runs", "runs")


def why_they_answer(experiment: ExperimentConfig, answerers: Sequence[Answerer]) -> str:
    """Say how the runs were chosen; not escaped."""
    num_validation = answerers[0].num_validation
    if max(one.num_candidates for one in answerers) == 1:
        return "Each arm answers with its only finished run."
    metric = METRIC_WORDS[experiment.headline_metric]
    return (
        f"Each arm answers with the seed that was best on validation ({metric}, {num_validation:,} "
        "examples), the first of equals; the test split had no say."
    )


def answerers_table(experiment: ExperimentConfig, answerers: Sequence[Answerer]) -> pd.DataFrame:
    """List the runs that answer."""
    arm_names = arm_names_of(experiment)
    return pd.DataFrame(
        {
            "Arm": [arm_names[one.arm.name] for one in answerers],
            "Seed": [one.run.seed for one in answerers],
            "Chosen from": [one.num_candidates for one in answerers],
            f"Validation {METRIC_WORDS[experiment.headline_metric]}": [one.value for one in answerers],
            "Validation examples": [one.num_validation for one in answerers],
            "Run": [one.run.run_id for one in answerers],
        }
    )
