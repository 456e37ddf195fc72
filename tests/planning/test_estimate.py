from dataclasses import replace
from typing import Any

import pytest

from tests.plans import plan_as_asked
from tests.store.makers import make_info
from tl_core.catalogue.base_models import CATALOGUE, BaseModel
from tl_core.planning.estimate import Estimate, estimate
from tl_core.planning.machine import Hardware, Source, Throughput
from tl_core.planning.plan import parse_arms
from tl_core.schema import BudgetRule, ExperimentConfig, Span, SplitInfo, Task

CPU = Hardware(
    num_cores=2, memory_gib=16, gpu=None, gpu_memory_gib=None, gpu_problem="", torch_version="2.13.0+cpu"
)
GPU = replace(CPU, gpu="NVIDIA H200", gpu_memory_gib=139)
BUILTIN = CATALOGUE["builtin"]
SPLIT = SplitInfo(hash="5" * 64, dataset_fingerprint="f" * 64, seed=0, train=160, validation=30, test=60)
MEAN_TOKENS = 21.7
# 60 steps of 16 examples, and a third of 16 evaluations of 30, of the 160 train examples, of 30 and of 60:
TOKENS_A_S = 5_000
NETWORK_S = (960 + 730 / 3) * MEAN_TOKENS / TOKENS_A_S
START_S = 1.0


def make_plan(*arms: str, **asked: Any) -> ExperimentConfig:
    values: dict[str, Any] = {"num_seeds": 1, "epochs": 6, **asked}
    return plan_as_asked(
        experiment_id="exp_1",
        name="plan",
        dataset=make_info(),
        split=SPLIT,
        task=Task.SENTIMENT,
        base_model="builtin",
        arms=parse_arms(arms),
        **values,
    )


def cost(
    plan: ExperimentConfig, *history: Throughput, base: BaseModel = BUILTIN, hardware: Hardware = CPU
) -> Estimate:
    facts = {arm.name: base for arm in plan.arms if arm.kind.is_neural}
    return estimate(plan, facts, MEAN_TOKENS, hardware, history)


def test_a_network_costs_its_steps_its_evaluations_and_its_process() -> None:
    assert cost(make_plan("fine_tuned")).total.high_s == pytest.approx(START_S + NETWORK_S)


def test_every_run_costs_its_process() -> None:
    found = cost(make_plan("tfidf", "fine_tuned", num_seeds=2))
    assert found.total.high_s == pytest.approx(3 * START_S + 2 * NETWORK_S)


def test_an_arm_without_a_network_costs_its_process_and_no_weights() -> None:
    assert cost(make_plan("majority", "tfidf")) == Estimate(
        runs=(Span.of(START_S), Span.of(START_S)),
        num_first=2,
        is_measured=False,
        factor=1.0,
        disk_mib=0,
        basis="These models have no network, so the time is that of starting their processes.",
    )


def test_the_first_verdict_takes_one_seed_and_the_whole_takes_all() -> None:
    found = cost(make_plan("majority", "scratch", "fine_tuned", num_seeds=3))
    network = START_S + NETWORK_S
    assert found.first_verdict.high_s == pytest.approx(START_S + 2 * network)
    assert found.total.high_s == pytest.approx(START_S + 6 * network)


def test_the_first_verdict_comes_with_the_smallest_train_size() -> None:
    both = cost(make_plan("fine_tuned", train_sizes=[80, 160]))
    small = cost(make_plan("fine_tuned", train_sizes=[80]))
    assert both.first_verdict.high_s == pytest.approx(small.total.high_s)
    assert both.total.high_s == pytest.approx(small.total.high_s + START_S + NETWORK_S)


def test_twice_the_weights_take_twice_the_time_and_disk() -> None:
    twice = replace(BUILTIN, num_parameters=2 * 22_713_216)
    found, reference = cost(make_plan("fine_tuned"), base=twice), cost(make_plan("fine_tuned"))
    assert found.total.high_s == pytest.approx(START_S + 2 * NETWORK_S)
    assert reference.disk_mib == pytest.approx(22_713_216 * 4 / 2**20)
    assert found.disk_mib == pytest.approx(2 * reference.disk_mib)


def test_a_model_of_unknown_size_is_counted_as_stated() -> None:
    found = cost(make_plan("fine_tuned"), base=replace(BUILTIN, num_parameters=None))
    assert found.disk_mib == pytest.approx(110e6 * 4 / 2**20)
    assert "as if it had 110 million weights" in found.basis


def test_frozen_features_are_computed_once_and_random_ones_for_each_seed() -> None:
    features_s = (160 + 30 + 60) / 3 * MEAN_TOKENS / TOKENS_A_S
    assert cost(make_plan("frozen", num_seeds=3)).total.high_s == pytest.approx(3 * START_S + features_s)
    random = cost(make_plan("frozen_random", num_seeds=3)).total.high_s
    assert random == pytest.approx(3 * START_S + 3 * features_s)


def test_a_contrastive_arm_pays_for_its_heads_too() -> None:
    # 16 heads before evaluations, each on as many train examples as a quarter of 60 steps of 16 pays for, and
    # one at the end on all 160
    heads_s = (16 * 45 + 160) / 3 * MEAN_TOKENS / TOKENS_A_S
    found = cost(make_plan("contrastive")).total.high_s
    assert found == pytest.approx(START_S + NETWORK_S + heads_s)


def test_the_plateau_is_estimated_from_its_fewest_steps_to_its_cap() -> None:
    found = cost(make_plan("fine_tuned", budget=BudgetRule.PLATEAU))
    # 120 or 480 steps of 16, and a third of: 31 or 121 evaluations of 30, 160 train examples, 30 and 60
    assert found.total.low_s == pytest.approx(
        START_S + (120 * 16 + (31 * 30 + 250) / 3) * MEAN_TOKENS / TOKENS_A_S
    )
    assert found.total.high_s == pytest.approx(
        START_S + (480 * 16 + (121 * 30 + 250) / 3) * MEAN_TOKENS / TOKENS_A_S
    )
    assert "Runs that stop improving early end sooner." in found.basis


def test_equal_steps_have_no_range() -> None:
    found = cost(make_plan("tfidf", "fine_tuned", num_seeds=2))
    assert found.total.low_s == found.total.high_s


def test_what_earlier_promises_taught_counts_in_every_time_and_not_in_the_work() -> None:
    facts = {"fine_tuned": BUILTIN, "scratch": BUILTIN}
    plan = make_plan("scratch", "fine_tuned", num_seeds=2)
    plain = estimate(plan, facts, MEAN_TOKENS, CPU, ())
    slow = estimate(plan, facts, MEAN_TOKENS, CPU, (), factor=1.5)
    assert slow.total.high_s == pytest.approx(1.5 * plain.total.high_s)
    assert slow.first_verdict.high_s == pytest.approx(1.5 * plain.first_verdict.high_s)
    assert slow.work == plain.work


def test_measured_runs_of_the_same_model_and_device_replace_the_reference() -> None:
    measured = [
        Throughput(base_model="builtin", device="cpu", tokens_per_s=rate) for rate in (1, 2 * TOKENS_A_S, 1e9)
    ]
    found = cost(make_plan("fine_tuned"), *measured)
    assert found.total.high_s == pytest.approx(START_S + NETWORK_S / 2)
    assert found.basis == (
        "Measured on this CPU: all-MiniLM-L6 trains on 10,000 tokens a second (3 finished runs)."
    )


def test_a_check_replaces_the_reference_until_there_is_a_run() -> None:
    check = Throughput(base_model="builtin", device="cpu", tokens_per_s=2 * TOKENS_A_S, source=Source.CHECK)
    found = cost(make_plan("fine_tuned"), check)
    assert found.total.high_s == pytest.approx(START_S + NETWORK_S / (2 * 0.88))
    assert found.basis.endswith("10,000 tokens a second (a check of a few steps).")


def test_the_run_that_trains_now_says_how_fast_the_machine_is() -> None:
    finished = [Throughput(base_model="builtin", device="cpu", tokens_per_s=2 * TOKENS_A_S)] * 3
    running = Throughput(
        base_model="builtin", device="cpu", tokens_per_s=TOKENS_A_S / 10, source=Source.RUNNING
    )
    found = cost(make_plan("fine_tuned"), running, *finished)
    assert found.total.high_s == pytest.approx(START_S + 10 * NETWORK_S)
    assert found.basis.endswith("500 tokens a second (the run that trains now).")


def test_another_network_that_trains_now_shows_how_busy_the_machine_is() -> None:
    busy = [
        Throughput(base_model="large", device="cpu", tokens_per_s=100, source=Source.RUNNING),
        Throughput(base_model="builtin", device="cpu", tokens_per_s=2 * TOKENS_A_S),
        Throughput(base_model="large", device="cpu", tokens_per_s=400),
    ]
    found = cost(make_plan("fine_tuned"), *busy)
    assert found.total.high_s == pytest.approx(START_S + 2 * NETWORK_S)
    assert found.basis.endswith("2,500 tokens a second (1 finished run, 4.0 times as slow now).")


@pytest.mark.parametrize("source", Source)
def test_an_estimate_says_whether_runs_have_measured_its_speed(source: Source) -> None:
    speed = Throughput(base_model="builtin", device="cpu", tokens_per_s=2 * TOKENS_A_S, source=source)
    assert cost(make_plan("fine_tuned"), speed).is_measured is (source is not Source.CHECK)
    assert not cost(make_plan("fine_tuned")).is_measured


def test_runs_on_another_device_or_model_count_for_nothing() -> None:
    others = [
        Throughput(base_model="builtin", device="cuda: NVIDIA H200", tokens_per_s=1e6),
        Throughput(base_model="distilbert-base-uncased", device="cpu", tokens_per_s=1e6),
    ]
    found = cost(make_plan("fine_tuned"), *others)
    assert found.total.high_s == pytest.approx(START_S + NETWORK_S)
    assert found.basis.startswith("all-MiniLM-L6 is not measured on this server yet")


def test_a_gpu_without_history_says_that_nothing_was_measured() -> None:
    found = cost(make_plan("fine_tuned"), hardware=GPU)
    assert "not measured on this GPU yet" in found.basis
    assert found.total.high_s == pytest.approx(START_S + NETWORK_S)


def test_a_measured_gpu_is_named() -> None:
    measured = Throughput(base_model="builtin", device="cuda: NVIDIA H200", tokens_per_s=100 * TOKENS_A_S)
    found = cost(make_plan("fine_tuned"), measured, hardware=GPU)
    assert found.total.high_s == pytest.approx(START_S + NETWORK_S / 100)
    assert found.basis.endswith("500,000 tokens a second (1 finished run).")
