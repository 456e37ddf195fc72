"""From a file's columns to the columns of a dataset."""

import pytest

from tests.files.tables import table
from tl_core.datasets.dataset import build_dataset
from tl_core.datasets.identity import example_id
from tl_core.datasets.selection import pick_rows
from tl_core.errors import DataError
from tl_core.schema import ColumnChoice

COLUMNS = {
    "title": ["A", " ", "C", "D"],
    "body": ["one", "two", "", "four"],
    "label": ["x", "y", "x", "y"],
    "user": ["u", "v", "u", "w"],
    "day": ["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"],
    "weight": ["1", "2", "3", "4"],
    "part": ["train", "train", "dev", "test"],
}
JOINED = ColumnChoice(text=("title", "body"), label=("label",), joined_with="\n")


def test_joined_texts_leave_no_empty_line_for_a_part_that_is_missing() -> None:
    rows = pick_rows(table(**COLUMNS), JOINED)
    assert rows["text"].to_pylist() == ["A\none", "two", "C", "D\nfour"]
    assert rows["example_id"].to_pylist() == [example_id([text]) for text in rows["text"].to_pylist()]


def test_chosen_roles_become_columns_with_their_types() -> None:
    choice = JOINED.model_copy(update={"group": "user", "time": "day", "weight": "weight", "split": "part"})
    rows = pick_rows(table(**COLUMNS), choice)
    assert rows.column_names == ["example_id", "text", "label", "group", "time", "weight", "part"]
    assert str(rows.schema.field("time").type) == "timestamp[us]"
    assert rows["part"].to_pylist() == ["train", "train", "dev", "test"]


def test_a_role_s_column_that_is_missing_is_named() -> None:
    with pytest.raises(DataError, match="There is no column “nobody”"):
        pick_rows(table(**COLUMNS), JOINED.model_copy(update={"group": "nobody"}))


def test_roles_and_joining_are_part_of_a_dataset_s_identity() -> None:
    choices = [
        JOINED,
        JOINED.model_copy(update={"joined_with": " "}),
        JOINED.model_copy(update={"group": "user"}),
        JOINED.model_copy(update={"time": "day"}),
        JOINED.model_copy(update={"weight": "weight"}),
    ]
    made = [build_dataset(table(**COLUMNS), name="made", choice=choice) for choice in choices]
    assert len({one.info.fingerprint for one in made}) == len(made)
    others = {**COLUMNS, "user": ["other", "v", "u", "w"]}
    moved = build_dataset(table(**others), name="made", choice=choices[2])
    assert moved.info.fingerprint != made[2].info.fingerprint
