"""Setup, the page with every choice of an experiment, and what it will cost, before it starts."""

from functools import partial

import streamlit as st

from pages.cards.setup.again import take_over
from pages.cards.setup.choices import (
    choose_amount,
    choose_arms,
    choose_budget,
    choose_dataset,
    choose_margin,
    choose_metric,
    choose_preset,
    choose_splits,
    choose_task,
    chosen_splits,
)
from pages.cards.setup.expert import (
    choose_balanced,
    choose_rate_search,
    choose_rates,
    choose_rivals,
    choose_training,
)
from pages.cards.setup.plan_card import draw_plan, find_started, offer_check, offer_start, summary_of
from pages.cards.setup.power import draw_power
from pages.ui.base_models import can_be_had, choose_base_model
from pages.ui.errors import InputErrors, show_error
from pages.ui.formatting import parts_of, short_hash
from pages.ui.frame import card, draw_header, invite
from pages.ui.plan import AGAIN, ahead_of, estimate_of, measured
from pages.ui.readers import stored_intake
from pages.ui.session import current, remember, workspace
from tl_core.errors import TlError
from tl_core.intake.intake import Intake
from tl_core.jobs import dry_run
from tl_core.jobs.dry_run import neural_arms, passed_checks
from tl_core.planning.plan import plan_experiment
from tl_core.planning.presets import PRESETS
from tl_core.schema import DatasetInfo, ExperimentConfig
from tl_core.store.identifiers import new_id

QUESTION = "New experiment"


def draw_choices(dataset: DatasetInfo, intake: Intake, input_errors: InputErrors) -> ExperimentConfig:
    """Draw every choice and freeze what they say. Raises TlError if they contradict each other."""
    planned = partial(
        plan_experiment,
        experiment_id=new_id("exp"),
        name=dataset.name,
        dataset=dataset,
        split=intake.split.info,
    )
    with card("Base model"):
        base_model = choose_base_model(input_errors, dataset.columns.modality)
    with card("Models to compare"):
        arms = choose_arms(dataset.columns.modality)
    with card("Time"):
        of_preset = partial(planned, base_model=base_model, arms=arms)
        preset = choose_preset(
            partial(of_preset, num_splits=chosen_splits(dataset, intake.split.info)), intake
        )
    with st.expander("Advanced settings", icon=":material/tune:"):
        amount, scoring, training, rates = st.tabs(["Amount", "Scoring", "Training", "Learning rates"])
        with amount:
            num_seeds, train_sizes = choose_amount(preset, intake.split.info, input_errors)
            num_splits = choose_splits(dataset, intake.split.info)
            arms += choose_rivals(base_model, input_errors)
            arms += choose_balanced(arms)
        with scoring:
            metric = choose_metric(dataset)
            margin = choose_margin()
            budget = choose_budget()
            task = choose_task(dataset)
        with training:
            config = choose_training(preset, budget, dataset.columns.modality)
        with rates:
            searches = choose_rate_search(preset)
            learning_rates = choose_rates(arms, base_model)
    return planned(
        base_model=base_model,
        arms=arms,
        preset=preset,
        task=task,
        num_seeds=num_seeds,
        num_splits=num_splits,
        train_sizes=train_sizes,
        headline_metric=metric,
        margin=margin,
        learning_rates=learning_rates,
        # Left as the preset has it, partial arms are searched all the same.
        should_search_rates=None if searches == PRESETS[preset].searches_rates else searches,
        training=config,
    )


def draw_start(experiment: ExperimentConfig, intake: Intake, input_errors: InputErrors) -> None:
    """Show the plan and what it costs, and keep the way to start it in sight."""
    known, checks = measured(), passed_checks(workspace(), experiment)
    cost = estimate_of(experiment, intake, known).repeated(experiment.num_splits)
    ahead = ahead_of(known=known)
    base_models = {arm.base_model or experiment.base_model for arm in neural_arms(experiment)}
    if len(checks) < len(neural_arms(experiment)) and not ahead.num_runs:  # nothing trains that it would slow
        dry_run.get_ready(workspace())
    with plan, card("The plan"):
        draw_plan(experiment, cost, ahead, checks)
        draw_power(experiment, intake, cost)
        is_ready = can_be_had(sorted(base_models))
        if input_errors:
            is_ready = False
            st.markdown(":material/error: Correct what is marked red before you start.")
        same = find_started(experiment)
        offer_check(experiment, is_ready=is_ready)
    with st.container(key="sticky_foot", horizontal=True, vertical_alignment="center"):
        st.markdown(summary_of(experiment, cost, ahead), width="stretch")
        offer_start(experiment, is_ready=is_ready, is_again=same is not None)


datasets = workspace().database.list_datasets()
if not datasets:
    draw_header(QUESTION)
    invite("Bring your data first, or take a sample.", "Your data", "data")
    st.stop()

if wanted := st.query_params.get(AGAIN):
    take_over(workspace().database.get_experiment(wanted))
    del st.query_params[AGAIN]
fingerprint = current("dataset") or datasets[0].fingerprint
if "dataset" not in st.query_params and (named := st.query_params.get("experiment")):
    of_experiment = workspace().database.get_experiment(named).dataset_fingerprint
    fingerprint = of_experiment if of_experiment in {one.fingerprint for one in datasets} else fingerprint
intake = stored_intake(workspace().database.get_dataset(fingerprint).fingerprint)
remember("dataset", fingerprint)
split = intake.split.info
draw_header(QUESTION, [intake.dataset.info.name, parts_of(split), f"split {short_hash(split.hash)}"])
choices, side = st.columns([3, 2])
plan = side.container(key="sticky_side")
with choices:
    dataset = choose_dataset(datasets, fingerprint)
    if dataset.fingerprint != fingerprint:
        remember("dataset", dataset.fingerprint)
        st.rerun()
input_errors = InputErrors()
try:
    with choices:
        experiment = draw_choices(dataset, intake, input_errors)
    draw_start(experiment, intake, input_errors)
except TlError as error:
    with plan:
        show_error(error)
