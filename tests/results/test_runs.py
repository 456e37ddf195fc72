"""How long a finished network trained, from its own events."""

from dataclasses import replace

import pytest

from tests.pages.fixtures import add_experiment, finish_run, runs_of, store_sample_dataset
from tl_core.results.runs import epochs_of, read_finished_run
from tl_core.schema import BudgetRule, EvalFinished, SplitName

LAST = 60 * 16 / 33
"""Epochs of a run of the fixtures: 60 steps of 16 of its 33 train examples."""


def finished(workspace, arm="scratch", **asked):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), (arm,), **asked)
    (run,) = runs_of(workspace, experiment)
    finish_run(workspace, run)
    return read_finished_run(workspace.run_folder(run.run_id))


def keeping(run, step):
    *before, last = run.events
    return replace(run, events=(*before, last.model_copy(update={"kept_step": step})))


def test_a_network_is_said_to_have_trained_as_long_as_the_weights_it_kept(workspace):
    run = finished(workspace, budget=BudgetRule.PLATEAU)
    assert epochs_of([keeping(run, 12), keeping(run, 40)]) == pytest.approx((12 * 16 / 33, 40 * 16 / 33))


def test_the_epochs_are_those_that_were_trained_and_not_the_planned_ones(workspace):
    run = finished(workspace, epochs=4)
    assert epochs_of([run]) == pytest.approx((LAST,)), "the fewest steps of a run are more than 4 epochs"


def test_a_plateau_of_an_earlier_version_kept_its_lowest_loss(workspace):
    run = finished(workspace, budget=BudgetRule.PLATEAU)
    events = tuple(
        event.model_copy(update={"loss": 0.01 if event.step == 20 else event.loss})
        if isinstance(event, EvalFinished) and event.split is SplitName.VALIDATION
        else event
        for event in run.events
    )
    assert epochs_of([replace(run, events=events)]) == pytest.approx((20 * 16 / 33,))


def test_an_arm_without_a_network_has_no_epochs(workspace):
    assert epochs_of([finished(workspace, "tfidf")]) == ()
