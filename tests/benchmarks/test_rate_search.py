"""What a search of learning rates is worth: summed up from what was trained, and no training too many."""

from itertools import product
from typing import Any

import pytest

from benchmarks.rate_search import ARMS, LEAST_POINTS, RECORDED, SEARCHED, SETS, key, summary, tasks
from benchmarks.statistics_tables import read
from tl_core.arms import ArmKind

TUNED, SCRATCH = ArmKind.FINE_TUNED, ArmKind.SCRATCH
RATES = '{"encoder":0.00015,"head":0.015,"redrawn":null}'


def run(accuracy: float, is_recorded: bool = True, trials: tuple[int, ...] = ()) -> dict[str, Any]:
    return {
        "test_accuracy": accuracy,
        "num_train": 425,
        "num_validation": 75,
        "num_test": 500,
        "steps": 108,
        "rates": RATES,
        "is_recorded": is_recorded,
        "tried": [{"num_trials": number} for number in trials],
    }


def searches_that_kept(kind: ArmKind) -> dict[str, Any]:
    return {key(name, kind, 0, SEARCHED): run(0.8, trials=(1, 3, 3)) for name in SETS}


def test_a_search_harms_no_arm() -> None:
    measured = read("rate_search")
    assert measured["arms"].keys() == {kind.value for kind in ARMS}
    for row in measured["arms"].values():
        assert row["sets"].keys() == set(SETS)
        assert row["is_harmless"]
        assert row["ci95_points"][0] >= LEAST_POINTS == -0.5


def test_where_a_search_keeps_the_recorded_rates_both_are_the_same_runs() -> None:
    table = summary(searches_that_kept(TUNED))["arms"]
    assert list(table) == [TUNED.value], "the other arm is not complete"
    found = table[TUNED.value]
    assert (found["benefit_points"], found["ci95_points"], found["num_changed"]) == (0, [0, 0], 0)
    assert (found["mean_trainings"], found["mean_steps"]) == (7, 7 * 108)


def test_the_benefit_is_the_mean_over_sets_with_its_t_interval() -> None:
    known = searches_that_kept(SCRATCH)
    known[key(SETS[0], SCRATCH, 0, SEARCHED)] = run(0.81, is_recorded=False, trials=(3, 3, 3))
    assert summary(known)["arms"] == {}, "its runs are still to come"
    for seed, (searched, recorded) in enumerate([(0.81, 0.80), (0.84, 0.80), (0.85, 0.81)]):
        known[key(SETS[0], SCRATCH, seed, SEARCHED)] = run(searched, is_recorded=False, trials=(3, 3, 3))
        known[key(SETS[0], SCRATCH, seed, RECORDED)] = run(recorded)
    found = summary(known)["arms"][SCRATCH.value]
    assert found["sets"][SETS[0]]["by_seed"] == pytest.approx([1.0, 4.0, 4.0])
    # Of 3, 0, 0, 0, 0 by hand: mean 0.6, sd 1.342, half 2.776 * 1.342 / sqrt(5) = 1.666.
    assert found["benefit_points"] == pytest.approx(0.6)
    assert found["ci95_points"] == pytest.approx([-1.066, 2.266], abs=0.001)
    assert not found["is_harmless"]
    assert found["num_changed"] == 1
    assert found["mean_trainings"] == pytest.approx((9 + 4 * 7) / 5)


def test_only_what_a_search_has_changed_is_trained_twice() -> None:
    assert sorted(tasks({})) == sorted((name, kind, 0, SEARCHED) for name, kind in product(SETS, ARMS))
    known = searches_that_kept(TUNED) | searches_that_kept(SCRATCH)
    assert tasks(known) == []
    known[key(SETS[1], TUNED, 0, SEARCHED)] = run(0.81, is_recorded=False)
    assert tasks(known) == [
        (SETS[1], TUNED, 0, RECORDED),
        (SETS[1], TUNED, 1, RECORDED),
        (SETS[1], TUNED, 2, RECORDED),
        (SETS[1], TUNED, 1, SEARCHED, RATES),
        (SETS[1], TUNED, 2, SEARCHED, RATES),
    ]
