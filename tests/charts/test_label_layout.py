"""Labels stay near what they name and never overlap."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from tl_core.charts.label_layout import spread

LABELS = st.lists(st.tuples(st.floats(0, 300), st.floats(5, 40)), min_size=1, max_size=6)


def test_labels_with_room_stay_where_they_are():
    assert spread([10, 50, 90], [16, 16, 16], 0, 100).tolist() == [10, 50, 90]


def test_two_equal_places_part_evenly():
    assert spread([50, 50], [16, 16], 0, 100).tolist() == [42, 58]


def test_crowd_at_the_edge_moves_inwards():
    assert spread([0, 0], [16, 16], 0, 100).tolist() == [8, 24]


def test_too_many_labels_overlap_alike():
    assert spread([0, 0, 0, 0], [50] * 4, 0, 100).tolist() == [12.5, 37.5, 62.5, 87.5]


@given(LABELS)
def test_labels_never_overlap_nor_leave_the_line(labels):
    wanted, sizes = (np.array(column) for column in zip(*labels, strict=True))

    centres = spread(wanted, sizes, -10, 310)

    order = np.argsort(centres)
    gaps = np.diff(centres[order]) - (sizes[order][1:] + sizes[order][:-1]) / 2
    assert (gaps >= -1e-6).all()
    assert (centres - sizes / 2 >= -10 - 1e-6).all()
    assert (centres + sizes / 2 <= 310 + 1e-6).all()


@pytest.mark.parametrize("seed", range(5))
def test_labels_move_as_little_as_a_general_optimiser_finds(seed):
    rng = np.random.default_rng(seed)
    wanted, sizes = np.sort(rng.uniform(0, 60, 4)), rng.uniform(10, 25, 4)
    apart = [
        {"type": "ineq", "fun": lambda c, i=i: c[i + 1] - c[i] - (sizes[i] + sizes[i + 1]) / 2}
        for i in range(3)
    ]
    inside = list(zip(sizes / 2, 120 - sizes / 2, strict=True))

    best = minimize(lambda c: ((c - wanted) ** 2).sum(), wanted, bounds=inside, constraints=apart)

    assert spread(wanted, sizes, 0, 120) == pytest.approx(best.x, abs=0.05)
