import hashlib
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.files.tables import CHOICE, dataset, table, with_columns
from tl_core.datasets.dataset import Dataset, build_dataset
from tl_core.errors import CancelledError, NotFoundError, PlanError, SplitError
from tl_core.schema import ColumnChoice, SplitMethod, SplitName, SplitRule
from tl_core.splits.splitting import Split, make_split, missing_labels, read_split, train_subset, write_split
from tl_core.splits.stratified import draw, draw_groups, groups_by_name

GOLDEN_TEST = [3, 5, 6, 10, 11, 13]
GOLDEN_HASH = "e22eaf70438267eec8952dcf16c7d19fe768c1a9345abe9b9c44258d7a335426"
GROUPED_TEST, GROUPED_VALIDATION = [3, 4, 5, 9, 10, 11, 33, 34, 35, 36, 37, 38], [0, 1, 2, 27, 28, 29]
GROUPED = SplitRule(method=SplitMethod.GROUPED)
COUNTS = st.lists(st.integers(4, 60), min_size=2, max_size=6).map(
    lambda counts: {f"l{i}": count for i, count in enumerate(counts)}
)


def per_class(made: Dataset, rows: np.ndarray) -> np.ndarray:
    return np.bincount(made.targets()[rows], minlength=made.num_labels)


@settings(deadline=None)
@given(COUNTS, st.integers(0, 5))
def test_parts_are_disjoint_complete_and_stratified(counts: dict[str, int], seed: int) -> None:
    made = dataset(counts)
    split = make_split(made, SplitRule(seed=seed))
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
        made = build_dataset(columns, name="made", choice=CHOICE)
        split = make_split(made, SplitRule(seed=3))
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
    split = make_split(dataset({"x": 10, "y": 10}), SplitRule(seed=1))
    assert split.test.tolist() == GOLDEN_TEST
    assert split.info.hash == GOLDEN_HASH


def test_seeds_give_different_splits() -> None:
    made = dataset({"x": 40, "y": 40})
    assert len({make_split(made, SplitRule(seed=seed)).info.hash for seed in range(10)}) == 10


def test_large_datasets_keep_their_test_and_validation_parts_small() -> None:
    split = make_split(dataset({"x": 15_000, "y": 5_000}))
    assert (split.info.validation, split.info.test, split.info.train) == (2_000, 5_000, 13_000)


def test_shares_can_be_chosen() -> None:
    made = dataset({"x": 50, "y": 50})
    split = make_split(made, SplitRule(validation=0.1, test=0.2))
    assert (split.info.train, split.info.validation, split.info.test) == (70, 10, 20)
    assert make_split(made, SplitRule(test=0.4)).info.validation == 15
    for rule in (SplitRule(validation=0.5, test=0.5), SplitRule(test=0.9), SplitRule(validation=0.7)):
        with pytest.raises(SplitError, match="leave nothing to train on"):
            make_split(made, rule)


@pytest.mark.parametrize("shares", [(0.45, 0.5), (0.01, 0.01), (0.9, 0.05)])
def test_every_class_stays_in_every_part_whatever_the_shares(shares: tuple[float, float]) -> None:
    made = dataset({"x": 4, "y": 200})
    split = make_split(made, SplitRule(validation=shares[0], test=shares[1]))
    assert per_class(made, split.train).min() >= 2
    assert min(per_class(made, split.validation).min(), per_class(made, split.test).min()) >= 1


def test_class_too_small_is_named_with_its_count_and_a_remedy() -> None:
    with pytest.raises(SplitError, match="“rare” has only 2 examples; .* 2 labels have too few") as caught:
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
    # One example for rounding; and one for each other class, whose first comes before a large one's third.
    most = max(2, made.num_labels)
    assert (np.abs(per_class(made, train_subset(made, split, size, 0)) - expected) <= most).all()


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
    split = make_split(dataset({"x": 10, "y": 12}), SplitRule(seed=5))
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


def test_split_of_an_older_version_is_read(tmp_path: Path) -> None:
    split = make_split(dataset({"x": 10, "y": 12}))
    write_split(split, tmp_path)
    [path] = (tmp_path / "splits").iterdir()
    written = pq.read_table(path)
    fields = ("hash", "dataset_fingerprint", "seed", "train", "validation", "test")
    info = split.info.model_dump_json(include=set(fields))
    pq.write_table(written.replace_schema_metadata({"split_info": info}), path)
    again = read_split(tmp_path, split.info.hash)
    assert [getattr(again.info, field) for field in fields] == [
        getattr(split.info, field) for field in fields
    ]
    assert (again.info.rule, again.info.largest_group, again.num_leaking) == (SplitRule(), 1, 0)


def test_rule_groups_and_leaks_are_written_with_the_split(tmp_path: Path) -> None:
    made = with_columns(with_own_test(20), group=["g"] * 4 + [""] * 36 + ["g", "", ""])
    split = make_split(made, GROUPED)
    assert (split.num_leaking, split.info.num_groups, split.info.largest_group) == (4, 1, 4)
    write_split(split, tmp_path)
    again = read_split(tmp_path, split.info.hash)
    assert_same(split, again)
    assert again.num_leaking == 4


def test_drift_is_the_largest_difference_of_a_share() -> None:
    made = dataset({"x": 20, "y": 20})
    parts = (
        ["train"] * 10
        + ["validation"] * 6
        + ["test"] * 4
        + ["train"] * 10
        + ["validation"] * 4
        + ["test"] * 6
    )
    split = make_split(with_columns(made, part=parts), SplitRule(method=SplitMethod.OWN))
    assert split.info.drift == pytest.approx(0.1)
    assert make_split(made).info.drift == 0


# Groups


def check_groups(made: Dataset, split: Split, groups: np.ndarray) -> None:
    together = np.concatenate([split.train, split.validation, split.test])
    assert sorted(together) == list(range(made.num_examples))
    for one, other in (
        (split.train, split.validation),
        (split.train, split.test),
        (split.validation, split.test),
    ):
        assert not set(groups[one]) & set(groups[other])
    for part, least in ((split.train, 2), (split.validation, 1), (split.test, 1)):
        assert per_class(made, part).min() >= least


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_no_group_crosses_whatever_the_groups(data: st.DataObject) -> None:
    counts = data.draw(COUNTS)
    made = dataset(counts)
    groups = np.array(
        data.draw(st.lists(st.integers(0, 30), min_size=made.num_examples, max_size=made.num_examples))
    )
    named = with_columns(made, group=[str(group) for group in groups])
    try:
        split = make_split(named, GROUPED)
    except SplitError as error:
        assert error.remedy  # noqa: PT017
        return
    check_groups(made, split, groups)
    sizes = np.bincount(groups)
    assert split.info.num_groups == (sizes > 1).sum()
    assert split.info.largest_group == sizes.max()


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_groups_of_one_class_keep_the_shares_within_the_size_of_a_group(data: st.DataObject) -> None:
    num_classes, size = data.draw(st.integers(2, 4)), data.draw(st.integers(1, 7))
    made = dataset({f"l{place}": 60 for place in range(num_classes)})
    places = np.concatenate([data.draw(st.permutations(range(60))) for _ in range(num_classes)])
    groups = places // size + 100 * made.targets()
    split = make_split(made, SplitRule(keep_together=0.8), groups=groups)
    check_groups(made, split, groups)
    largest = np.unique(groups, return_counts=True)[1].max()
    plain = make_split(made)
    for part in ("validation", "test"):
        difference = per_class(made, getattr(split, part)) - per_class(made, getattr(plain, part))
        assert np.abs(difference).max() <= largest / 2


@settings(deadline=None, max_examples=60)
@given(COUNTS, st.integers(0, 5))
def test_groups_of_one_example_change_nothing(counts: dict[str, int], seed: int) -> None:
    made = dataset(counts)
    alone = np.arange(made.num_examples)
    plain = make_split(made, SplitRule(seed=seed))
    kept = make_split(made, SplitRule(seed=seed, keep_together=0.9), groups=alone)
    assert kept.info.hash == plain.info.hash
    ranked = draw_groups(made, alone, [plain.info.test, plain.info.validation], seed, alone)
    expected = draw(made, alone, [plain.info.test, plain.info.validation], seed)
    for one, other in zip(ranked, expected, strict=True):
        np.testing.assert_array_equal(np.sort(one), np.sort(other))


@settings(deadline=None, max_examples=30)
@given(st.permutations(range(36)))
def test_order_of_rows_and_names_of_labels_and_groups_play_no_part(order: list[int]) -> None:
    texts = [f"text {i}" for i in range(36)]

    def hash_of(rows: list[int], labels: str, groups: str) -> str:
        columns = table(text=[texts[i] for i in rows], label=[labels[i % 2] for i in rows])
        made = build_dataset(columns, name="made", choice=CHOICE)
        return make_split(with_columns(made, group=[f"{groups}{i // 3}" for i in rows]), GROUPED).info.hash

    assert hash_of(order, "ab", "group ") == hash_of(list(range(36)), "xz", "9")


def test_grouped_split_is_the_golden_value() -> None:
    made = dataset({"x": 20, "y": 20})
    split = make_split(with_columns(made, group=[str(i // 3) for i in range(40)]), GROUPED)
    assert split.test.tolist() == GROUPED_TEST
    assert split.validation.tolist() == GROUPED_VALIDATION


NEAR = [
    "i would like to know where the parcel is that i ordered last week",
    "i would like to know where the parcel is that i ordered last month",
    "I would like to know where the parcel is, that I ordered last week.",
    "how can i send back the shoes that are too small for me",
    "how can i send back the shirts that are too small for me",
]


def test_near_duplicates_stay_together() -> None:
    more = [
        f"text {name} that is about {name} and {name[::-1]} alone"
        for name in (f"q{7 * i:04}" for i in range(40))
    ]
    columns = table(text=NEAR + more, label=["x", "x", "x", "y", "y"] + ["x", "y"] * 20)
    made = build_dataset(columns, name="made", choice=CHOICE)
    for seed in range(8):
        split = make_split(made, SplitRule(keep_together=0.8, seed=seed))
        assert (split.info.num_groups, split.info.largest_group, split.num_leaking) == (2, 3, 0)
        check_groups(made, split, np.array([0, 0, 0, 1, 1, *range(2, 42)]))


def test_own_groups_and_near_duplicates_are_kept_together_both() -> None:
    made = dataset({"x": 30, "y": 30})
    near = np.arange(60)
    near[:3] = 0
    named = with_columns(made, group=["", "", "a", "a", "a"] + [""] * 55)
    rule = SplitRule(method=SplitMethod.GROUPED, keep_together=0.8)
    assert make_split(named, rule, groups=near).info.largest_group == 5
    assert make_split(named, GROUPED, groups=near).info.largest_group == 3


def test_pairs_of_texts_are_compared_as_one_text() -> None:
    columns = table(
        one=["a b c"] * 2 + [f"p{i} q{i}" for i in range(20)],
        two=["d e f", "f e d"] + ["r s t"] * 20,
        label=["x", "y"] * 11,
    )
    made = build_dataset(columns, name="made", choice=ColumnChoice(text=("one", "two"), label=("label",)))
    assert make_split(made, SplitRule(keep_together=0.9)).info.largest_group == 2


def test_search_for_near_duplicates_can_be_stopped() -> None:
    def stop(done: int, total: int) -> None:
        raise CancelledError("stopped")

    with pytest.raises(CancelledError):
        make_split(dataset({"x": 9, "y": 9}), SplitRule(keep_together=0.9), tick=stop)


def test_giant_group_goes_to_train() -> None:
    made = dataset({"x": 100, "y": 100})
    names = ["giant" if i % 100 < 60 else "" for i in range(200)]
    for seed in range(5):
        split = make_split(with_columns(made, group=names), SplitRule(method=SplitMethod.GROUPED, seed=seed))
        assert split.info.largest_group == 120
        assert set(np.flatnonzero(groups_by_name(names) == 0)) <= set(split.train)
        assert (split.info.validation, split.info.test) == (20, 60)


def test_class_in_too_few_groups_is_named_with_a_remedy() -> None:
    made = dataset({"rare": 12, "x": 40})
    for names in (["one"] * 12, ["one"] * 6 + ["two"] * 6):
        with pytest.raises(SplitError, match="“rare” is in too few groups") as caught:
            make_split(with_columns(made, group=names + [""] * 40), GROUPED)
        assert "group column" in caught.value.remedy
    three = with_columns(made, group=["one"] * 8 + ["two"] * 2 + ["three"] * 2 + [""] * 40)
    split = make_split(three, GROUPED)
    assert per_class(made, split.train)[0] == 8


def test_texts_that_are_all_near_duplicates_are_refused() -> None:
    made = dataset({"this is one of many texts of class x": 20, "this is one of many texts of class y": 20})
    with pytest.raises(SplitError, match="too few groups"):
        make_split(made, SplitRule(keep_together=0.7))


def test_missing_group_column_is_told() -> None:
    with pytest.raises(SplitError, match="names the group") as caught:
        make_split(dataset({"x": 9, "y": 9}), GROUPED)
    assert caught.value.remedy


def test_near_duplicates_of_own_test_rows_stay_and_are_counted() -> None:
    near = np.arange(43)
    near[[5, 6, 41]] = 0
    made = with_own_test(20)
    split = make_split(made, SplitRule(keep_together=0.8), groups=near)
    assert split.num_leaking == 3
    assert split.test.tolist() == [40, 41, 42]
    assert make_split(made).num_leaking == 0


# Own parts

OWN = SplitRule(method=SplitMethod.OWN)


def test_own_parts_are_used_as_they_are() -> None:
    made = dataset({"x": 10, "y": 10})
    parts = (["train"] * 5 + ["dev"] * 2 + ["Test"] * 3) * 2
    split = make_split(with_columns(made, part=parts), OWN)
    assert split.test.tolist() == [7, 8, 9, 17, 18, 19]
    assert split.validation.tolist() == [5, 6, 15, 16]
    assert (split.info.num_groups, split.info.largest_group) == (0, 1)
    leaking = make_split(
        with_columns(made, part=parts),
        OWN.model_copy(update={"keep_together": 0.9}),
        groups=np.arange(20) // 8,
    )
    assert leaking.num_leaking == 7 + 6 + 1
    np.testing.assert_array_equal(leaking.train, split.train)


@pytest.mark.parametrize(
    ("words", "sizes"),
    [
        (["train"] * 14 + ["test"] * 6, (24, 4, 12)),
        (["0"] * 14 + ["1"] * 6, (24, 4, 12)),
        (["train"] * 14 + ["valid"] * 6, (20, 12, 8)),
        (["train"] * 20, (22, 6, 12)),
    ],
)
def test_parts_that_are_not_named_are_drawn_from_train(words: list[str], sizes: tuple[int, int, int]) -> None:
    made = dataset({"x": 20, "y": 20})
    split = make_split(with_columns(made, part=words * 2), OWN)
    assert (split.info.train, split.info.validation, split.info.test) == sizes
    given = [row for row, word in enumerate(words * 2) if word in ("test", "1", "valid")]
    assert set(given) & set(split.train) == set()
    if words == ["train"] * 20:
        assert split.info.hash == make_split(made).info.hash


def test_groups_stay_whole_among_the_examples_that_a_part_is_drawn_from() -> None:
    made = with_columns(dataset({"x": 20, "y": 20}), part=(["train"] * 14 + ["test"] * 6) * 2)
    groups = np.arange(40) // 2
    split = make_split(made, SplitRule(method=SplitMethod.OWN, keep_together=0.8), groups=groups)
    check_groups(made, split, groups)
    assert (split.info.num_groups, split.info.largest_group) == (14, 2)


def test_own_test_file_and_own_validation_part_go_together() -> None:
    made = with_columns(with_own_test(20), part=(["train"] * 15 + ["val"] * 5) * 2 + ["", "", ""])
    split = make_split(made, OWN)
    assert split.test.tolist() == [40, 41, 42]
    assert split.info.validation == 10


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (["train"] * 8 + ["val"] + ["test"], "validation part holds only “y” .1 example.;"),
        (
            ["val", *["train"] * 4, "test"] + ["val", "test", "test", "train"],
            "“y” has only 1 training example",
        ),
        (["test"] * 5 + ["val"] * 5, "“x” has no training examples; .* 2 labels have too few"),
        (["test"] * 10, "“x” has no examples"),
        (["val"] * 10, "“x” has no examples"),
    ],
)
def test_own_parts_that_cannot_train_and_test_are_refused(parts: list[str], message: str) -> None:
    made = with_columns(dataset({"x": 6, "y": 4}), part=parts)
    with pytest.raises(SplitError, match=message) as caught:
        make_split(made, OWN)
    assert caught.value.remedy


def test_labels_that_a_part_lacks_are_named() -> None:
    made = dataset({"x": 6, "y": 6, "z": 6})
    parts = (["train"] * 4 + ["val", "test"]) * 2 + ["train"] * 5 + ["val"]
    split = make_split(with_columns(made, part=parts), OWN)
    assert missing_labels(made, split) == {
        SplitName.TRAIN: (),
        SplitName.VALIDATION: (),
        SplitName.TEST: ("z",),
    }


# Time

BY_TIME = SplitRule(method=SplitMethod.BY_TIME)


def test_newest_examples_test_and_every_class_has_to_be_in_train() -> None:
    made = dataset({"x": 10, "y": 10})
    times = [datetime(2024, 1 + i % 10, 1) for i in range(20)]
    split = make_split(with_columns(made, time=times), BY_TIME)
    assert split.test.tolist() == [7, 8, 9, 17, 18, 19]
    assert (split.info.train, split.info.validation) == (12, 2)
    late = [time if i < 10 else datetime(2025, 1, 1 + i) for i, time in enumerate(times)]
    with pytest.raises(SplitError, match="“y” has only 1 training example"):
        make_split(with_columns(made, time=late), BY_TIME)
    sorted_by_class = [datetime(2024, 1, 1 + i) for i in (*range(2, 12), 0, 1, *range(12, 20))]
    with pytest.raises(SplitError, match="part holds only"):
        make_split(with_columns(made, time=sorted_by_class), BY_TIME)


def test_times_go_before_near_duplicates_which_are_counted() -> None:
    made = with_columns(dataset({"x": 10, "y": 10}), time=[datetime(2024, 1 + i % 10, 1) for i in range(20)])
    rule = SplitRule(method=SplitMethod.BY_TIME, keep_together=0.8)
    split = make_split(made, rule, groups=np.arange(20) // 10)
    assert split.num_leaking == 14
    assert (split.info.num_groups, split.info.largest_group) == (0, 1)
    assert split.info.hash == make_split(made, BY_TIME).info.hash


def test_newest_of_the_rest_validate_beside_an_own_test_file() -> None:
    made = with_columns(
        with_own_test(20), time=[datetime(2024, 1, 1 + i % 20) for i in range(40)] + [None] * 3
    )
    split = make_split(made, BY_TIME)
    assert split.test.tolist() == [40, 41, 42]
    assert split.validation.tolist() == [17, 18, 19, 37, 38, 39]


def test_a_split_knows_which_examples_belong_together(tmp_path: Path) -> None:
    made = with_columns(dataset({"x": 20, "y": 20}), group=[str(i // 4) for i in range(40)])
    for rule in (GROUPED, SplitRule()):  # rows of one customer are alike, kept together or not
        split = make_split(made, rule)
        assert split.groups is not None
        assert [split.groups[i] == split.groups[0] for i in range(5)] == [True] * 4 + [False]
        write_split(split, tmp_path)
        np.testing.assert_array_equal(read_split(tmp_path, split.info.hash).groups, split.groups)


def test_near_duplicates_belong_together_too() -> None:
    made = dataset({"x": 20, "y": 20})
    near = np.arange(40)
    near[[3, 7]] = 0
    split = make_split(made, SplitRule(keep_together=0.8), groups=near)
    assert split.groups is not None
    assert split.groups[3] == split.groups[7] == split.groups[0] != split.groups[1]


def test_examples_that_each_stand_alone_have_no_groups() -> None:
    made = dataset({"x": 20, "y": 20})
    assert make_split(made).groups is None
    assert make_split(made, SplitRule(keep_together=0.8), groups=np.arange(40)).groups is None


def test_a_split_of_an_earlier_version_learns_its_groups(tmp_path: Path) -> None:
    made = with_columns(dataset({"x": 20, "y": 20}), group=[str(i // 4) for i in range(40)])
    split = make_split(made, GROUPED)
    write_split(replace(split, groups=None), tmp_path)
    old = read_split(tmp_path, split.info.hash)
    assert old.groups is None
    assert not old.knows_groups
    write_split(split, tmp_path)
    again = read_split(tmp_path, split.info.hash)
    np.testing.assert_array_equal(again.groups, split.groups)
    assert again.knows_groups
    assert make_split(dataset({"x": 20, "y": 20})).knows_groups, "there are none"


HALF_SEALED = SplitRule(sealed=0.5)


@settings(deadline=None)
@given(COUNTS.filter(lambda counts: min(counts.values()) >= 10), st.integers(0, 5))
def test_half_of_each_class_of_the_test_is_sealed_and_nothing_else_moves(
    counts: dict[str, int], seed: int
) -> None:
    made = dataset(counts)
    whole, split = (make_split(made, SplitRule(seed=seed, sealed=share)) for share in (None, 0.5))
    assert sorted([*split.test, *split.sealed]) == whole.test.tolist()
    assert split.sealed.tolist() == sorted(split.sealed)
    np.testing.assert_array_equal(split.train, whole.train)
    np.testing.assert_array_equal(split.validation, whole.validation)
    difference = per_class(made, split.sealed) - 0.5 * per_class(made, whole.test)
    assert (np.abs(difference) <= 0.5).all()
    assert (split.info.test, split.info.sealed) == (len(split.test), len(split.sealed))
    assert split.info.num_examples == made.num_examples
    assert split.info.hash != whole.info.hash


def test_a_group_is_sealed_as_a_whole_or_not_at_all() -> None:
    made = with_columns(dataset({"x": 60, "y": 60}), group=[f"g{row // 3}" for row in range(120)])
    split = make_split(made, GROUPED.model_copy(update={"sealed": 0.5}))
    assert split.groups is not None
    assert len(split.sealed) > 10
    assert not set(split.groups[split.sealed]) & set(split.groups[split.test])


def test_the_newest_and_a_file_of_their_own_are_sealed_in_part_too() -> None:
    test = table(text=[f"t{i}" for i in range(20)], label=["x", "y"] * 10)
    made = dataset({"x": 20, "y": 20}, test=test)
    split = make_split(made, HALF_SEALED)
    assert made.is_own_test()[np.concatenate([split.test, split.sealed])].all()
    assert (len(split.test), len(split.sealed)) == (10, 10)


def test_a_sealed_split_is_read_as_it_was_written(tmp_path: Path) -> None:
    made = dataset({"x": 30, "y": 30})
    split = make_split(made, HALF_SEALED)
    write_split(split, tmp_path)
    read = read_split(tmp_path, split.info.hash)
    assert read.info == split.info
    np.testing.assert_array_equal(read.sealed, split.sealed)
    np.testing.assert_array_equal(read.test, split.test)


def test_too_few_test_examples_to_seal_some_are_refused_with_a_remedy() -> None:
    with pytest.raises(SplitError, match="too few to seal a part of them") as refused:
        make_split(dataset({"x": 4, "y": 4}), HALF_SEALED)
    assert "Leave the test open" in refused.value.remedy
