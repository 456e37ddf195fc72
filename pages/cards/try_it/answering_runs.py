"""Which runs answer on *Try it*, and what they are called there."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages.ui.formatting import literal
from pages.ui.frame import invite
from pages.ui.missing_runs import offer_plans
from pages.ui.readers import States, arm_names_of
from pages.ui.session import workspace
from tl_core.displays.words import listed
from tl_core.evaluation.wording import METRIC_WORDS
from tl_core.intake.bundled import SAMPLES, Sample, find_example, read_sample
from tl_core.planning.plan import plan_sample
from tl_core.results.answering import Answerer, choose_answerers
from tl_core.schema import Arm, ExperimentConfig
from tl_core.store.rows import RunRow


@st.cache_data(show_spinner="Choosing the runs that answer …", max_entries=32)
def answerers_of(experiment_id: str, states: States, train_size: int) -> tuple[Answerer, ...]:
    """Choose the run that answers for each model, once for each set of run states."""
    here = workspace()
    metric = here.database.get_experiment(experiment_id).headline_metric
    return choose_answerers(here, here.database.list_runs(experiment_id), train_size, metric)


def invite_without_models(experiment: ExperimentConfig, runs: Sequence[RunRow]) -> None:
    """Say why there is no model to ask, and lead to where one is made."""
    if any(not run.state.is_final for run in runs):
        invite("No model is ready yet. The first one that is done will answer.", "Runs", "runs")
    elif example := find_example(experiment.experiment_id):
        with st.container(border=True):
            st.markdown("This example comes without models.")
            _offer_sample(SAMPLES[example.sample])
    else:
        invite("No run of this experiment has kept a model, so there is none to ask.", "Runs", "runs")


def say_who_left_no_weights(experiment: ExperimentConfig, answerers: Sequence[Answerer]) -> None:
    """Name the models of an example that come without weights, and offer to train them all."""
    example = find_example(experiment.experiment_id)
    asked = {one.arm for one in answerers}
    missing = [label for name, label in arm_names_of(experiment).items() if Arm.parse(name) not in asked]
    if example is None or not missing:
        return
    come = "come" if len(missing) > 1 else "comes"
    st.markdown(literal(f"In this example, {listed(missing)} {come} without weights."))
    _offer_sample(SAMPLES[example.sample])


def _offer_sample(sample: Sample) -> None:
    """Offer to train a sample's models with one click, or lead to those of an experiment that did."""
    intake = read_sample(sample)
    for other in workspace().database.list_experiments():
        is_of_sample = other.dataset_fingerprint == intake.dataset.info.fingerprint
        if is_of_sample and find_example(other.experiment_id) is None:
            query = {"experiment": other.experiment_id}
            label = literal(f"Try the models of {other.name}")
            st.page_link("try_it.py", label=label, icon=":material/arrow_forward:", query_params=query)
            return
    offer_plans([plan_sample(sample, intake)], "", f"Train {sample.title.lower()}", key="start_sample")


def why_they_answer(experiment: ExperimentConfig, answerers: Sequence[Answerer]) -> str:
    """Say how the runs were chosen; not escaped."""
    if max(one.num_candidates for one in answerers) == 1:
        return "Each model answers with the only finished run."
    metric, num_validation = METRIC_WORDS[experiment.headline_metric], answerers[0].num_validation
    return (
        f"Each model answers with the seed that was best on validation ({metric}, {num_validation:,} "
        "examples), the first of equals. The test split had no say."
    )


def answerers_table(experiment: ExperimentConfig, answerers: Sequence[Answerer]) -> pd.DataFrame:
    """List the runs that answer."""
    arm_names = arm_names_of(experiment)
    return pd.DataFrame(
        {
            "Model": [arm_names[one.arm.name] for one in answerers],
            "Seed": [one.run.seed for one in answerers],
            "Chosen from": [one.num_candidates for one in answerers],
            f"Validation {METRIC_WORDS[experiment.headline_metric]}": [one.value for one in answerers],
            "Validation examples": [one.num_validation for one in answerers],
            "Run": [one.run.run_id for one in answerers],
        }
    )
