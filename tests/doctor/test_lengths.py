import numpy as np
import pytest

from tl_core.datasets.findings import length_summary


def test_length_summary_by_hand() -> None:
    summary = length_summary(np.array([10, 20, 30, 40, 100]), max_length=30)
    assert (summary.p50, summary.longest, summary.num_cut, summary.cut_texts) == (30, 100, 2, 0.4)
    assert summary.p95 == pytest.approx(88)
    assert summary.cut_tokens == pytest.approx(80 / 200)


def test_length_summary_of_empty_texts_cuts_nothing() -> None:
    assert length_summary(np.array([0, 0]), max_length=8).cut_tokens == 0
