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
    start_run,
    store_sample_dataset,
)
from tl_core.jobs.dry_run import ArmCheck, check_path, checks_folder
from tl_core.planning.machine import (
    Hardware,
    Source,
    Speed,
    Throughput,
    device_of,
    newest_speed,
    read_finished,
    read_running,
)

BUILTIN, TINY = "builtin", "distilbert-base-uncased"
CPU = Hardware(
    num_cores=2, memory_gib=16, gpu=None, gpu_memory_gib=None, gpu_problem="", torch_version="2.13.0+cpu"
)


def test_finished_networks_tell_their_tokens_a_second(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path)
    experiment = add_experiment(workspace, store_sample_dataset(workspace), ["tfidf", "frozen", "fine_tuned"])
    finish_all(workspace, experiment)
    rate = TOKENS_A_STEP / STEP_S
    assert read_finished(workspace) == (
        Throughput(base_model="builtin", device="cpu", tokens_per_s=pytest.approx(rate)),
    )
    workspace.close()


def test_a_lost_run_folder_and_an_empty_workspace_tell_nothing(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path)
    assert read_finished(workspace) == ()
    experiment = add_experiment(workspace, store_sample_dataset(workspace), ["scratch"])
    finish_all(workspace, experiment)
    folder = workspace.run_folder(runs_of(workspace, experiment)[0].run_id)
    folder.start_over()
    assert read_finished(workspace) == ()
    workspace.close()


def test_an_imported_run_was_measured_elsewhere_and_tells_nothing(tmp_path: Path) -> None:
    there, here = make_workspace(tmp_path / "there"), make_workspace(tmp_path / "here")
    experiment = add_experiment(there, store_sample_dataset(there), ["fine_tuned"])
    finish_all(there, experiment)
    assert len(read_finished(there)) == 1
    here.import_run(there.run_folder(runs_of(there, experiment)[0].run_id).path)
    assert len(here.database.list_runs()) == 1
    assert read_finished(here) == ()
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
    assert read_finished(workspace) == (
        Throughput(base_model="builtin", device="cpu", tokens_per_s=99, source=Source.CHECK),
    )
    workspace.close()


def test_a_run_that_trains_tells_its_pace_once_it_has_one(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path)
    experiment = add_experiment(workspace, store_sample_dataset(workspace), ["frozen", "fine_tuned"])
    assert read_running(workspace) == ()
    fine_tuned, frozen = runs_of(workspace, experiment)
    start_run(workspace, frozen)
    assert read_running(workspace) == (), "a head's speed says nothing of a network's"
    start_run(workspace, fine_tuned, num_evaluations=1)
    assert read_running(workspace) == (), "it has hardly begun"
    workspace.close()


def test_the_pace_of_a_running_run_is_read_from_its_events(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path)
    experiment = add_experiment(workspace, store_sample_dataset(workspace), ["fine_tuned"])
    start_run(workspace, runs_of(workspace, experiment)[0], num_evaluations=4)
    rate = pytest.approx(TOKENS_A_STEP / STEP_S)
    assert read_running(workspace) == (
        Throughput(base_model="builtin", device="cpu", tokens_per_s=rate, source=Source.RUNNING),
    )
    workspace.close()


def test_runs_are_read_in_the_order_of_their_ends_whenever_they_were_queued(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path)
    intake = store_sample_dataset(workspace)
    old, new = (
        add_experiment(workspace, intake, ["fine_tuned"], base_model=name) for name in (BUILTIN, TINY)
    )
    finish_all(workspace, new)
    finish_all(workspace, old)
    assert [one.base_model for one in read_finished(workspace)] == [BUILTIN, TINY]
    workspace.close()


def test_a_damaged_record_tells_nothing_and_spoils_nothing(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path)
    experiment = add_experiment(workspace, store_sample_dataset(workspace), ["scratch", "fine_tuned"])
    finish_all(workspace, experiment)
    first, _ = runs_of(workspace, experiment)
    (workspace.run_folder(first.run_id).path / "run.json").write_text("{")
    assert len(read_finished(workspace)) == 1
    workspace.close()


def speed(tokens_per_s: float, base_model: str = "a", source: Source = Source.FINISHED) -> Throughput:
    return Throughput(base_model=base_model, device="cpu", tokens_per_s=tokens_per_s, source=source)


def test_the_newest_runs_count_and_not_the_mean_of_all_past_ones() -> None:
    newest_first = [speed(rate) for rate in (10, 12, 11, 100, 100, 100, 100)]
    found = newest_speed(newest_first, "a", "cpu")
    assert found == Speed(tokens_per_s=11, source=Source.FINISHED, num_runs=3)


def test_a_run_knows_better_than_a_check_and_the_one_that_trains_best() -> None:
    check, run, now = speed(9, source=Source.CHECK), speed(5), speed(2, source=Source.RUNNING)
    assert newest_speed([check], "a", "cpu") == Speed(tokens_per_s=9, source=Source.CHECK)
    assert newest_speed([run, check], "a", "cpu") == Speed(tokens_per_s=5, source=Source.FINISHED, num_runs=1)
    assert newest_speed([now, run, check], "a", "cpu") == Speed(tokens_per_s=2, source=Source.RUNNING)


def test_a_speed_is_of_one_model_on_one_device() -> None:
    history = [speed(3), speed(1), speed(100, "b")]
    assert newest_speed(history, "a", "cpu") == Speed(tokens_per_s=2, source=Source.FINISHED, num_runs=2)
    assert newest_speed(history, "a", "mps") is None
    assert newest_speed([speed(7, "b", Source.RUNNING)], "a", "cpu") is None


def test_another_models_run_slows_what_is_known_by_as_much_as_it_is_slowed_itself() -> None:
    found = newest_speed([speed(25, "b", Source.RUNNING), speed(100, "b"), speed(8)], "a", "cpu")
    assert found is not None
    assert (found.tokens_per_s, found.load) == (2, 4)
    unknown = newest_speed([speed(25, "b", Source.RUNNING), speed(8)], "a", "cpu")
    assert unknown is not None
    assert (unknown.tokens_per_s, unknown.load) == (8, 1)


def test_devices_are_named_as_runs_name_them() -> None:
    assert device_of(CPU) == "cpu"
    assert device_of(replace(CPU, gpu="NVIDIA H200")) == "cuda: NVIDIA H200"
    assert device_of(replace(CPU, gpu="Apple GPU (MPS)")) == "mps"
