from dataclasses import replace
from typing import Any

import pytest

from tests.store.makers import make_info
from tl_core.catalogue.base_models import CATALOGUE, BaseModel
from tl_core.planning.estimate import Estimate, estimate
from tl_core.planning.hardware import Hardware
from tl_core.planning.plan import parse_arms, plan_experiment
from tl_core.planning.throughput import Throughput
from tl_core.schema import BudgetRule, ExperimentConfig, SplitInfo, Task

CPU = Hardware(
    num_cores=2, memory_gib=16, gpu=None, gpu_memory_gib=None, gpu_problem="", torch_version="2.13.0+cpu"
)
GPU = replace(CPU, gpu="NVIDIA H200", gpu_memory_gib=139)
BUILTIN = CATALOGUE["builtin"]
SPLIT = SplitInfo(hash="5" * 64, dataset_fingerprint="f" * 64, seed=0, train=160, validation=30, test=60)
MEAN_TOKENS = 21.7
# 60 steps of 16 examples, and a third of 16 evaluations of 30, of the 160 train examples, of 30 and of 60:
# (960 + 730 / 3) examples x 21.7 tokens / 2,170 tokens a second
NETWORK_S = 9.6 + 7.3 / 3
FIRST_START_S = 7.0
START_S = 1.0


def make_plan(*arms: str, **asked: Any) -> ExperimentConfig:
    values: dict[str, Any] = {"num_seeds": 1, "epochs": 6, **asked}
    return plan_experiment(
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
    assert cost(make_plan("fine_tuned")).total_s == pytest.approx(FIRST_START_S + NETWORK_S)


def test_only_the_first_network_waits_for_the_libraries() -> None:
    found = cost(make_plan("tfidf", "fine_tuned", num_seeds=2))
    assert found.total_s == pytest.approx(START_S + FIRST_START_S + NETWORK_S + START_S + NETWORK_S)


def test_an_arm_without_a_network_costs_its_process_and_no_weights() -> None:
    assert cost(make_plan("majority", "tfidf")) == Estimate(
        total_s=2 * START_S,
        first_verdict_s=2 * START_S,
        disk_mib=0,
        basis="These arms have no network; the time is that of starting their processes.",
    )


def test_the_first_verdict_takes_one_seed_and_the_whole_takes_all() -> None:
    found = cost(make_plan("majority", "scratch", "fine_tuned", num_seeds=3))
    majority_and_first_network = START_S + FIRST_START_S + NETWORK_S
    network = START_S + NETWORK_S
    assert found.first_verdict_s == pytest.approx(majority_and_first_network + network)
    assert found.total_s == pytest.approx(majority_and_first_network + 5 * network)


def test_the_first_verdict_comes_with_the_smallest_train_size() -> None:
    both = cost(make_plan("fine_tuned", train_sizes=[80, 160]))
    small = cost(make_plan("fine_tuned", train_sizes=[80]))
    assert both.first_verdict_s == pytest.approx(small.total_s)
    assert both.total_s == pytest.approx(small.total_s + START_S + NETWORK_S)


def test_twice_the_weights_take_twice_the_time_and_disk() -> None:
    twice = replace(BUILTIN, num_parameters=2 * 22_713_216)
    found, reference = cost(make_plan("fine_tuned"), base=twice), cost(make_plan("fine_tuned"))
    assert found.total_s == pytest.approx(FIRST_START_S + 2 * NETWORK_S)
    assert reference.disk_mib == pytest.approx(22_713_216 * 4 / 2**20)
    assert found.disk_mib == pytest.approx(2 * reference.disk_mib)


def test_a_model_of_unknown_size_is_counted_as_stated() -> None:
    found = cost(make_plan("fine_tuned"), base=replace(BUILTIN, num_parameters=None))
    assert found.disk_mib == pytest.approx(110e6 * 4 / 2**20)
    assert "as if it had 110 million weights" in found.basis


def test_frozen_features_are_computed_once_and_random_ones_for_each_seed() -> None:
    features_s = (160 + 30 + 60) / 3 * MEAN_TOKENS / 2170
    assert cost(make_plan("frozen", num_seeds=3)).total_s == pytest.approx(
        FIRST_START_S + 2 * START_S + features_s
    )
    random = cost(make_plan("frozen_random", num_seeds=3)).total_s
    assert random == pytest.approx(FIRST_START_S + 2 * START_S + 3 * features_s)


def test_a_contrastive_arm_pays_for_its_heads_too() -> None:
    # 16 heads before evaluations and one at the end, each on the 160 train examples
    heads_s = 17 * 160 / 3 * MEAN_TOKENS / 2170
    found = cost(make_plan("contrastive")).total_s
    assert found == pytest.approx(FIRST_START_S + NETWORK_S + heads_s)


def test_the_plateau_is_estimated_at_its_cap() -> None:
    found = cost(make_plan("fine_tuned", budget=BudgetRule.PLATEAU))
    # 480 steps of 16, and a third of 121 evaluations of 30, of the 160 train examples, of 30 and of 60
    assert found.total_s == pytest.approx(FIRST_START_S + 76.8 + (121 * 30 + 250) / 3 * MEAN_TOKENS / 2170)
    assert "end sooner, after 38 % of these steps at the earliest" in found.basis


def test_measured_runs_of_the_same_model_and_device_replace_the_reference() -> None:
    measured = [Throughput(base_model="builtin", device="cpu", tokens_per_s=rate) for rate in (1, 4340, 1e9)]
    found = cost(make_plan("fine_tuned"), *measured)
    assert found.total_s == pytest.approx(FIRST_START_S + NETWORK_S / 2)
    assert found.basis == (
        "Measured on this CPU: all-MiniLM-L6 trains on 4,340 tokens a second (3 finished runs)."
    )


def test_a_check_replaces_the_reference_until_there_is_a_run() -> None:
    check = Throughput(base_model="builtin", device="cpu", tokens_per_s=4340, is_check=True)
    found = cost(make_plan("fine_tuned"), check)
    assert found.total_s == pytest.approx(FIRST_START_S + NETWORK_S / 2)
    assert found.basis.endswith("4,340 tokens a second (a check of a few steps).")


def test_runs_on_another_device_or_model_count_for_nothing() -> None:
    others = [
        Throughput(base_model="builtin", device="cuda: NVIDIA H200", tokens_per_s=1e6),
        Throughput(base_model="distilbert-base-uncased", device="cpu", tokens_per_s=1e6),
    ]
    found = cost(make_plan("fine_tuned"), *others)
    assert found.total_s == pytest.approx(FIRST_START_S + NETWORK_S)
    assert found.basis.startswith("all-MiniLM-L6 is not measured on this server yet")


def test_a_gpu_without_history_says_that_nothing_was_measured() -> None:
    found = cost(make_plan("fine_tuned"), hardware=GPU)
    assert "not measured on this GPU yet" in found.basis
    assert found.total_s == pytest.approx(FIRST_START_S + NETWORK_S)


def test_a_measured_gpu_is_named() -> None:
    measured = Throughput(base_model="builtin", device="cuda: NVIDIA H200", tokens_per_s=217_000)
    found = cost(make_plan("fine_tuned"), measured, hardware=GPU)
    assert found.total_s == pytest.approx(FIRST_START_S + NETWORK_S / 100)
    assert found.basis.endswith("217,000 tokens a second (1 finished run).")
