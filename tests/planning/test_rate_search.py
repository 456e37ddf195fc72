"""Which rates are tried: the same rule for every arm, by preset, and never for rates set by hand."""

import pytest

from tests.planning.test_estimate import CPU, MEAN_TOKENS, START_S, make_plan
from tl_core.catalogue.base_models import CATALOGUE
from tl_core.planning.estimate import estimate
from tl_core.planning.missing_runs import plan_missing
from tl_core.planning.presets import grid_around
from tl_core.planning.remedies import plan_search_of_rates
from tl_core.schema import Arm, LearningRates, Preset


def test_a_grid_moves_encoder_and_head_together_and_a_frozen_encoder_stays():
    low, own, high = grid_around(LearningRates(encoder=5e-5, head=5e-3))
    assert (low.encoder, own.encoder, high.encoder) == (1.67e-5, 5e-5, 1.5e-4)
    assert (low.head, own.head, high.head) == (1.67e-3, 5e-3, 1.5e-2)
    assert {rates.encoder for rates in grid_around(LearningRates(encoder=0, head=1e-2), 2)} == {0.0}
    assert len(grid_around(own, 2)) == 5


@pytest.mark.parametrize(("preset", "searches"), [("quick", False), ("standard", True), ("thorough", True)])
def test_the_preset_decides_and_every_network_is_searched_by_one_rule(preset, searches):
    plan = make_plan("tfidf", "scratch", "frozen", "fine_tuned", preset=Preset(preset), train_sizes=[20, 80])
    if not searches:
        assert plan.rate_search is None
        return
    assert plan.rate_search.train_size == 80
    assert set(plan.rate_search.grids) == {"scratch", "fine_tuned"}
    for arm, grid in plan.rate_search.grids.items():
        assert grid == grid_around(plan.learning_rates[arm])


def test_a_person_can_ask_for_it_or_decline_it():
    assert make_plan("scratch", should_search_rates=True).rate_search is not None
    assert make_plan("scratch", preset=Preset.STANDARD, should_search_rates=False).rate_search is None


def test_rates_set_by_hand_are_kept():
    asked = {"scratch": LearningRates(encoder=1e-3, head=1e-3)}
    plan = make_plan("scratch", "fine_tuned", should_search_rates=True, learning_rates=asked)
    assert set(plan.rate_search.grids) == {"fine_tuned"}
    assert plan.learning_rates["scratch"] == asked["scratch"]


def test_what_is_added_later_keeps_the_search_and_its_size():
    plan = make_plan("scratch", "fine_tuned", should_search_rates=True, train_sizes=[160])
    sizes, arms = plan_missing(plan, [(Arm.parse("scratch"), 40), (Arm.parse("contrastive"), 160)])
    assert sizes.rate_search.train_size == 160
    assert sizes.rate_search.grids["scratch"] == plan.rate_search.grids["scratch"]
    assert arms.rate_search.grids["contrastive"] == grid_around(arms.learning_rates["contrastive"])
    (probe,) = plan_missing(plan, [(Arm.parse("frozen"), 160)])
    assert probe.rate_search is None


def test_the_search_is_in_the_estimate_until_it_is_done():
    plan = make_plan("tfidf", "scratch", "frozen", should_search_rates=True, num_seeds=2)
    facts = {name: CATALOGUE["builtin"] for name in ("scratch", "frozen")}
    done = estimate(plan, facts, MEAN_TOKENS, CPU, ())
    ahead = estimate(plan, facts, MEAN_TOKENS, CPU, (), {"scratch", "frozen"})
    one_training = estimate(make_plan("scratch"), facts, MEAN_TOKENS, CPU, ()).total.high_s - START_S
    assert ahead.total.low_s - done.total.low_s == pytest.approx(3 * one_training), "each rate once"
    assert ahead.total.high_s - done.total.high_s == pytest.approx(9 * one_training), "each three times"
    assert ahead.first_verdict.high_s - done.first_verdict.high_s == pytest.approx(9 * one_training)


def test_the_remedy_searches_for_every_arm_and_wider_the_second_time():
    plan = make_plan("scratch", "fine_tuned")
    first = plan_search_of_rates(plan)
    second = plan_search_of_rates(first)
    assert {len(grid) for grid in first.rate_search.grids.values()} == {3}
    assert {len(grid) for grid in second.rate_search.grids.values()} == {5}
    assert first.training == plan.training
