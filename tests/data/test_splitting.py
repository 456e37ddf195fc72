import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data.tables import dataset, table
from tl_core.data.dataset import Dataset, build_dataset
from tl_core.data.splitting import Split, make_split, read_split, train_subset, write_split
from tl_core.errors import NotFoundError, PlanError, SplitError

GOLDEN_TEST = [3, 5, 6, 10, 11, 13]
COUNTS = st.lists(st.integers(4, 60), min_size=2, max_size=6).map(
    lambda counts: {f"l{i}": count for i, count in enumerate(counts)}
)


def per_class(made: Dataset, rows: np.ndarray) -> np.ndarray:
    return np.bincount(made.targets()[rows], minlength=made.num_labels)


@settings(deadline=None)
@given(COUNTS, st.integers(0, 5))
def test_parts_are_disjoint_complete_and_stratified(counts: dict[str, int], seed: int) -> None:
    made = dataset(counts)
    split = make_split(made, seed=seed)
    together = np.concatenate([split.train, split.validation, split.test])
    assert sorted(together) == list(range(made.num_examples))
    total = made.num_examples
    sizes = np.array(list(counts.values()))
    for part, share in (
        (split.test, round(0.3 * total) / total),
        (split.validation, round(0.15 * total) / total),
    ):
        assert part.tolist() == sorted(part)
        assert (np.abs(per_class(made, part) - share * sizes) <= 1).all()
        assert (per_class(made, part) >= 1).all()
    assert (per_class(made, split.train) >= 2).all()


@settings(deadline=None, max_examples=30)
@given(st.permutations(range(24)))
def test_split_and_hash_do_not_depend_on_the_order_of_the_rows(order: list[int]) -> None:
    texts = [f"text {i}" for i in range(24)]
    labels = ["x" if i % 3 else "y" for i in range(24)]

    def split_of(rows: list[int]) -> tuple[str, set[str]]:
        columns = table(text=[texts[i] for i in rows], label=[labels[i] for i in rows])
        made = build_dataset(columns, name="made", text="text", label="label")
        split = make_split(made, seed=3)
        return split.info.hash, {made.texts()[row] for row in split.test}

    assert split_of(order) == split_of(list(range(24)))


def test_hash_is_that_of_the_sorted_assignments() -> None:
    made = dataset({"x": 5, "y": 6})
    split = make_split(made)
    ids = made.example_ids()
    parts = {"train": split.train, "validation": split.validation, "test": split.test}
    lines = sorted(f"{ids[row]} {name}\n" for name, rows in parts.items() for row in rows)
    assert split.info.hash == hashlib.sha256("".join(lines).encode()).hexdigest()


def test_split_is_the_golden_value() -> None:
    split = make_split(dataset({"x": 10, "y": 10}), seed=1)
    assert split.test.tolist() == GOLDEN_TEST


def test_seeds_give_different_splits() -> None:
    made = dataset({"x": 40, "y": 40})
    assert len({make_split(made, seed=seed).info.hash for seed in range(10)}) == 10


def test_large_datasets_keep_their_test_and_validation_parts_small() -> None:
    split = make_split(dataset({"x": 15_000, "y": 5_000}))
    assert (split.info.validation, split.info.test, split.info.train) == (2_000, 5_000, 13_000)


def test_shares_can_be_chosen() -> None:
    split = make_split(dataset({"x": 50, "y": 50}), fractions=(0.1, 0.2))
    assert (split.info.train, split.info.validation, split.info.test) == (70, 10, 20)
    with pytest.raises(SplitError, match="sum below 1"):
        make_split(dataset({"x": 50, "y": 50}), fractions=(0.5, 0.5))


@pytest.mark.parametrize("fractions", [(0.45, 0.5), (0.01, 0.01), (0.9, 0.05)])
def test_every_class_stays_in_every_part_whatever_the_shares(fractions: tuple[float, float]) -> None:
    made = dataset({"x": 4, "y": 200})
    split = make_split(made, fractions=fractions)
    assert per_class(made, split.train).min() >= 2
    assert min(per_class(made, split.validation).min(), per_class(made, split.test).min()) >= 1


def test_class_too_small_is_named_with_its_count_and_a_remedy() -> None:
    with pytest.raises(SplitError, match=r"class 'rare' has 2 \(and 2 classes in all are") as caught:
        make_split(dataset({"rare": 2, "x": 20, "also": 3}))
    assert "Merge it" in caught.value.remedy


def with_own_test(num_train: int) -> Dataset:
    test = table(text=["t1", "t2", "t1"], label=["x", "y", "y"])
    return dataset({"x": num_train, "y": num_train}, test=test)


def test_own_test_rows_are_the_test_part() -> None:
    made = with_own_test(20)
    split = make_split(made)
    assert split.test.tolist() == [40, 41, 42]
    assert (split.info.train, split.info.validation) == (34, 6)
    assert make_split(with_own_test(3)).info.train == 4
    with pytest.raises(SplitError, match="at least 3"):
        make_split(with_own_test(2))


@settings(deadline=None, max_examples=40)
@given(COUNTS, st.integers(0, 3))
def test_subsets_are_nested_and_hold_every_class(counts: dict[str, int], seed: int) -> None:
    made = dataset(counts)
    split = make_split(made)
    smaller: set[int] = set()
    for size in range(1, len(split.train) + 1):
        subset = train_subset(made, split, size, seed)
        assert len(subset) == size
        assert smaller < set(subset)
        assert set(subset) <= set(split.train)
        if size >= made.num_labels:
            assert per_class(made, subset).min() >= 1
        smaller = set(subset)
    assert subset.tolist() == split.train.tolist()


@settings(deadline=None, max_examples=40)
@given(COUNTS, st.data())
def test_subsets_keep_the_proportions(counts: dict[str, int], data: st.DataObject) -> None:
    made = dataset(counts)
    split = make_split(made)
    size = data.draw(st.integers(made.num_labels, len(split.train)))
    expected = size * per_class(made, split.train) / len(split.train)
    # One example for rounding, one for the rule that no class is absent.
    assert (np.abs(per_class(made, train_subset(made, split, size, 0)) - expected) <= 2).all()


def test_equal_classes_are_equal_in_subsets() -> None:
    made = dataset({"x": 40, "y": 40, "z": 40})
    subset = train_subset(made, make_split(made), 30, 7)
    assert per_class(made, subset).tolist() == [10, 10, 10]


def test_subsets_are_drawn_anew_for_each_seed() -> None:
    made = dataset({"x": 100, "y": 100})
    split = make_split(made)
    drawn = {tuple(train_subset(made, split, 20, seed)) for seed in range(10)}
    assert len(drawn) == 10


@pytest.mark.parametrize("size", [0, 12, 10_000])
def test_impossible_size_is_refused_with_a_remedy(size: int) -> None:
    made = dataset({"x": 10, "y": 10})
    with pytest.raises(PlanError, match="from 1 to 11") as caught:
        train_subset(made, make_split(made), size, 0)
    assert caught.value.remedy


def assert_same(first: Split, second: Split) -> None:
    assert first.info == second.info
    for part in ("train", "validation", "test"):
        np.testing.assert_array_equal(getattr(first, part), getattr(second, part))
        assert getattr(second, part).dtype == np.int64


def test_written_split_is_read_back_and_never_written_twice(tmp_path: Path) -> None:
    split = make_split(dataset({"x": 10, "y": 12}), seed=5)
    write_split(split, tmp_path)
    [path] = (tmp_path / "splits").iterdir()
    assert path.name == f"{split.info.hash}.parquet"
    written = path.stat().st_mtime_ns
    write_split(split, tmp_path)
    assert path.stat().st_mtime_ns == written
    assert_same(split, read_split(tmp_path, split.info.hash))


def test_missing_split_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="abc"):
        read_split(tmp_path, "abc")
