"""Columns that carry a group, a date, a weight or a part."""

from datetime import datetime

import pytest

from tests.files.tables import table
from tl_core.datasets.roles import guess_roles, times_of, weights_of
from tl_core.errors import DataError


def column(*values: str):
    return table(x=values).columns["x"]


def guessed(**columns):
    return {one.role: one.column for one in guess_roles(table(**columns).columns, ["text", "label"])}


def test_each_role_is_recognised_by_name_and_values() -> None:
    size = 40
    assert guessed(
        text=["a"] * size,
        label=["b"] * size,
        subset=["train", "dev"] * 20,
        user_id=[str(i % 9) for i in range(size)],
        created_at=["2026-01-31 10:00:00"] * size,
        weight=["0.5"] * size,
        note=["words"] * size,
    ) == {"split": "subset", "group": "user_id", "time": "created_at", "weight": "weight"}


def test_what_only_looks_like_a_role_is_none() -> None:
    size = 40
    assert (
        guessed(
            text=["a"] * size,
            user_id=[str(i) for i in range(size)],  # every row its own: nothing belongs together
            weight=["-1"] * size,
            number=["2020"] * size,  # a year only under a name that says so
            phase=["train", "boat"] * 20,
        )
        == {}
    )


def test_a_flag_is_a_split_only_under_a_name_that_says_so() -> None:
    assert guessed(in_held_out_test=["1", "0"] * 20, text=["a"] * 40) == {"split": "in_held_out_test"}
    assert guessed(is_long=["1", "0"] * 20, text=["a"] * 40) == {}


@pytest.mark.parametrize(
    "values",
    [
        ("2026-01-31", "2026-02-01"),
        ("2026-01-31T00:00:00Z", "2026-02-01 00:00:00"),
        ("31.01.2026", "01.02.2026"),
        ("31/01/2026", "01/02/2026"),
        ("01/31/2026", "02/01/2026"),
        ("1769817600", "1769904000"),
        ("1769817600000", "1769904000000"),
        ("Sat Jan 31 00:00:00 +0000 2026", "Sun Feb 01 00:00:00 +0000 2026"),
    ],
)
def test_dates_of_one_form_are_read(values: tuple[str, str]) -> None:
    assert times_of(column(*values), "date").to_pylist() == [datetime(2026, 1, 31), datetime(2026, 2, 1)]


def test_years_are_dates_where_they_are_chosen() -> None:
    assert times_of(column("2025", "2026"), "year").to_pylist() == [
        datetime(2025, 1, 1),
        datetime(2026, 1, 1),
    ]


@pytest.mark.parametrize("values", [("2026-01-31", "soon"), ("", "2026-01-31"), ("31.01.2026", "2026-01-31")])
def test_a_row_without_a_date_is_named(values: tuple[str, str]) -> None:
    with pytest.raises(DataError, match="not a date like the others|not dates of one form; the first is"):
        times_of(column(*values), "date")


def test_weights_are_numbers_that_are_not_negative() -> None:
    assert weights_of(column("1", " 0.5 ", "2e1", "0"), "w").to_pylist() == [1.0, 0.5, 20.0, 0.0]


@pytest.mark.parametrize("value", ["-1", "", "many", "nan", "1e999", "inf", "1,5"])
def test_what_is_no_weight_is_counted_and_the_first_is_named(value: str) -> None:
    with pytest.raises(DataError, match=rf"2 rows have no usable weight in “w”; .* row 2: “{value}”"):
        weights_of(column("1", value, "2", "-3"), "w")


def test_a_weight_is_recognised_only_under_a_name_that_can_mean_nothing_else() -> None:
    good = ["1", "0.5"] * 20
    assert guessed(sample_weight=good) == {"weight": "sample_weight"}
    assert guessed(weight_kg=good) == {}
    assert guessed(weight=["0"] * 40) == {}
