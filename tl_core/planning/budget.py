"""How many steps a budget rule gives to a train size."""

import math

from tl_core.schema import STEADY_FACTOR, BudgetRule, TrainingConfig


def planned_steps(num_examples: int, config: TrainingConfig) -> int:
    """Count the steps of the equal-steps budget: so many epochs, but at least ``min_steps``."""
    return max(math.ceil(config.epochs * steps_an_epoch(num_examples, config)), config.min_steps)


def step_limit(num_examples: int, config: TrainingConfig) -> int:
    """Count the steps at which a run ends at the latest: the budget's own, or the plateau's cap."""
    steps = planned_steps(num_examples, config)
    return math.ceil(steps * config.cap_factor) if config.budget is BudgetRule.PLATEAU else steps


def fewest_steps(num_examples: int, config: TrainingConfig) -> int:
    """Count the steps of the shortest run: its budget's own, or a plateau's steady stretch and its decay."""
    steps = planned_steps(num_examples, config)
    fewest = (STEADY_FACTOR + 1) * steps if config.budget is BudgetRule.PLATEAU else steps
    return min(fewest, step_limit(num_examples, config))


def steps_an_epoch(num_examples: int, config: TrainingConfig) -> int:
    """Count the batches of one pass over the train examples, the last one perhaps smaller."""
    return math.ceil(num_examples / config.batch_size)
