"""Who is right where, pooled over seeds, and the examples behind each cell."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.evaluation.arms import arm_of, arm_with_hits
from tests.files.tables import dataset
from tl_core.errors import ComparisonError
from tl_core.results.agreement import Cell, examples_of, find_agreement, with_words

A = [[1, 1, 0, 0], [1, 0, 0, 0]]
B = [[1, 0, 1, 0], [0, 0, 1, 1]]


def agreement(a=A, b=B):
    return find_agreement(arm_with_hits(a), arm_with_hits(b, arm="scratch"))


def test_answers_are_pooled_over_seeds():
    found = agreement()
    assert found.counts.tolist() == [[1, 2], [3, 2]]
    assert found.num_answers == 8
    assert found.share(Cell.ONLY_B) == pytest.approx(3 / 8)


@given(st.integers(1, 4).flatmap(lambda s: st.tuples(*[arrays(bool, (s, 6))] * 2)))
def test_the_accuracies_differ_by_the_two_cells_where_one_arm_is_right(hits):
    a, b = hits
    found = agreement(a, b)
    assert found.counts.sum() == a.size
    assert found.share(Cell.ONLY_A) - found.share(Cell.ONLY_B) == pytest.approx(a.mean() - b.mean())


def test_only_shared_seeds_count():
    found = find_agreement(arm_with_hits(A), arm_with_hits(B[1:], arm="scratch", seeds=(1,)))
    assert found.counts.tolist() == [[0, 1], [2, 1]]


def test_arms_on_other_splits_are_refused():
    with pytest.raises(ComparisonError):
        find_agreement(arm_with_hits(A), arm_with_hits(B, split_hash="another"))


def test_examples_of_the_most_seeds_come_first():
    table = examples_of(agreement(), Cell.ONLY_B)
    assert table["example_id"].tolist() == ["id00002", "id00003"]
    assert table["num_seeds"].tolist() == [2, 1]


def test_the_answer_shown_is_the_most_frequent_one_within_the_cell():
    a = arm_of([[0], [1], [1], [2]], [0])
    b = arm_of([[0], [0], [0], [0]], [0], arm="scratch")
    table = examples_of(find_agreement(a, b), Cell.ONLY_B)
    assert table[["target", "predicted_a", "predicted_b", "num_seeds"]].to_numpy().tolist() == [[0, 1, 0, 3]]


def test_confidence_is_that_of_the_answer_shown_over_the_seeds_in_the_cell():
    found = agreement()
    table = examples_of(found, Cell.ONLY_B)
    for row in table.itertuples():
        at = list(found.a.example_ids).index(row.example_id)
        seeds = found.is_in[Cell.ONLY_B][:, at]
        shares = np.exp(found.b.logits[seeds, at]) / np.exp(found.b.logits[seeds, at]).sum(-1, keepdims=True)
        assert row.confidence_b == pytest.approx(shares[:, row.predicted_b].mean())


def test_an_empty_cell_has_no_examples():
    assert examples_of(agreement(np.ones((1, 3)), np.ones((1, 3))), Cell.NEITHER).empty


def test_words_take_the_place_of_ids():
    data = dataset({"good": 5, "bad": 5})
    ids = np.array(data.example_ids()[:2])
    arms = [arm_of([answers], [1, 1], num_labels=2, example_ids=ids) for answers in ([1, 1], [0, 1])]
    table = with_words(examples_of(find_agreement(*arms), Cell.ONLY_A), ("bad", "good"), data)
    shown = table[["target", "predicted_a", "predicted_b"]].to_numpy().tolist()
    assert shown == [["good", "good", "bad"]]
    assert table["text"].item() in data.texts()


def test_without_the_dataset_ids_stand_for_texts():
    table = with_words(examples_of(agreement(), Cell.ONLY_A), ("no", "yes"), None)
    assert table["text"].tolist() == ["id00000", "id00001"]
