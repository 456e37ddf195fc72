from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.store.makers import make_event, make_experiment, make_record
from tl_core.errors import NotFoundError
from tl_core.schema import EVENT, State
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
    assert table.schema.equals(predictions_schema(2))
    assert table.column("logits").to_pylist() == [[0, 1], [2, 3], [4, 5]]
    assert table.column("example_id").to_pylist() == ["a", "b", "c"]


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
