import io
import signal
import subprocess
import sys
import time
from itertools import accumulate
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import torch

from tests.files.tables import dataset
from tests.plans import plan_as_asked
from tl_core.datasets.dataset import read_dataset
from tl_core.experiments import dry_run as process
from tl_core.experiments.dry_run import TYPICAL_BATCHES, check_arms, typical_speed
from tl_core.intake.intake import store_dataset
from tl_core.jobs import dry_run as jobs_dry_run
from tl_core.jobs.dry_run import (
    ArmCheck,
    DryRun,
    all_passed_checks,
    check_path,
    get_ready,
    passed_checks,
    start_dry_run,
)
from tl_core.planning.plan import parse_arms
from tl_core.schema import ExperimentConfig, LearningRates, RunConfig, StepLogged, Task
from tl_core.store.workspace import Workspace
from tl_core.training.compute import Compute

PATIENCE_S = 90


def plan(workspace: Workspace, base_model: Path, *arms: str, **asked: Any) -> ExperimentConfig:
    intake = store_dataset(workspace, dataset({"good": 36, "bad": 24}))
    return plan_as_asked(
        experiment_id="exp_1",
        name="made",
        dataset=intake.dataset.info,
        split=intake.split.info,
        task=Task.SENTIMENT,
        base_model=str(base_model),
        arms=parse_arms(arms),
        **{"max_length": 16, "num_seeds": 1, **asked},
    )


def checked(workspace: Workspace, experiment: ExperimentConfig) -> dict[str, ArmCheck]:
    check_arms(workspace, experiment)
    return DryRun(workspace=workspace, experiment=experiment, limit_s=60).checks()


def test_every_network_is_tried_and_those_that_take_steps_are_measured(
    workspace: Workspace, base_model: Path
) -> None:
    arms = ("tfidf", "scratch", "frozen_random", "frozen", "fine_tuned")
    found = checked(workspace, plan(workspace, base_model, *arms))
    assert set(found) == {"scratch", "frozen_random", "frozen", "fine_tuned"}
    for check in found.values():
        assert check.is_passed, check.problem
        assert check.device in ("cpu", "mps") or check.device.startswith("cuda: ")
        assert (check.step_s > 0) is (check.tokens_per_s > 0) is check.kind.is_whole
        assert check.memory_mib > 0


def test_a_contrastive_arm_is_measured_on_pairs(workspace: Workspace, base_model: Path) -> None:
    (base_model / "1_Pooling").mkdir()
    (base_model / "1_Pooling" / "config.json").write_text('{"pooling_mode": "mean"}')
    (check,) = checked(workspace, plan(workspace, base_model, "contrastive")).values()
    assert check.is_passed, check.problem
    assert check.step_s > 0


def test_one_batch_is_of_the_longest_train_texts(workspace: Workspace, base_model: Path) -> None:
    experiment = plan(workspace, base_model, "fine_tuned", batch_size=4)
    dataset = read_dataset(workspace.dataset_folder(experiment.dataset_fingerprint))
    table = process._rows(workspace, experiment, dataset)
    lengths = [len(text) for text in table.column("text").to_pylist()]
    assert len(lengths) == 4 * (1 + TYPICAL_BATCHES)
    assert set(lengths[:4]) == {max(lengths)}
    assert min(lengths[4:]) < max(lengths)


def test_speed_is_that_of_typical_steps() -> None:
    steps = (
        (500, 9.0),
        (400, 0.1),
        (2_000, 0.2),
        (200, 0.08),
        (300, 0.12),
    )  # tokens and seconds; one is cold
    tokens = accumulate(tokens for tokens, _ in steps)
    seconds = accumulate(seconds for _, seconds in steps)
    logged = [
        StepLogged(
            **{name: 0 for name in ("loss", "grad_norm", "learning_rate", "memory_mib", "wall_s", "seq")},
            **{"step": place, "examples_seen": 16 * place, "tokens_seen": read, "train_s": passed},
        )
        for place, (read, passed) in enumerate(zip(tokens, seconds, strict=True), start=1)
    ]
    assert typical_speed(logged) == (pytest.approx(0.1), pytest.approx(900 / 0.3))


def test_an_arm_that_cannot_run_leaves_the_others_measured(workspace: Workspace, base_model: Path) -> None:
    experiment = plan(workspace, base_model, "fine_tuned", "fine_tuned:/no/such/folder")
    found = checked(workspace, experiment)
    assert found["fine_tuned"].is_passed
    lost = found["fine_tuned:/no/such/folder"]
    assert "is not a model folder" in lost.problem
    assert lost.remedy
    assert list(passed_checks(workspace, experiment)) == ["fine_tuned"]


def test_a_loss_that_is_not_finite_is_told(workspace: Workspace, base_model: Path) -> None:
    wild = {"scratch": LearningRates(encoder=1e30, head=1e30)}
    (check,) = checked(workspace, plan(workspace, base_model, "scratch", learning_rates=wild)).values()
    assert "The loss became" in check.problem


def test_a_batch_too_large_for_the_memory_is_cut_into_pieces_as_in_a_run(
    workspace: Workspace, base_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried, train = [], process._train

    def small_device(config: RunConfig, table: pa.Table, modality: str | None, compute: Compute) -> ArmCheck:
        tried.append(compute.micro_batch_size)
        if compute.micro_batch_size > 4:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return train(config, table, modality, compute)

    monkeypatch.setattr(process, "_train", small_device)
    (check,) = checked(workspace, plan(workspace, base_model, "scratch")).values()
    assert check.is_passed
    assert tried == [16, 8, 4]


def test_no_memory_even_for_one_text_is_told(
    workspace: Workspace, base_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_memory(*_: Any) -> ArmCheck:
        raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(process, "_train", no_memory)
    (check,) = checked(workspace, plan(workspace, base_model, "scratch")).values()
    assert "even for one example at a time" in check.problem


def test_a_check_that_passed_is_not_done_again_until_something_changes(
    workspace: Workspace, base_model: Path
) -> None:
    experiment = plan(workspace, base_model, "scratch")
    check_arms(workspace, experiment)
    path = check_path(workspace, experiment, experiment.arms[0])
    before = path.stat().st_mtime_ns
    check_arms(workspace, plan(workspace, base_model, "scratch", num_seeds=7))
    assert path.stat().st_mtime_ns == before
    assert len(all_passed_checks(workspace)) == 1
    check_arms(workspace, plan(workspace, base_model, "scratch", batch_size=8))
    assert len(all_passed_checks(workspace)) == 2


def _wait(run: DryRun) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not run.has_ended():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_the_check_is_a_process_of_its_own(workspace: Workspace, base_model: Path) -> None:
    experiment = plan(workspace, base_model, "scratch")
    run = start_dry_run(workspace, experiment)
    assert run.checks() == {}
    _wait(run)
    assert run.checks()["scratch"].is_passed
    assert start_dry_run(workspace, experiment).process is None


def test_a_check_that_takes_too_long_says_so(workspace: Workspace, base_model: Path) -> None:
    endless = "import signal, time; signal.alarm(1); time.sleep(60)"
    run = DryRun(
        workspace=workspace,
        experiment=plan(workspace, base_model, "scratch"),
        limit_s=1,
        process=subprocess.Popen([sys.executable, "-c", endless]),
    )
    _wait(run)
    assert "longer than 1 second." in run.checks()["scratch"].problem


def test_the_process_ends_itself_at_its_limit(
    workspace: Workspace, base_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = plan(workspace, base_model, "scratch")
    alarms: list[int] = []
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(signal, "alarm", alarms.append)
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"42\n{experiment.model_dump_json()}"))
    assert process.main(["--workspace", str(workspace.root), "--ready-s", "7"]) == 0
    assert alarms == [7, 42]
    assert set(passed_checks(workspace, experiment)) == {"scratch"}


def test_a_cancelled_check_is_gone_and_an_arm_without_an_answer_has_not_passed(
    workspace: Workspace, base_model: Path
) -> None:
    run = start_dry_run(workspace, plan(workspace, base_model, "scratch"))
    run.cancel()
    assert run.has_ended()
    assert "ended before it reached" in run.checks()["scratch"].problem


def test_a_process_that_got_ready_takes_the_plan(workspace: Workspace, base_model: Path) -> None:
    get_ready(workspace)
    waiting = jobs_dry_run._waiting[workspace.root]
    get_ready(workspace)
    assert jobs_dry_run._waiting[workspace.root] is waiting, "one is enough"
    run = start_dry_run(workspace, plan(workspace, base_model, "scratch"))
    assert run.process is waiting
    assert workspace.root not in jobs_dry_run._waiting
    _wait(run)
    assert run.checks()["scratch"].is_passed


@pytest.mark.parametrize("reason", ["it is gone", "the plan is too long for the pipe"])
def test_where_none_can_take_the_plan_a_process_is_started_for_it(
    workspace: Workspace, base_model: Path, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    get_ready(workspace)
    waiting = jobs_dry_run._waiting[workspace.root]
    if reason == "it is gone":
        waiting.kill()
        waiting.wait()
    else:
        monkeypatch.setattr(jobs_dry_run, "_PIPE_BYTES", 10)
    run = start_dry_run(workspace, plan(workspace, base_model, "scratch"))
    assert run.process is not waiting
    _wait(run)
    assert run.checks()["scratch"].is_passed
    assert waiting.wait(PATIENCE_S) in (0, -signal.SIGKILL), "without a plan it ends"
