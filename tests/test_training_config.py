from tl_core.schema import BudgetRule, TrainingConfig


def test_steps_are_whole_epochs_and_at_least_the_minimum() -> None:
    config = TrainingConfig(epochs=5, batch_size=16, min_steps=60)
    assert config.planned_steps(330) == 5 * 21
    assert config.planned_steps(100) == 60


def test_the_plateau_ends_at_its_cap() -> None:
    config = TrainingConfig(epochs=5, batch_size=16, budget=BudgetRule.PLATEAU, cap_factor=4)
    assert config.step_limit(330) == 420


def test_a_plateau_is_steady_for_twice_the_equal_steps_and_decays_for_as_many_within_its_cap() -> None:
    equal = TrainingConfig(epochs=5, batch_size=16)
    assert equal.fewest_steps(330) == equal.step_limit(330) == 105
    plateau = equal.model_copy(update={"budget": BudgetRule.PLATEAU})
    assert (plateau.fewest_steps(330), plateau.step_limit(330)) == (315, 840)
    assert plateau.model_copy(update={"cap_factor": 1.5}).fewest_steps(330) == 158
