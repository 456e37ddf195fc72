from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.files.tables import dataset, table, with_columns
from tl_core.datasets.dataset import Dataset, build_dataset
from tl_core.errors import SplitError
from tl_core.files.reading import Table, read_table
from tl_core.schema import ColumnChoice, SplitMethod, SplitName, SplitRule
from tl_core.splits.split_csv import read_split_file, split_csv
from tl_core.splits.splitting import Split, make_split


def parts_of(made: Dataset, split: Split) -> list[str]:
    words = np.empty(made.num_examples, dtype=object)
    for name in SplitName:
        words[getattr(split, name)] = name.value
    return words.tolist()


def test_downloaded_split_makes_the_same_split(tmp_path: Path) -> None:
    made = dataset({"x": 30, "y": 40})
    split = make_split(made, SplitRule(seed=3))
    path = tmp_path / "split.csv"
    path.write_bytes(split_csv(made, split))
    assert path.read_text(encoding="utf-8-sig").startswith(f"example_id,part\n{made.example_ids()[0]}")
    again = read_split_file(made, read_table(path))
    assert again.info.hash == split.info.hash
    assert again.info.rule.method is SplitMethod.OWN
    np.testing.assert_array_equal(again.test, split.test)


def test_what_was_sealed_stays_sealed_in_a_split_that_was_kept(tmp_path: Path) -> None:
    made = dataset({"x": 30, "y": 40})
    split = make_split(made, SplitRule(sealed=0.5))
    path = tmp_path / "split.csv"
    path.write_bytes(split_csv(made, split))
    again = read_split_file(made, read_table(path))
    assert again.info.hash == split.info.hash
    assert again.info.sealed == split.info.sealed
    np.testing.assert_array_equal(again.sealed, split.sealed)


def test_a_file_that_seals_one_class_alone_is_refused(tmp_path: Path) -> None:
    made = dataset({"x": 30, "y": 40})
    split, labels = make_split(made), made.targets()
    parts = parts_of(made, split)
    for row in split.test:
        parts[row] = "sealed" if labels[row] == 0 else "test"
    with pytest.raises(SplitError, match="two labels have to be on either side"):
        read_split_file(made, table(part=parts, example_id=made.example_ids()))


@settings(deadline=None, max_examples=20)
@given(st.permutations(range(20)))
def test_order_of_the_rows_plays_no_part(order: list[int]) -> None:
    made = dataset({"x": 10, "y": 10})
    split = make_split(made)
    ids, parts = made.example_ids(), parts_of(made, split)
    file = table(part=[parts[row] for row in order], example_id=[ids[row] for row in order])
    assert read_split_file(made, file).info.hash == split.info.hash


def test_texts_can_stand_for_ids() -> None:
    test = table(text=["t1", "t2", "t1", "t3"], label=["x", "y", "y", "y"])
    made = dataset({"x": 10, "y": 10}, test=test)
    split = make_split(made)
    file = table(text=made.texts(), part=parts_of(made, split))
    assert read_split_file(made, file).info.hash == split.info.hash


def test_pairs_and_joined_texts_can_stand_for_ids() -> None:
    one, two = [f"a{i}" for i in range(20)], [f"b{i}" for i in range(20)]
    pairs = build_dataset(
        table(one=one, two=two, label=["x", "y"] * 10),
        name="made",
        choice=ColumnChoice(text=("one", "two"), label=("label",)),
    )
    split = make_split(pairs)
    assert read_split_file(pairs, table(one=one, two=two, part=parts_of(pairs, split))).info == replace_rule(
        split
    )
    whole = build_dataset(
        table(all=[f"{a} {b}" for a, b in zip(one, two, strict=True)], label=["x", "y"] * 10),
        name="made", choice=ColumnChoice.of("all", "label"),
    )  # fmt: skip
    columns = whole.info.columns.model_copy(update={"text_columns": ("one", "two"), "joined_with": " "})
    joined = replace(whole, info=whole.info.model_copy(update={"columns": columns}))
    split = make_split(joined)
    assert (
        read_split_file(joined, table(one=one, two=two, part=parts_of(joined, split))).info.hash
        == split.info.hash
    )


def replace_rule(split: Split):
    return split.info.model_copy(update={"rule": SplitRule(method=SplitMethod.OWN)})


def file_of(ids: Sequence[str], parts: Sequence[str]) -> Table:
    return table(example_id=ids, part=parts)


def test_every_example_has_to_stand_there_once() -> None:
    made = dataset({"x": 10, "y": 10})
    ids, parts = made.example_ids(), parts_of(made, make_split(made))
    file = file_of([*ids[2:], ids[5], ids[5], ids[6], "strange"], [*parts[2:], *["train"] * 4])
    message = "does not fit the 20 examples: 2 missing, 1 not in the dataset, 2 repeated"
    with pytest.raises(SplitError, match=message) as caught:
        read_split_file(made, file)
    assert caught.value.remedy
    with pytest.raises(SplitError, match="20 missing"):
        read_split_file(made, file_of([], []))


def test_unusable_files_are_told() -> None:
    made = dataset({"x": 10, "y": 10})
    ids, parts = made.example_ids(), parts_of(made, make_split(made))
    with pytest.raises(SplitError, match="no column “part”. It has “example_id”, “set”"):
        read_split_file(made, table(example_id=ids, set=parts))
    with pytest.raises(SplitError, match="neither “example_id” nor “text”"):
        read_split_file(made, table(id=ids, part=parts))
    with pytest.raises(SplitError, match="“later”"):
        read_split_file(made, file_of(ids, ["later", *parts[1:]]))
    with pytest.raises(SplitError, match="“x” has no training examples"):
        read_split_file(made, file_of(ids, ["test"] * 10 + ["train"] * 10))


def test_groups_go_out_and_come_back(tmp_path: Path) -> None:
    made = with_columns(dataset({"x": 30, "y": 40}), group=[f"g{i // 5}" for i in range(70)])
    split = make_split(made, SplitRule(method=SplitMethod.GROUPED))
    path = tmp_path / "split.csv"
    path.write_bytes(split_csv(made, split))
    again = read_split_file(made, read_table(path))
    assert split.groups is not None
    assert again.groups is not None
    assert len(np.unique(list(zip(again.groups, split.groups, strict=True)), axis=0)) == 14
