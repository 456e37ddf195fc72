"""Learning rates chosen on validation: one rule for every arm, one search for all its runs, its cost kept."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.experiments.running import carry_out_all, make_workspace, queue_experiment
from tests.files.tables import CHOICE, table
from tests.tiny_models import tiny_model_folder
from tl_core.datasets.dataset import build_dataset
from tl_core.errors import DivergedError
from tl_core.experiments.rate_search import (
    Outcome,
    Trial,
    best_rates,
    find_rates,
    fold,
    search_rates,
)
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
from tl_core.splits.splitting import make_split
from tl_core.store.workspace import Workspace

GRID = grid_around(LearningRates(encoder=1e-3, head=1e-2))
RECORDED = GRID[1]


def outcome(share: float, seed: int = 0, num: int = 100, loss: float = 0.5, train_s: float = 2.5) -> Outcome:
    """Make a training that is right on this share of the examples, the same ones for the same seed."""
    right = (np.random.default_rng(seed).permutation(num) < round(share * num)).astype(float)
    evaluation = EvalFinished(
        split=SplitName.VALIDATION,
        num_examples=num,
        loss=loss,
        accuracy=share,
        macro_f1=share,
        predicted_class_counts=(num, 0),
        seq=0,
        step=15,
        examples_seen=0,
        tokens_seen=0,
        train_s=0,
        wall_s=0,
    )
    return Outcome(values=right, evaluation=evaluation, train_s=train_s)


def script(**shares: Sequence[float]) -> tuple[Trial, list[tuple[LearningRates, int]]]:
    """Make trials whose shares are given for ``low``, ``recorded``, ``high`` and what lies beyond."""
    names = dict(zip(GRID, ("low", "recorded", "high"), strict=True))
    carried_out: list[tuple[LearningRates, int]] = []

    def trial(rates: LearningRates, place: int) -> Outcome:
        carried_out.append((rates, place))
        found = shares[names.get(rates, "beyond")]
        if not found:
            raise DivergedError("The loss became nan.")
        return outcome(found[place], seed=place)

    return trial, carried_out


def search(**shares: Sequence[float]) -> tuple[RateSearch, int]:
    """Search; return what was found and how many trainings that took."""
    trial, carried_out = script(**shares)
    found = search_rates(GRID, trial, Metric.ACCURACY, 33)
    assert len(set(carried_out)) == len(carried_out), "no training is carried out twice"
    return found, len(carried_out)


def test_where_nothing_came_out_above_the_recorded_rates_they_stay_after_one_trial_of_each() -> None:
    found, num_trainings = search(low=[0.7], recorded=[0.8], high=[0.8])
    assert (found.chosen, num_trainings) == (RECORDED, 3)
    assert [one.num_trials for one in found.tried] == [1, 1, 1]
    assert (found.train_s, found.num_examples) == (7.5, 100)


def test_what_was_ahead_by_luck_does_not_replace_them() -> None:
    found, num_trainings = search(low=[0.84, 0.78, 0.79], recorded=[0.8, 0.8, 0.8], high=[0.7])
    assert (found.chosen, num_trainings) == (RECORDED, 7)
    low = found.tried[0]
    assert low.num_trials == 3
    assert low.gain == pytest.approx((0.04 - 0.02 - 0.01) / 3)
    assert low.standard_error is not None
    assert low.gain < 2 * low.standard_error


def test_what_is_ahead_beyond_its_error_does() -> None:
    found, _ = search(low=[0.6], recorded=[0.7, 0.7, 0.7], high=[0.9, 0.88, 0.9], beyond=[0.5])
    assert found.chosen == GRID[2]
    gain, error = found.tried[2].gain, found.tried[2].standard_error
    assert gain == pytest.approx((0.2 + 0.18 + 0.2) / 3)
    assert error is not None
    assert gain > 2 * error


def test_a_best_at_the_edge_widens_the_grid_and_what_lies_beyond_must_be_ahead_too() -> None:
    ahead = {"low": [0.6], "recorded": [0.6] * 3, "high": [0.75] * 3}
    found, _ = search(**ahead, beyond=[0.7] * 3)
    assert (found.chosen, len(found.tried)) == (GRID[2], 4)
    further, _ = search(**ahead, beyond=[0.95] * 3)
    assert len(further.tried) == 5, "beyond is tried, and once more beyond that"
    assert further.chosen == further.tried[3].rates
    assert further.tried[3].rates.head == pytest.approx(9 * RECORDED.head, rel=0.01)
    lower, _ = search(low=[0.9] * 3, recorded=[0.6] * 3, high=[0.5], beyond=[0.4])
    assert (lower.chosen, lower.tried[0].rates.head) == (GRID[0], pytest.approx(RECORDED.head / 9, rel=0.01))


def test_noise_alone_seldom_changes_the_rates() -> None:
    """Three equal rates whose trainings differ by 2 points, judged by 75 examples, as it was reported."""
    rng, num, changed = np.random.default_rng(0), 75, 0

    def trial(rates: LearningRates, place: int) -> Outcome:
        share = 0.8 + 0.02 * rng.normal()
        right = (rng.random(num) < share).astype(float)
        return Outcome(values=right, evaluation=outcome(0.8).evaluation, train_s=1.0)

    for _ in range(200):
        changed += search_rates(GRID, trial, Metric.ACCURACY, 33).chosen != RECORDED
    assert changed <= 0.08 * 200, "the highest of three would have changed them in two of three"


def test_a_divergence_is_passed_over_and_where_all_diverge_it_is_an_error() -> None:
    assert search(low=[0.9] * 3, recorded=[0.5] * 3, high=[], beyond=[])[0].chosen == GRID[0]
    found, _ = search(low=[0.7] * 3, recorded=[], high=[0.6] * 3, beyond=[])
    assert found.chosen == GRID[0]
    assert [one.value for one in found.tried if one.rates == RECORDED] == [None]
    with pytest.raises(DivergedError, match="at every learning rate"):
        search(low=[], recorded=[], high=[])


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
def test_of_an_earlier_versions_answer_the_highest_value_wins_and_of_equal_ones_the_lower_loss(
    outcomes, place
) -> None:
    assert best_rates(tried(*outcomes)) == GRID[place]


def test_what_was_found_is_not_searched_again(tmp_path: Path) -> None:
    def never(rates: LearningRates, place: int) -> Outcome:
        raise AssertionError("searched again")

    def once(rates: LearningRates, place: int) -> Outcome:
        return outcome(0.9)

    path = tmp_path / "a.json"
    first = find_rates(path, GRID, once, metric=Metric.ACCURACY, train_size=33)
    assert find_rates(path, GRID, never, metric=Metric.ACCURACY, train_size=33) == first


def test_small_validation_is_drawn_anew_for_further_trials_and_test_is_never_touched() -> None:
    rows = table(text=[f"t{i}" for i in range(90)], label=list("xyz") * 30)
    dataset = build_dataset(rows, name="letters", choice=CHOICE)
    split = make_split(dataset)
    parts = [fold(dataset, split, place) for place in range(3)]
    assert parts[0] is split
    for part in parts[1:]:
        assert (len(part.train), len(part.validation)) == (len(split.train), len(split.validation))
        assert set(part.train) | set(part.validation) == set(split.train) | set(split.validation)
        assert set(part.validation) != set(split.validation)
        counts = np.bincount(dataset.targets()[part.validation])
        assert counts.max() - counts.min() <= 1
    assert set(parts[1].validation) != set(parts[2].validation)
    grouped = replace(split, groups=np.arange(90))
    assert fold(dataset, grouped, 1) is grouped


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
        assert (found.chosen, found.train_size) == (best_rates(found), 33)
        assert found.train_s > 0
        trials = [
            sum(isinstance(event, PhaseStarted) and event.phase == "rates" for event in run.events)
            for run in runs
        ]
        assert sorted(trials) == [0, 0, 0, sum(one.num_trials for one in found.tried)]
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
