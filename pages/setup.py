"""New experiment Every choice of an experiment, and what it will cost, before it starts."""

import streamlit as st

from pages.cards.setup.choices import (
    choose_amount,
    choose_arms,
    choose_budget,
    choose_dataset,
    choose_margin,
    choose_metric,
    choose_task,
)
from pages.cards.setup.expert import choose_rate_search, choose_rates, choose_rivals, choose_training
from pages.ui.base_models import can_be_had, choose_base_model
from pages.ui.errors import InputErrors, show_error
from pages.ui.formatting import short_hash
from pages.ui.frame import card, draw_header, invite
from pages.ui.plan import ahead_of, draw_plan, estimate_of, measured, offer_start
from pages.ui.readers import stored_intake
from pages.ui.session import current, remember, workspace
from tl_core.errors import TlError
from tl_core.intake.intake import Intake
from tl_core.jobs.dry_run import neural_arms, passed_checks
from tl_core.planning.plan import plan_experiment
from tl_core.schema import DatasetInfo, ExperimentConfig
from tl_core.store.identifiers import new_id

QUESTION = "New experiment"


def draw_choices(dataset: DatasetInfo, intake: Intake, input_errors: InputErrors) -> ExperimentConfig:
    """Draw every choice and freeze what they say. Raises TlError if they contradict each other."""
    with card("Task and base model"):
        task = choose_task(dataset)
        base_model = choose_base_model(input_errors)
    with card("Models to compare"):
        arms = choose_arms()
    with card("How much", "seeds and train texts decide how sure the verdict can be"):
        amount = choose_amount(intake.split.info, input_errors)
    with card("How models are scored", "fixed before the start"):
        left, right = st.columns(2)
        with left:
            budget = choose_budget()
        with right:
            metric = choose_metric(dataset)
            margin = choose_margin()
    with st.expander("Advanced settings", icon=":material/tune:"):
        training = choose_training(amount.preset, budget)
        arms += choose_rivals(base_model, input_errors)
        searches = choose_rate_search(amount.preset)
        rates = choose_rates(arms, base_model)
    return plan_experiment(
        experiment_id=new_id("exp"),
        name=dataset.name,
        dataset=dataset,
        split=intake.split.info,
        task=task,
        base_model=base_model,
        arms=arms,
        preset=amount.preset,
        num_seeds=amount.num_seeds,
        train_sizes=amount.train_sizes,
        headline_metric=metric,
        margin=margin,
        learning_rates=rates,
        should_search_rates=searches,
        training=training,
    )


def draw_start(experiment: ExperimentConfig, intake: Intake, input_errors: InputErrors) -> None:
    """Show the plan and what it costs, and start it if nothing stands in the way."""
    known, checks = measured(), passed_checks(workspace(), experiment)
    draw_plan(experiment, estimate_of(experiment, intake, known), ahead_of(known=known), checks)
    base_models = {arm.base_model or experiment.base_model for arm in neural_arms(experiment)}
    is_ready = can_be_had(sorted(base_models))
    if input_errors:
        is_ready = False
        st.caption("What is marked red has to be mended before the start.")
    offer_start(experiment, is_ready=is_ready)


datasets = workspace().database.list_datasets()
if not datasets:
    draw_header(QUESTION)
    invite("There are no texts yet to compare anything on.", "Bring your texts, or take a sample", "data")
    st.stop()

fingerprint = current("dataset") or datasets[0].fingerprint
intake = stored_intake(workspace().database.get_dataset(fingerprint).fingerprint)
remember("dataset", fingerprint)
split = intake.split.info
parts = f"{split.train:,} train, {split.validation:,} validation, {split.test:,} test examples"
draw_header(QUESTION, [intake.dataset.info.name, parts, f"split {short_hash(split.hash)}"])
choices, plan = st.columns([3, 2])
with choices:
    dataset = choose_dataset(datasets, fingerprint)
    if dataset.fingerprint != fingerprint:
        remember("dataset", dataset.fingerprint)
        st.rerun()
input_errors = InputErrors()
try:
    with choices:
        experiment = draw_choices(dataset, intake, input_errors)
    with plan, card("The plan"):
        draw_start(experiment, intake, input_errors)
except TlError as error:
    with plan:
        show_error(error)
