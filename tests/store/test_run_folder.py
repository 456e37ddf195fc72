import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.store.damage import DAMAGES, Damage
from tests.store.makers import make_event, make_experiment, make_record
from tl_core.errors import DamageError, NotFoundError
from tl_core.schema import EVENT, LayerChange, LayerChanges, State
from tl_core.store import run_folder
from tl_core.store.run_folder import RunFolder, predictions_schema


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path / "run_1")


def make_predictions() -> pa.Table:
    logits = pa.FixedSizeListArray.from_arrays(pa.array(np.arange(6, dtype=np.float32)), 2)
    columns = {
        "split": pa.array(["validation", "test", "test"]),
        "example_id": pa.array(["a", "b", "c"]),
        "target": pa.array([0, 1, 1], pa.int32()),
        "logits": logits,
    }
    return pa.table(columns)


def test_record_and_experiment_come_back_as_they_were_written(folder: RunFolder) -> None:
    folder.write_record(make_record(state=State.RUNNING))
    folder.write_record(make_record())
    folder.write_experiment(make_experiment())
    assert folder.read_record() == make_record()
    assert folder.read_experiment() == make_experiment()
    assert sorted(path.name for path in folder.path.iterdir()) == ["experiment.json", "run.json"]


def test_what_a_run_has_not_written_is_not_found(folder: RunFolder) -> None:
    assert not folder.has_record()
    assert folder.read_events() == []
    assert folder.last_event() is None
    for read in (folder.read_record, folder.read_experiment, folder.read_predictions):
        with pytest.raises(NotFoundError, match="run folder run_1"):
            read()


def test_events_come_back_in_order_and_after_a_given_one(folder: RunFolder) -> None:
    for seq in range(5):
        folder.append_event(make_event(seq))
    assert folder.read_events() == [make_event(seq) for seq in range(5)]
    assert [event.seq for event in folder.read_events(after_seq=2)] == [3, 4]
    assert folder.last_event() == make_event(4)


@settings(deadline=None)
@given(num_bytes=st.integers(min_value=1, max_value=len(EVENT.dump_json(make_event(2)))))
def test_a_torn_last_line_is_left_out_and_cut_off_by_the_next_event(
    tmp_path_factory: pytest.TempPathFactory, num_bytes: int
) -> None:
    folder = RunFolder(tmp_path_factory.mktemp("torn"))
    for seq in range(2):
        folder.append_event(make_event(seq))
    with (folder.path / "events.jsonl").open("ab") as file:
        file.write(EVENT.dump_json(make_event(2))[:num_bytes])
    assert [event.seq for event in folder.read_events()] == [0, 1]
    folder.append_event(make_event(2))
    assert folder.read_events() == [make_event(seq) for seq in range(3)]


def test_a_torn_first_line_is_cut_off_too(folder: RunFolder) -> None:
    folder.path.mkdir()
    (folder.path / "events.jsonl").write_bytes(b'{"seq":0')
    assert folder.read_events() == []
    folder.append_event(make_event(0))
    assert folder.read_events() == [make_event(0)]


def test_predictions_come_back_with_the_promised_types(folder: RunFolder) -> None:
    folder.write_predictions(make_predictions())
    table = folder.read_predictions()
    assert table.schema.equals(predictions_schema(2, has_groups=False))
    assert table.column("logits").to_pylist() == [[0, 1], [2, 3], [4, 5]]
    assert table.column("example_id").to_pylist() == ["a", "b", "c"]


def test_the_group_of_each_row_comes_back_where_it_is_known(folder: RunFolder) -> None:
    folder.write_predictions(make_predictions().append_column("group", pa.array([4, 4, 7])))
    table = folder.read_predictions()
    assert table.schema.equals(predictions_schema(2))
    assert table.column("group").to_pylist() == [4, 4, 7]


def test_predictions_of_another_form_are_refused_and_leave_the_old_ones(folder: RunFolder) -> None:
    folder.write_predictions(make_predictions())
    with pytest.raises(ValueError, match="example_id"):
        folder.write_predictions(make_predictions().drop_columns(["example_id"]))
    assert folder.read_predictions().num_rows == 3
    assert [path.name for path in folder.path.iterdir()] == ["predictions.parquet"]


def test_starting_over_keeps_log_and_experiment_alone(folder: RunFolder) -> None:
    folder.write_record(make_record())
    folder.write_experiment(make_experiment())
    folder.append_event(make_event(0))
    folder.write_predictions(make_predictions())
    folder.model_dir.mkdir()
    folder.log_path.write_text("first attempt")
    folder.start_over()
    assert sorted(path.name for path in folder.path.iterdir()) == ["experiment.json", "log.txt"]


# --- damage -------------------------------------------------------------------------------------------------

WHOLE_FILES = ("run.json", "experiment.json", "layers.json", "predictions.parquet", "first_task.parquet")


def whole_run(folder: RunFolder) -> RunFolder:
    folder.write_record(make_record())
    folder.write_experiment(make_experiment())
    folder.write_layers(LayerChanges(num_texts=1, parts=(LayerChange(part="head", moved=0.5),)))
    folder.write_predictions(make_predictions())
    folder.write_first_task(make_predictions())
    return folder


def readers(folder: RunFolder) -> dict[str, Callable[[], object]]:
    return {
        "run.json": folder.read_record,
        "experiment.json": folder.read_experiment,
        "layers.json": folder.read_layers,
        "predictions.parquet": folder.read_predictions,
        "first_task.parquet": folder.read_first_task,
    }


@pytest.mark.parametrize("damage", DAMAGES, ids=str)
@pytest.mark.parametrize("file", WHOLE_FILES)
def test_a_damaged_file_is_named_with_its_run_and_keeps_no_other_from_being_read(
    folder: RunFolder, file: str, damage: Damage
) -> None:
    whole_run(folder)
    damage(folder.path / file)
    with pytest.raises((DamageError, NotFoundError)) as raised:
        readers(folder)[file]()
    assert file in raised.value.message
    assert "run_1" in raised.value.message
    assert "\n" not in str(raised.value)
    assert str(folder.path.parent) not in str(raised.value)
    for other in set(WHOLE_FILES) - {file}:
        readers(folder)[other]()


@pytest.mark.parametrize("file", WHOLE_FILES[:3])
def test_a_file_of_a_newer_version_says_so(folder: RunFolder, file: str) -> None:
    path = whole_run(folder).path / file
    newer = json.loads(path.read_text()) | {"schema_version": 99, "novelty": True}
    path.write_text(json.dumps(newer))
    with pytest.raises(DamageError, match=f"{file} of run_1 is damaged: a newer version of this program"):
        readers(folder)[file]()


def with_column(name: str, values: pa.Array) -> pa.Table:
    table = make_predictions()
    return table.set_column(table.column_names.index(name), name, values)


NOT_A_NUMBER = pa.FixedSizeListArray.from_arrays(pa.array([0, 1, 2, 3, np.nan, 5], pa.float32()), 2)


@pytest.mark.parametrize(
    ("table", "what"),
    [
        (make_predictions().drop_columns(["target"]), "the columns are not those of predictions"),
        (with_column("target", pa.array(["0", "1", "1"])), "the columns are not those of predictions"),
        (with_column("logits", pa.array([[0.0], [1.0], [2.0]])), "the columns are not those of predictions"),
        (with_column("target", pa.array([0, 1, None], pa.int32())), "rows without a value"),
        (with_column("target", pa.array([0, 1, 2], pa.int32())), "targets that are no class"),
        (with_column("target", pa.array([0, 1, -1], pa.int32())), "targets that are no class"),
        (with_column("logits", NOT_A_NUMBER), "logits that are no numbers"),
    ],
)
def test_a_table_that_is_no_table_of_predictions_is_damage(
    folder: RunFolder, table: pa.Table, what: str
) -> None:
    folder.path.mkdir()
    pq.write_table(table, folder.path / "predictions.parquet")
    with pytest.raises(DamageError, match=f"predictions.parquet of run_1 is damaged: .*{what}"):
        folder.read_predictions()


def test_predictions_that_claim_more_rows_than_memory_holds_are_not_read(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write_predictions(make_predictions())
    monkeypatch.setattr(run_folder, "MOST_VALUES", 5)
    with pytest.raises(DamageError, match="it claims 3 rows"):
        folder.read_predictions()


def test_predictions_of_an_earlier_version_have_no_checksums_and_are_read(folder: RunFolder) -> None:
    folder.path.mkdir()
    plain = make_predictions().cast(predictions_schema(2, has_groups=False))
    pq.write_table(plain, folder.path / "predictions.parquet")
    assert folder.read_predictions().num_rows == 3


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\0\0\0",
        b"{",
        b"[]",
        b'{"kind": "StepLogged"}',
        b'{"kind": "Other"}',
        b"\xff\xfe",
        b"null",
        b"1",
    ],
)
@pytest.mark.parametrize("place", [0, 2, 4])
def test_damaged_lines_are_left_out_and_counted(folder: RunFolder, place: int, line: bytes) -> None:
    folder.path.mkdir()
    lines = [EVENT.dump_json(make_event(seq)) for seq in range(5)]
    lines[place] = line
    (folder.path / "events.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    kept = [make_event(seq) for seq in range(5) if seq != place]
    tail = folder.tail_events()
    assert folder.read_events() == kept
    assert list(tail.read()) == kept
    said = "1 line is unreadable and left out" if line else ""
    assert folder.read_log().problem == tail.problem == said


def test_damage_between_two_looks_at_a_growing_file_is_counted_once(folder: RunFolder) -> None:
    folder.append_event(make_event(0))
    tail = folder.tail_events()
    assert (len(tail.read()), tail.problem) == (1, "")
    with (folder.path / "events.jsonl").open("ab") as file:
        file.write(b"\0\n")
    assert len(tail.read()) == len(tail.read()) == 1
    assert tail.problem == "1 line is unreadable and left out"
    folder.append_event(make_event(1))
    assert [event.seq for event in tail.read()] == [0, 1]
    folder.start_over()
    folder.append_event(make_event(0).model_copy(update={"wall_s": 7.0}))
    assert (len(tail.read()), tail.problem) == (1, "")


def test_events_that_cannot_be_opened_say_so(folder: RunFolder) -> None:
    (folder.path / "events.jsonl").mkdir(parents=True)
    tail = folder.tail_events()
    assert folder.read_events() == list(tail.read()) == []
    assert folder.read_log().problem == tail.problem == "it cannot be read (it is a folder)"
