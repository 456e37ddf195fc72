"""Following a growing file of events."""

from pathlib import Path

import pytest

from tests.store.makers import make_event
from tl_core.schema import EVENT
from tl_core.store import run_folder
from tl_core.store.run_folder import RunFolder


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path / "run_1")


def test_a_run_that_has_not_begun_has_no_events(folder: RunFolder) -> None:
    assert folder.tail_events().read() == ()


def test_each_line_is_parsed_once(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = []
    validate = EVENT.validate_json

    class Counting:
        def validate_json(self, line: bytes) -> object:
            parsed.append(line)
            return validate(line)

    monkeypatch.setattr(run_folder, "EVENT", Counting())
    for seq in range(3):
        (folder.path).mkdir(exist_ok=True)
        with (folder.path / "events.jsonl").open("ab") as file:
            file.write(EVENT.dump_json(make_event(seq)) + b"\n")
    tail = folder.tail_events()
    assert [event.seq for event in tail.read()] == [0, 1, 2]
    with (folder.path / "events.jsonl").open("ab") as file:
        file.write(EVENT.dump_json(make_event(3)) + b"\n")
    assert [event.seq for event in tail.read()] == [0, 1, 2, 3]
    assert tail.read() == tail.read()
    assert len(parsed) == 4


def test_a_torn_line_is_read_once_it_is_whole(folder: RunFolder) -> None:
    folder.append_event(make_event(0))
    tail = folder.tail_events()
    line = EVENT.dump_json(make_event(1)) + b"\n"
    with (folder.path / "events.jsonl").open("ab") as file:
        file.write(line[:20])
        file.flush()
        assert [event.seq for event in tail.read()] == [0]
        file.write(line[20:])
    assert [event.seq for event in tail.read()] == [0, 1]


@pytest.mark.parametrize("num_events", [1, 5])
def test_a_new_attempt_starts_anew(folder: RunFolder, num_events: int) -> None:
    for seq in range(3):
        folder.append_event(make_event(seq))
    tail = folder.tail_events()
    tail.read()
    folder.start_over()
    for seq in range(num_events):
        folder.append_event(make_event(seq).model_copy(update={"wall_s": 9.5}))
    assert [event.wall_s for event in tail.read()] == [9.5] * num_events


def test_a_removed_file_leaves_nothing(folder: RunFolder) -> None:
    folder.append_event(make_event(0))
    tail = folder.tail_events()
    tail.read()
    folder.start_over()
    assert tail.read() == ()
