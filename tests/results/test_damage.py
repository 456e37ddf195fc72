"""A run folder that is damaged is named with the file, and keeps nothing else from being shown."""

import contextlib
import json
from html import escape

import pyarrow as pa
import pytest

from tests.pages.fixtures import (
    add_experiment,
    finish_all,
    leave_first_task,
    make_workspace,
    runs_of,
    store_sample_dataset,
)
from tests.store.damage import DAMAGES
from tests.store.marking import mark_run
from tl_core.catalogue.local_folders import LocalModel
from tl_core.errors import TlError
from tl_core.export.card import card_of
from tl_core.export.comparison_json import comparison_json, run_json
from tl_core.export.report import report_of
from tl_core.planning.layer_ablation import ablation_arms
from tl_core.planning.machine import read_finished
from tl_core.results import related_tasks
from tl_core.results.answering import choose_answerers
from tl_core.results.comparable import gather_alike
from tl_core.results.comparison import arm_titles, gather
from tl_core.results.inventory import find_facts, loading_lines
from tl_core.results.knowledge import gather_knowledge
from tl_core.results.pooled import Answer, put_together
from tl_core.results.pooled_sentences import conclude, tell
from tl_core.results.runs import find_failures
from tl_core.results.side_by_side import put_side_by_side
from tl_core.schema import State

COUNTS_WITHOUT = ("experiment.json", "layers.json", "first_task.parquet", "events.jsonl")
"""Files without which a run's predictions still count."""
FILES = ("run.json", "predictions.parquet", *COUNTS_WITHOUT)
MODEL_FILES = ("classifier.json", "config.json", "tokenizer.json", "model.safetensors", "tfidf.npz")


@pytest.fixture
def experiment(workspace):
    made = add_experiment(
        workspace, store_sample_dataset(workspace), arms=("tfidf", "scratch", "fine_tuned"), num_seeds=3
    )
    finish_all(workspace, made, fine_tuned=0.9)
    return made


@pytest.fixture
def broken(workspace, experiment):
    """The last seed of the fine-tuned arm, before anything happens to it."""
    run = runs_of(workspace, experiment)[-1]
    assert (run.arm.name, run.seed) == ("fine_tuned", 2)
    leave_first_task(workspace, run, runs_of(workspace, experiment)[0], 0.5)
    return run


def path_of(workspace, run, file):
    return workspace.run_folder(run.run_id).path / file


def put_back(path, content):
    """Make a file as it was, whatever lies in its place."""
    if path.is_dir():
        path.rmdir()
    else:
        path.unlink(missing_ok=True)
    path.write_bytes(content)


def all_readers(workspace, experiment):
    """Read an experiment in every way that a page, the report, the JSON or the command line does."""
    results = gather(workspace, experiment.experiment_id)
    alike = gather_alike(workspace, results)
    pooled = put_together(experiment, alike)
    gather_knowledge(experiment, ablation_arms("builtin"), alike, workspace.run_folder)
    conclude(pooled)
    for answer in Answer:
        tell(answer, pooled)
    related_tasks.find_two_stages(pooled, alike, workspace)
    rows = workspace.database.list_runs(experiment.experiment_id)
    choose_answerers(workspace, rows, 33, experiment.headline_metric)
    put_side_by_side(workspace, rows)
    find_failures(workspace, rows)
    read_finished(workspace)
    for row in rows:
        folder = workspace.run_folder(row.run_id)
        find_facts(folder, row)
        loading_lines(folder, row.run_id)
        folder.tail_events().read()
        for read in (run_json, lambda here, run: card_of(here, run.run_id)):
            with contextlib.suppress(TlError):
                read(workspace, row)
    return comparison_json(workspace, results), report_of(workspace, results)


def numbers_of(report, *, without):
    """Take what a comparison's JSON says of every run but some."""
    runs = [run for arm in report["arms"] for run in arm["runs"] if run["run_id"] not in without]
    return [{name: run[name] for name in ("run_id", "status", "error", "test", "train_s")} for run in runs]


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """An experiment with a seed of each arm for every kind of damage and one more, and what it shows."""
    opened = make_workspace(tmp_path_factory.mktemp("many") / "workspace")
    made = add_experiment(
        opened, store_sample_dataset(opened), arms=("scratch", "fine_tuned"), num_seeds=len(DAMAGES) + 1
    )
    finish_all(opened, made, fine_tuned=0.9)
    for run in runs_of(opened, made):
        leave_first_task(opened, run, run, 0.5)
    yield opened, made, comparison_json(opened, gather(opened, made.experiment_id))
    opened.close()


@pytest.mark.parametrize("file", FILES)
def test_every_reader_bears_every_damage_and_names_run_and_file(many, file):
    workspace, experiment, before = many
    scratch = [run for run in runs_of(workspace, experiment) if run.arm.name == "scratch"]
    damaged = dict(zip(DAMAGES, scratch, strict=False))
    kept = {run.run_id: path_of(workspace, run, file).read_bytes() for run in scratch}
    for damage, run in damaged.items():
        damage(path_of(workspace, run, file))
    try:
        report, page = all_readers(workspace, experiment)
    finally:
        for run in scratch:
            put_back(path_of(workspace, run, file), kept[run.run_id])
    lost = {run.run_id for run in damaged.values()}
    assert numbers_of(report, without=lost) == numbers_of(before, without=lost)
    told = {one["run_id"]: one["message"] for one in report["damage"]}
    silent = set()
    if file in COUNTS_WITHOUT[:3]:  # not every run writes them
        silent = {"missing", "a link to nowhere"}
    if file == "events.jsonl":  # it tears the last line alone
        silent = {"cut near its end"}
    assert set(told) == {run.run_id for damage, run in damaged.items() if damage.name not in silent}
    assert len(told) == len(report["damage"])
    for run_id, message in told.items():
        assert file in message
        assert run_id in message
        assert escape(message) in page


@pytest.mark.parametrize("file", FILES[:2])
def test_a_run_that_counts_nowhere_is_no_finished_run_and_its_seed_is_missed(
    workspace, experiment, broken, file
):
    path_of(workspace, broken, file).write_bytes(b"torn")
    results = gather(workspace, experiment.experiment_id)
    report = comparison_json(workspace, results)
    [shown] = [run for arm in report["arms"] for run in arm["runs"] if run["run_id"] == broken.run_id]
    assert (shown["status"], shown["test"]) == ("damaged", None)
    assert shown["error"] == results.unreadable[broken.run_id] == report["damage"][0]["message"]
    assert not report["damage"][0]["counts"]
    assert results.headline.num_seeds == 2
    assert "could not be read in 1 of 3 seeds" in results.headline.sentence
    assert "fine_tuned: unreadable" in report["verdicts"][0]["flags"]
    assert not any("tfidf: unreadable" in verdict["flags"] for verdict in report["verdicts"])


@pytest.mark.parametrize("file", COUNTS_WITHOUT)
def test_a_run_whose_predictions_are_whole_counts_and_its_damage_is_told(workspace, experiment, broken, file):
    path = path_of(workspace, broken, file)
    path.write_bytes(path.read_bytes() + b"\0\0\n" if file == "events.jsonl" else b"torn")
    results = gather(workspace, experiment.experiment_id)
    report = comparison_json(workspace, results)
    [shown] = [run for arm in report["arms"] for run in arm["runs"] if run["run_id"] == broken.run_id]
    assert (shown["status"], shown["error"]) == ("finished", None)
    [message] = shown["damage"]
    assert message.startswith(f"The file {file} of {broken.run_id} is damaged: ")
    assert report["damage"] == [{"run_id": broken.run_id, "message": message, "counts": True}]
    assert results.headline.num_seeds == 3


@pytest.mark.parametrize("name", MODEL_FILES)
def test_damaged_weights_and_settings_of_a_model_are_told(workspace, experiment, broken, name):
    path = path_of(workspace, broken, f"model/{name}")
    path.write_bytes(b"torn")
    [found] = gather(workspace, experiment.experiment_id).damage
    assert found.counts
    assert found.message.startswith(f"The file model/{name} of {broken.run_id} is damaged: ")


def test_a_lost_line_of_events_leaves_the_others(workspace, experiment, broken):
    path = path_of(workspace, broken, "events.jsonl")
    lines = path.read_bytes().split(b"\n")
    lines[6] = b'{"seq":5,"st\0\0'
    path.write_bytes(b"\n".join(lines))
    results = gather(workspace, experiment.experiment_id)
    [run] = [run for run in results.finished if run.config.run_id == broken.run_id]
    assert len(run.events) == len(lines) - 2  # the last one is empty
    [found] = results.damage
    assert found.message.endswith("is damaged: 1 line is unreadable and left out.")


def test_a_torn_last_line_of_events_is_borne_in_silence(workspace, experiment, broken):
    path = path_of(workspace, broken, "events.jsonl")
    path.write_bytes(path.read_bytes()[:-5])
    assert gather(workspace, experiment.experiment_id).damage == ()


def test_events_that_end_long_before_their_run_are_told(workspace, experiment, broken):
    path = path_of(workspace, broken, "events.jsonl")
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:9]))
    [found] = gather(workspace, experiment.experiment_id).damage
    assert found.message.endswith(
        "events.jsonl of " + broken.run_id + " is damaged: it ends before the run did."
    )


def test_predictions_without_all_test_examples_are_told_and_keep_no_other_run_from_counting(
    workspace, experiment, broken
):
    folder = workspace.run_folder(broken.run_id)
    folder.write_predictions(folder.read_predictions().slice(0, 26))
    results = gather(workspace, experiment.experiment_id)
    assert "it has 17 of 18 test predictions" in results.unreadable[broken.run_id]
    assert results.headline.num_seeds == 2


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"run_id": "run_other"}, "it is that of run_other"),
        ({"labels": ("a", "b")}, "the training examples do not belong to the labels"),
        ({"seed": 1}, "it tells of another run than was planned"),
    ],
)
def test_a_record_of_another_run_does_not_count(workspace, experiment, broken, change, reason):
    folder = workspace.run_folder(broken.run_id)
    record = folder.read_record()
    folder.write_record(record.model_copy(update={"config": record.config.model_copy(update=change)}))
    results = gather(workspace, experiment.experiment_id)
    assert reason in results.unreadable[broken.run_id]
    assert results.headline.num_seeds == 2


def test_predictions_about_other_classes_do_not_count(workspace, experiment, broken):
    folder = workspace.run_folder(broken.run_id)
    table = folder.read_predictions()
    logits = pa.FixedSizeListArray.from_arrays(pa.array([0.0] * 4 * table.num_rows, pa.float32()), 4)
    folder.write_predictions(table.set_column(3, "logits", logits))
    results = gather(workspace, experiment.experiment_id)
    assert "predictions.parquet" in results.unreadable[broken.run_id]
    assert "it is not about the 3 classes of the run" in results.unreadable[broken.run_id]


def test_a_failed_run_with_a_damaged_folder_is_told_by_its_row(workspace, experiment, broken):
    mark_run(workspace.database, broken.run_id, State.FAILED, "killed by SIGKILL")
    for file in FILES:
        path_of(workspace, broken, file).write_bytes(b"torn")
    rows = workspace.database.list_runs(experiment.experiment_id)
    [failure] = find_failures(workspace, rows)
    assert (failure.message, failure.attempts) == ("killed by SIGKILL", 1)
    assert gather(workspace, experiment.experiment_id).damage == ()


def test_a_first_task_that_cannot_be_read_is_told_where_it_is_missed(workspace, experiment, monkeypatch):
    first = runs_of(workspace, experiment)[-1]
    base_model = f"local:first@{'0' * 12}"
    model = workspace.run_folder(first.run_id).model_dir.resolve()
    monkeypatch.setattr(LocalModel, "find", lambda self: model)
    second = add_experiment(
        workspace, store_sample_dataset(workspace), arms=("scratch", f"fine_tuned:{base_model}")
    )
    finish_all(workspace, second)
    report = comparison_json(workspace, gather(workspace, second.experiment_id))
    assert (len(report["first_tasks"]), report["damage"]) == (1, [])
    path_of(workspace, first, "predictions.parquet").write_bytes(b"torn")
    report = comparison_json(workspace, gather(workspace, second.experiment_id))
    assert report["first_tasks"] == []
    assert first.run_id in json.dumps(report["damage"])


def test_two_base_models_of_one_title_go_by_their_ids(workspace):
    arms = ("fine_tuned", "fine_tuned:a/model", "fine_tuned:b/model")
    made = add_experiment(workspace, store_sample_dataset(workspace), arms)
    assert list(arm_titles(made).values()) == ["all-MiniLM-L6", "a/model", "b/model"]


def test_a_fault_of_the_program_is_not_taken_for_damage(workspace, experiment, monkeypatch):
    def evaluate(*_):
        raise ValueError("a fault")

    monkeypatch.setattr("tl_core.results.runs.evaluate", evaluate)
    with pytest.raises(ValueError, match="a fault"):
        gather(workspace, experiment.experiment_id)


def test_a_record_of_an_earlier_version_is_told(workspace, experiment):
    old = workspace.run_folder(runs_of(workspace, experiment)[-1].run_id)
    old.write_record(old.read_record().model_copy(update={"train_class_counts": ()}))
    [reason] = gather(workspace, experiment.experiment_id).unreadable.values()
    assert "an earlier version" in reason
