from hypothesis import given
from hypothesis import strategies as st

from tl_core.schema import BudgetRule, TrainingConfig


def test_steps_are_whole_epochs_and_at_least_the_minimum() -> None:
    config = TrainingConfig(epochs=5, batch_size=16, min_steps=60)
    assert config.planned_steps(330) == 5 * 21
    assert config.planned_steps(100) == 60


def test_the_plateau_ends_at_its_cap() -> None:
    config = TrainingConfig(epochs=5, batch_size=16, budget=BudgetRule.PLATEAU, cap_factor=4)
    assert config.step_limit(330) == 420


def test_a_plateau_takes_at_least_twice_the_equal_steps_within_its_cap() -> None:
    equal = TrainingConfig(epochs=5, batch_size=16)
    assert equal.fewest_steps(330) == equal.step_limit(330) == 105
    plateau = equal.model_copy(update={"budget": BudgetRule.PLATEAU})
    assert (plateau.fewest_steps(330), plateau.step_limit(330)) == (210, 840)
    assert plateau.model_copy(update={"cap_factor": 1.5}).fewest_steps(330) == 158


@given(
    st.builds(
        TrainingConfig,
        epochs=st.floats(0.1, 50),
        min_steps=st.integers(15, 500),
        batch_size=st.integers(1, 256),
        num_evaluations=st.integers(1, 200),
        max_eval_examples=st.integers(1, 2000),
    ),
    st.integers(1, 100_000),
    st.integers(1, 100_000),
)
def test_the_evaluations_of_a_curve_cost_at_most_a_quarter_of_its_training(
    config: TrainingConfig, num_train: int, num_validation: int
) -> None:
    count, each = config.evaluations(num_train, num_validation)
    trained = config.planned_steps(num_train) * num_train / config.steps_an_epoch(num_train)
    scored = (count + 1) * each / 3
    assert scored <= 0.25 * trained or (count, each) == (1, 1)
    assert 1 <= count <= config.num_evaluations
    assert 1 <= each <= min(num_validation, config.max_eval_examples)


def test_examples_go_first_and_then_evaluations() -> None:
    quick = TrainingConfig(epochs=4)
    assert quick.evaluations(5000, 512) == (15, 512)
    assert quick.evaluations(500, 512) == (15, 93)
    assert quick.evaluations(16, 512) == (10, 64)
    assert quick.evaluations(50, 15) == (15, 15)
