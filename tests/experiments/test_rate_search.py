"""Learning rates chosen on validation: one rule for every arm, one search for all its runs, its cost kept."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.experiments.running import carry_out_all, make_workspace, queue_experiment
from tests.tiny_models import tiny_model_folder
from tl_core.errors import DivergedError
from tl_core.experiments.rate_search import best_rates, find_rates
from tl_core.planning.missing_runs import plan_missing
from tl_core.planning.plan import queue_runs
from tl_core.planning.presets import arms_to_search, grid_around
from tl_core.results.comparison import gather
from tl_core.schema import (
    Arm,
    EvalFinished,
    ExperimentConfig,
    LearningRates,
    Metric,
    PhaseStarted,
    RateSearch,
    SplitName,
    State,
    TriedRates,
)
from tl_core.store.workspace import Workspace

GRID = grid_around(LearningRates(encoder=1e-3, head=1e-2))


def evaluation(accuracy: float, loss: float, macro_f1: float = 0.5) -> EvalFinished:
    return EvalFinished(
        split=SplitName.VALIDATION,
        num_examples=9,
        loss=loss,
        accuracy=accuracy,
        macro_f1=macro_f1,
        predicted_class_counts=(9, 0),
        seq=0,
        step=15,
        examples_seen=0,
        tokens_seen=0,
        train_s=0,
        wall_s=0,
    )


def tried(*outcomes: tuple[float | None, float | None]) -> RateSearch:
    parts = [
        TriedRates(rates=rates, value=value, loss=loss)
        for rates, (value, loss) in zip(GRID, outcomes, strict=True)
    ]
    return RateSearch(tried=tuple(parts), train_size=33, num_examples=9, train_s=1.0)


@pytest.mark.parametrize(
    ("outcomes", "place"),
    [
        (((0.7, 0.5), (0.8, 0.9), (0.6, 0.1)), 1),
        (((0.8, 0.5), (0.8, 0.4), (0.8, 0.6)), 1),
        (((None, None), (0.2, 1.0), (None, None)), 1),
        (((0.8, 0.0), (0.7, 0.4), (0.6, 0.6)), 0),
    ],
)
def test_the_highest_value_wins_and_of_equal_ones_the_lower_loss(outcomes, place) -> None:
    assert best_rates(tried(*outcomes)) == GRID[place]


def test_rates_that_all_diverged_are_an_error() -> None:
    with pytest.raises(DivergedError, match="at every learning rate"):
        best_rates(tried(*[(None, None)] * 3))


def test_the_headline_metric_decides_and_a_divergence_is_passed_over(tmp_path: Path) -> None:
    outcomes = {GRID[0]: evaluation(0.9, 0.3, 0.2), GRID[1]: evaluation(0.5, 0.4, 0.6)}

    def trial(rates: LearningRates) -> tuple[EvalFinished, float]:
        if rates not in outcomes:
            raise DivergedError("The loss became nan.")
        return outcomes[rates], 2.5

    for metric, best in ((Metric.ACCURACY, GRID[0]), (Metric.MACRO_F1, GRID[1])):
        found = find_rates(tmp_path / f"{metric}.json", GRID, trial, metric=metric, train_size=33)
        assert best_rates(found) == best
        assert found.tried[2].value is None
        assert (found.train_s, found.num_examples) == (5.0, 9)


def test_what_was_found_is_not_searched_again(tmp_path: Path) -> None:
    def never(rates: LearningRates) -> tuple[EvalFinished, float]:
        raise AssertionError("searched again")

    first = find_rates(
        tmp_path / "a.json",
        GRID,
        lambda _: (evaluation(0.9, 0.3), 1.0),
        metric=Metric.ACCURACY,
        train_size=33,
    )
    again = find_rates(tmp_path / "a.json", GRID, never, metric=Metric.ACCURACY, train_size=33)
    assert again == first


@pytest.fixture(scope="module")
def base_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model_folder(tmp_path_factory.mktemp("models"), "bert")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    opened = make_workspace(tmp_path_factory.mktemp("searched") / "workspace")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def searched(workspace: Workspace, base_model: Path) -> ExperimentConfig:
    experiment = queue_experiment(
        workspace,
        base_model,
        ["scratch", "fine_tuned"],
        num_seeds=2,
        train_sizes=[12, 33],
        should_search_rates=True,
    )
    carry_out_all(workspace)
    return experiment


def test_all_runs_of_an_arm_train_at_the_rates_that_its_first_run_found(workspace, searched) -> None:
    results = gather(workspace, searched.experiment_id)
    assert results.is_done
    assert {run.state for run in results.runs} == {State.FINISHED}
    for arm in ("scratch", "fine_tuned"):
        runs = [run for run in results.finished if run.config.arm.name == arm]
        assert len(runs) == 4
        assert len({run.record.rate_search.model_dump_json() for run in runs}) == 1
        found = runs[0].record.rate_search
        assert {run.config.learning_rates for run in runs} == {best_rates(found)}
        assert (len(found.tried), found.train_size) == (3, 33)
        assert found.train_s > 0
        trials = [
            sum(isinstance(event, PhaseStarted) and event.phase == "rates" for event in run.events)
            for run in runs
        ]
        assert sorted(trials) == [0, 0, 0, 3]
        assert all(run.record.energy_wh is not None for run in runs), "the search computes features for all"


def test_the_search_leaves_the_measured_training_as_it_is(workspace, base_model, searched) -> None:
    """With the found rates set beforehand the same weights come out: nothing leaks into them."""
    with_search = gather(workspace, searched.experiment_id)
    rates = {run.config.arm.name: run.config.learning_rates for run in with_search.finished}
    plain = queue_experiment(
        workspace,
        base_model,
        ["scratch", "fine_tuned"],
        num_seeds=2,
        train_sizes=[12, 33],
        learning_rates={name: one for name, one in rates.items() if one is not None},
    )
    carry_out_all(workspace)
    without = gather(workspace, plain.experiment_id)
    for key, found in without.predictions.items():
        assert (found.logits == with_search.predictions[key].logits).all()


def test_further_train_sizes_use_the_answer_at_no_cost(workspace, searched) -> None:
    (plan,) = plan_missing(searched, [(Arm.parse("scratch"), 20)])
    assert arms_to_search(workspace, plan) == frozenset()
    queue_runs(workspace, plan)
    carry_out_all(workspace)
    more = gather(workspace, plan.experiment_id).finished
    first = gather(workspace, searched.experiment_id).runs_of("scratch", 33)
    assert {run.config.learning_rates for run in more} == {first[0].config.learning_rates}
    assert not any(isinstance(e, PhaseStarted) and e.phase == "rates" for run in more for e in run.events)
