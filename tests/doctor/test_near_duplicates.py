from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tests.doctor.made import of_rows, only
from tl_core.doctor.near_duplicates import near_duplicates, near_duplicates_across, surplus

ROWS = [("one a", "x"), ("one b", "y"), ("two", "x"), ("one c", "x"), ("three a", "y"), ("three b", "y")]


@dataclass(frozen=True)
class Groups:
    group: npt.NDArray[np.int64]
    pairs: tuple[tuple[int, int, float], ...] = ()


def groups(*numbers: int) -> Groups:
    return Groups(np.array(numbers), ((0, 1, 0.9), (4, 5, 0.8)))


def test_all_but_the_first_of_a_group_are_surplus() -> None:
    near = groups(0, 0, 1, 0, 2, 2)
    assert surplus(of_rows(ROWS), near).tolist() == [False, True, False, True, False, True]
    finding = only(near_duplicates(of_rows(ROWS), near))
    assert finding is not None
    assert (finding.count, finding.fix) == (3, "keep_one_of_near_duplicates")
    assert "in 2 groups. The labels differ in 1 group." in finding.message
    assert finding.examples == ("0.90: one a ≈ one b", "0.80: three a ≈ three b")


def test_own_test_rows_are_kept_and_no_others_of_their_group() -> None:
    made = of_rows(ROWS[:4], test=ROWS[4:])
    assert surplus(made, groups(0, 0, 1, 2, 0, 0)).tolist() == [True, True, False, False, False, False]


def test_no_groups_no_finding() -> None:
    near = groups(0, 1, 2, 3, 4, 5)
    assert only(near_duplicates(of_rows(ROWS), near)) is None
    assert only(near_duplicates_across(of_rows(ROWS), np.arange(6) < 3, near)) is None


def test_held_out_texts_with_a_near_duplicate_to_train_with_are_counted() -> None:
    finding = only(near_duplicates_across(of_rows(ROWS), np.arange(6) < 3, groups(0, 0, 1, 0, 2, 2)))
    assert finding is not None
    assert finding.count == 1
    assert "1 of the texts for validation and test (33%) nearly repeats" in finding.message
    assert finding.examples == ("one c",)
