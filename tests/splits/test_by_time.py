from collections import Counter
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.files.tables import dataset, with_columns
from tl_core.errors import SplitError
from tl_core.splits.by_time import draw_newest

START = datetime(2024, 2, 28)


def drawn(days: list[int], sizes: list[int]) -> list[list[int]]:
    """Return the days of the examples in each part."""
    made = dataset({"x": len(days) - len(days) // 2, "y": len(days) // 2})
    made = with_columns(made, time=[START + timedelta(days=day) for day in days])
    return [sorted(days[row] for row in rows) for rows in draw_newest(made, np.arange(len(days)), sizes)]


def test_newest_part_comes_first_and_nothing_of_one_time_is_parted() -> None:
    assert drawn([5, 1, 4, 2, 3, 0], [2, 1]) == [[4, 5], [3]]
    assert drawn([0, 1, 2, 2, 2, 2, 3, 4], [3, 1]) == [[3, 4], [2, 2, 2, 2]]


def test_boundary_is_the_nearest_and_of_two_the_newer() -> None:
    # Three wanted: two on one side of the tie, four on the other.
    assert drawn([0, 1, 2, 3, 4, 4, 5, 6], [3]) == [[5, 6]]
    assert drawn([0, 1, 2, 3, 4, 4, 4, 5, 6], [4]) == [[4, 4, 4, 5, 6]]


@settings(deadline=None)
@given(st.lists(st.integers(0, 12), min_size=4, max_size=60), st.integers(1, 30), st.integers(1, 30))
def test_parts_are_in_order_of_time_and_never_empty(
    days: list[int], num_test: int, num_validation: int
) -> None:
    if len(set(days)) < 3:
        with pytest.raises(SplitError, match="too few to split by; at least 3"):
            drawn(days, [num_test, num_validation])
        return
    test, validation = drawn(days, [num_test, num_validation])
    train = sorted((Counter(days) - Counter(test) - Counter(validation)).elements())
    assert min(len(train), len(validation), len(test)) > 0
    assert train[-1] < validation[0] <= validation[-1] < test[0]
    nearest = min(abs(sum(day >= edge for day in days) - num_test) for edge in sorted(set(days))[2:])
    assert abs(len(test) - num_test) == nearest


def test_missing_times_are_counted() -> None:
    made = dataset({"x": 5, "y": 5})
    with pytest.raises(SplitError, match="The dataset has no ") as caught:
        draw_newest(made, np.arange(10), [2, 2])
    assert caught.value.remedy
    times = pa.array([START, None] * 5, pa.timestamp("s"))
    with pytest.raises(SplitError, match="5 examples have no date"):
        draw_newest(with_columns(made, time=times), np.arange(10), [2, 2])
