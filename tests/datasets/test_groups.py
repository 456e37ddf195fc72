import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tl_core.splits.stratified import group_sizes, groups_by_name, join_groups, number_by_appearance

GROUPINGS = st.integers(0, 25).flatmap(
    lambda size: st.tuples(*[st.lists(st.integers(-3, 9), min_size=size, max_size=size)] * 2)
)


def test_groups_are_joined_through_common_rows() -> None:
    first = np.array([5, 5, 6, 7, 8, 8])
    second = np.array([0, 1, 1, 2, 3, 4])
    assert join_groups(first, second).tolist() == [0, 0, 0, 1, 2, 2]


@given(GROUPINGS)
def test_joined_groups_are_the_finest_that_hold_both(groupings: tuple[list[int], list[int]]) -> None:
    first, second = (np.array(one, dtype=np.int64) for one in groupings)
    expected = list(range(len(first)))
    for _ in expected:
        for labels in (first, second):
            for label in set(labels.tolist()):
                rows = np.flatnonzero(labels == label)
                least = min(expected[row] for row in rows)
                for row in rows:
                    expected[row] = least
    joined = join_groups(first, second)
    np.testing.assert_array_equal(joined, number_by_appearance(np.array(expected, dtype=np.int64)))


def test_blank_names_are_groups_of_their_own() -> None:
    groups = groups_by_name(["a", "", None, "b", "", "a", " "])
    assert groups[0] == groups[5]
    assert len(set(groups.tolist())) == 6
    assert sorted(group_sizes(groups)) == [1, 1, 1, 1, 1, 2]
