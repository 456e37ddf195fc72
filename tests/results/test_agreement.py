"""Who is right where, pooled over seeds, and the examples behind each cell."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.evaluation.arms import arm_of, arm_with_hits
from tests.files.tables import dataset
from tl_core.errors import ComparisonError
from tl_core.results.agreement import Cell, answers_to, examples_of, find_agreement, with_words

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


def answering():
    """Three examples of class 0, to which a answers 1, 2 and 1 in seed 0, and b 0, 1 and 2."""
    a = arm_of([[1, 2, 1], [1, 1, 0]], [0, 0, 0])
    b = arm_of([[0, 1, 2], [0, 0, 0]], [0, 0, 0], arm="scratch")
    return find_agreement(a, b)


@pytest.mark.parametrize(
    ("by", "meant"),
    [("a", {"id00000": 2, "id00001": 1, "id00002": 1}), ("b", {"id00001": 1}), (None, None)],
)
def test_examples_to_which_an_arm_answers_a_class_count_the_seeds_in_which_it_does(by, meant):
    table = examples_of(answering(), predicted=1, by=by)
    meant = meant or {"id00000": 2, "id00001": 2, "id00002": 1}
    assert dict(zip(table["example_id"], table["num_seeds"], strict=True)) == meant
    if by:
        assert set(table[f"predicted_{by}"]) == {1}, "what is shown is that answer"


def test_a_predicted_class_and_a_cell_hold_together():
    table = examples_of(answering(), Cell.ONLY_B, predicted=2, by="a")
    assert table.empty, "where a answers 2, b is wrong too"


def test_the_gap_is_that_of_the_probabilities_of_the_target():
    found = agreement()
    table = examples_of(found)
    shares = [np.exp(arm.logits) / np.exp(arm.logits).sum(-1, keepdims=True) for arm in (found.a, found.b)]
    of_target = [share[:, range(4), found.a.targets].mean(axis=0) for share in shares]
    assert table["gap"].to_numpy() == pytest.approx(of_target[0] - of_target[1])


def test_one_example_has_the_answers_of_all_arms_over_their_seeds():
    a, b = arm_of([[1], [1], [0]], [0]), arm_of([[2]], [0], arm="tfidf")
    table = answers_to([a, b], "id00000")
    assert table["arm"].tolist() == [a.arm, "tfidf"]
    assert table["predicted"].tolist() == [1, 2]
    assert table[["num_agreeing", "num_seeds"]].to_numpy().tolist() == [[2, 3], [1, 1]]
    assert table["low"][0] <= table["mean"][0] <= table["high"][0]
    assert answers_to([a, b], "another").empty
