"""What a comparison lacks is planned under its own rules, and nothing else."""

import pytest

from tests.store.makers import make_experiment
from tl_core.planning.missing_runs import plan_missing
from tl_core.planning.presets import DEFAULT_RATES
from tl_core.schema import Arm, ArmKind, ExperimentConfig, LearningRates

FROZEN, WIPED, SCRATCH, TUNED = (
    Arm(kind=k) for k in (ArmKind.FROZEN, ArmKind.FROZEN_RANDOM, ArmKind.SCRATCH, ArmKind.FINE_TUNED)
)


@pytest.fixture
def experiment() -> ExperimentConfig:
    rates = {"scratch": LearningRates(encoder=1e-3, head=1e-3)}
    return make_experiment().model_copy(update={"learning_rates": rates, "num_seeds": 4})


def test_only_what_is_missing_is_planned(experiment: ExperimentConfig) -> None:
    (plan,) = plan_missing(experiment, [(FROZEN, 6), (TUNED, 6)])
    assert plan.arms == (FROZEN, TUNED)
    assert plan.train_sizes == (6,)
    assert plan.learning_rates == {"fine_tuned": DEFAULT_RATES[ArmKind.FINE_TUNED]}


def test_split_seeds_and_settings_stay(experiment: ExperimentConfig) -> None:
    (plan,) = plan_missing(experiment, [(FROZEN, 6)])
    same = {
        "split",
        "training",
        "num_seeds",
        "base_model",
        "headline_metric",
        "dataset_fingerprint",
        "labels",
    }
    assert plan.model_dump(include=same) == experiment.model_dump(include=same)
    assert plan.experiment_id != experiment.experiment_id


def test_an_arm_keeps_the_rates_it_had(experiment: ExperimentConfig) -> None:
    (plan,) = plan_missing(experiment, [(SCRATCH, 3)])
    assert plan.learning_rates["scratch"].encoder == 1e-3


def test_arms_that_lack_different_sizes_are_planned_apart(experiment: ExperimentConfig) -> None:
    plans = plan_missing(experiment, [(SCRATCH, 4), (FROZEN, 6), (SCRATCH, 2)])
    assert [(plan.arms, plan.train_sizes) for plan in plans] == [((SCRATCH,), (2, 4)), ((FROZEN,), (6,))]
    assert len({plan.experiment_id for plan in plans}) == 2


def test_nothing_missing_is_no_plan(experiment: ExperimentConfig) -> None:
    assert plan_missing(experiment, []) == ()
