from dataclasses import replace
from pathlib import Path

import pytest

from tests.pages.fixtures import (
    STEP_S,
    TOKENS_A_STEP,
    add_experiment,
    finish_all,
    make_workspace,
    runs_of,
    store_sample_dataset,
)
from tl_core.jobs.dry_run import ArmCheck, check_path, checks_folder
from tl_core.planning.hardware import Hardware
from tl_core.planning.throughput import Throughput, device_of, median_throughput, read_history

CPU = Hardware(
    num_cores=2, memory_gib=16, gpu=None, gpu_memory_gib=None, gpu_problem="", torch_version="2.13.0+cpu"
)


def test_finished_networks_tell_their_tokens_a_second(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path)
    experiment = add_experiment(workspace, store_sample_dataset(workspace), ["tfidf", "frozen", "fine_tuned"])
    finish_all(workspace, experiment)
    rate = TOKENS_A_STEP / STEP_S
    assert read_history(workspace) == (
        Throughput(base_model="builtin", device="cpu", tokens_per_s=pytest.approx(rate)),
    )
    workspace.close()


def test_a_lost_run_folder_and_an_empty_workspace_tell_nothing(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path)
    assert read_history(workspace) == ()
    experiment = add_experiment(workspace, store_sample_dataset(workspace), ["scratch"])
    finish_all(workspace, experiment)
    folder = workspace.run_folder(runs_of(workspace, experiment)[0].run_id)
    folder.start_over()
    assert read_history(workspace) == ()
    workspace.close()


def test_an_imported_run_was_measured_elsewhere_and_tells_nothing(tmp_path: Path) -> None:
    there, here = make_workspace(tmp_path / "there"), make_workspace(tmp_path / "here")
    experiment = add_experiment(there, store_sample_dataset(there), ["fine_tuned"])
    finish_all(there, experiment)
    assert len(read_history(there)) == 1
    here.import_run(there.run_folder(runs_of(there, experiment)[0].run_id).path)
    assert len(here.database.list_runs()) == 1
    assert read_history(here) == ()
    there.close()
    here.close()


def test_checks_of_whole_networks_tell_too(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path)
    experiment = add_experiment(workspace, store_sample_dataset(workspace), ["frozen", "fine_tuned"])
    for arm in experiment.arms:
        check = ArmCheck(kind=arm.kind, base_model="builtin", device="cpu", tokens_per_s=99)
        path = check_path(workspace, experiment, arm)
        path.parent.mkdir(exist_ok=True)
        path.write_text(check.model_dump_json())
    (checks_folder(workspace) / "torn.json").write_text("{")
    assert read_history(workspace) == (
        Throughput(base_model="builtin", device="cpu", tokens_per_s=99, is_check=True),
    )
    workspace.close()


def test_a_check_counts_only_until_a_run_has_finished() -> None:
    check = Throughput(base_model="a", device="cpu", tokens_per_s=9, is_check=True)
    run = Throughput(base_model="a", device="cpu", tokens_per_s=5)
    assert median_throughput([check], "a", "cpu") == (9, 0)
    assert median_throughput([check, run], "a", "cpu") == (5, 1)


def test_the_median_is_of_one_model_on_one_device() -> None:
    history = [
        Throughput(base_model="a", device="cpu", tokens_per_s=1),
        Throughput(base_model="a", device="cpu", tokens_per_s=3),
        Throughput(base_model="b", device="cpu", tokens_per_s=100),
    ]
    assert median_throughput(history, "a", "cpu") == (2, 2)
    assert median_throughput(history, "a", "mps") is None


def test_devices_are_named_as_runs_name_them() -> None:
    assert device_of(CPU) == "cpu"
    assert device_of(replace(CPU, gpu="NVIDIA H200")) == "cuda: NVIDIA H200"
    assert device_of(replace(CPU, gpu="Apple GPU (MPS)")) == "mps"
