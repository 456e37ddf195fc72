"""Golden values were computed with coreutils' sha256sum over the bytes that the docstrings describe."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tl_core.datasets.identity import Row, derive_seeds, example_id, fingerprint, rank
from tl_core.schema import DatasetSchema

GOLDEN_FINGERPRINT = "9d4622a794ce62022d883247bfe5ca4ab4fbe41e14a4c5b6fe17880e9e92e255"
TWO_ROWS: list[Row] = [(["x"], "a", "train", ()), (["y"], "b", "train", ())]
SCHEMA = DatasetSchema(text_columns=("text",), label_column="label", labels=("a", "b"))


@pytest.mark.parametrize(
    ("texts", "occurrence", "expected"),
    [
        (["abc"], 0, "ce91dc5eec0139adf091900d225971d6"),
        (["abc"], 2, "7d4e3f06fd76461ea73136299dc878d6"),
        (["a", "bc"], 0, "9a8acca1b6c6c0befd3fbc756aed625d"),
        (["é"], 0, "065ba7d52bd28953872d7571d5849952"),
        (["e\N{COMBINING ACUTE ACCENT}"], 0, "065ba7d52bd28953872d7571d5849952"),
    ],
)
def test_example_id_is_the_golden_value(texts: list[str], occurrence: int, expected: str) -> None:
    assert example_id(texts, occurrence) == expected


def test_rank_is_the_golden_value() -> None:
    assert rank(7, "abc") == "d9d02ef46913e78745d85b7ee05d3e0e27006b67a080a426be4414c506b82aab"


def test_seeds_are_the_golden_values() -> None:
    seeds = derive_seeds(0)
    assert (seeds.init, seeds.order, seeds.subset) == (0x63E1A981, 0x23EAF8BF, 0x156BFA82)


def test_seeds_on_another_split_are_the_golden_values() -> None:
    seeds = derive_seeds(0, 2)
    assert (seeds.init, seeds.order, seeds.subset) == (0x4F21A1DA, 0x6F834F08, 0x53D57653)


def test_seeds_of_different_indices_and_splits_differ() -> None:
    places = [(index, split) for index in range(20) for split in range(5)]
    seeds = [seed for place in places for seed in derive_seeds(*place).model_dump().values()]
    assert len(set(seeds)) == 300
    assert all(0 <= seed < 2**31 for seed in seeds)


def test_fingerprint_is_the_golden_value() -> None:
    assert fingerprint([(["x"], "a", "train", ())], SCHEMA) == GOLDEN_FINGERPRINT


@pytest.mark.parametrize(
    "rows",
    [
        [(["x"], "a", "train", ()), (["y"], "a", "train", ())],
        [(["x"], "b", "train", ()), (["y"], "b", "train", ())],
        [(["x"], "a", "train", ()), (["y"], "b", "test", ())],
        [(["y"], "b", "train", ()), (["x"], "a", "train", ())],
        [(["xa"], "", "train", ()), (["y"], "b", "train", ())],
        [(["x"], "a", "train", ("group 1",)), (["y"], "b", "train", ("",))],
    ],
)
def test_fingerprint_changes_with_any_part_of_a_row(rows: list[Row]) -> None:
    assert fingerprint(rows, SCHEMA) != fingerprint(TWO_ROWS, SCHEMA)


def test_fingerprint_changes_with_the_schema() -> None:
    renamed = SCHEMA.model_copy(update={"label_column": "other"})
    assert fingerprint([(["x"], "a", "train", ())], renamed) != fingerprint(
        [(["x"], "a", "train", ())], SCHEMA
    )


@given(st.lists(st.text(), min_size=1, max_size=2), st.lists(st.text(), min_size=1, max_size=2))
def test_ids_are_equal_exactly_when_the_normalised_texts_are(first: list[str], second: list[str]) -> None:
    same = [unicodedata.normalize("NFC", text) for text in first] == [
        unicodedata.normalize("NFC", text) for text in second
    ]
    assert (example_id(first) == example_id(second)) == same
