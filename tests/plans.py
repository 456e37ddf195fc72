"""Plans for tests, with fields of the training among what is asked."""

from typing import Any

from tl_core.planning.plan import plan_experiment, plan_training
from tl_core.schema import BudgetRule, ExperimentConfig, Preset, TrainingConfig


def plan_as_asked(**asked: Any) -> ExperimentConfig:
    """Plan an experiment; the fields of `TrainingConfig` may stand beside those of `plan_experiment`.

    Equal steps are the shortest runs, so they are what tests take.
    """
    asked = {"budget": BudgetRule.EQUAL_STEPS, **asked}
    training = {name: asked.pop(name) for name in TrainingConfig.model_fields if name in asked}
    return plan_experiment(**asked, training=plan_training(asked.get("preset", Preset.QUICK), **training))
