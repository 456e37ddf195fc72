import numpy as np
import pytest

from tests.evaluation.arms import arm_of
from tl_core.errors import ComparisonError
from tl_core.evaluation.predictions import Conditions, pair

TARGETS = [0, 1, 2, 1]
PREDICTED = [[0, 1, 2, 0], [0, 0, 0, 1]]


def test_predicted_and_correct_have_one_row_per_seed():
    arm = arm_of(PREDICTED, TARGETS)
    assert (arm.num_seeds, arm.num_examples, arm.num_labels) == (2, 4, 3)
    assert arm.predicted.tolist() == PREDICTED
    assert arm.correct.tolist() == [[True, True, True, False], [True, False, False, True]]


def test_for_seeds_keeps_rows_in_the_order_asked():
    arm = arm_of(PREDICTED, TARGETS, seeds=(4, 7)).for_seeds([7, 4])
    assert arm.seeds == (7, 4)
    assert arm.predicted.tolist() == PREDICTED[::-1]


def test_a_single_run_can_count_for_every_seed():
    repeated = arm_of(PREDICTED[0], TARGETS).repeated_for([3, 5])
    assert repeated.seeds == (3, 5)
    assert repeated.predicted.tolist() == [PREDICTED[0]] * 2


def test_several_runs_are_not_repeated():
    with pytest.raises(ComparisonError, match="single run"):
        arm_of(PREDICTED, TARGETS).repeated_for([0, 1, 2])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seeds": (0,)}, "answers of shape"),
        ({"seeds": (1, 1)}, "every seed once"),
        ({"targets": np.array([0, 1, 2])}, "4 targets"),
        ({"targets": np.array([0, 1, 3, 1])}, "targets from 0 to 2"),
        ({"targets": np.array([0, 1, -1, 1])}, "targets from 0 to 2"),
        ({"logits": np.full((2, 4, 3), np.nan, dtype=np.float32)}, "finite scores"),
        ({"logits": np.zeros((2, 4), dtype=np.float32)}, "logits of seeds"),
        ({"logits": np.zeros((2, 4, 0), dtype=np.float32)}, "logits of seeds"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(changes, message):
    with pytest.raises(ComparisonError, match=message):
        arm_of(PREDICTED, **({"targets": TARGETS} | changes))


def test_pair_aligns_examples_by_id_and_keeps_shared_seeds():
    a = arm_of(PREDICTED, TARGETS, seeds=(0, 1))
    order = [2, 0, 3, 1]
    shuffled = arm_of(
        np.array(PREDICTED)[:, order],
        np.array(TARGETS)[order],
        arm="scratch",
        seeds=(1, 2),
        example_ids=a.example_ids[order],
    )
    left, right = pair(a, shuffled)
    assert left.seeds == right.seeds == (1,)
    assert left.example_ids.tolist() == right.example_ids.tolist()
    assert left.predicted.tolist() == [PREDICTED[1]]
    assert right.predicted.tolist() == [PREDICTED[0]]


def test_pair_aligns_equal_texts_with_different_targets():
    ids = np.array(["same", "same", "other", "more"])
    a = arm_of([[0, 0, 2, 1]], [1, 0, 2, 1], example_ids=ids)
    b = arm_of([[0, 0, 2, 1]], [0, 1, 2, 1], arm="scratch", example_ids=ids)
    left, right = pair(a, b)
    assert left.targets.tolist() == right.targets.tolist()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"split_hash": "split-two"}, "fine_tuned and scratch differ in split: split-one against split-two"),
        ({"train_size": 50}, "number of training examples: 100 against 50"),
        ({"num_labels": 4}, "number of labels: 3 against 4"),
        ({"example_ids": np.array(["id00000", "id00001", "id00002", "new"])}, "1 of them in no other"),
        ({"targets": np.array([0, 1, 2, 2])}, "different labels for 1 test example"),
        ({"seeds": (5, 6)}, "differ in every seed"),
    ],
)
def test_pair_refuses_and_names_what_differs(changes, message):
    with pytest.raises(ComparisonError, match=message):
        pair(arm_of(PREDICTED, TARGETS), arm_of(PREDICTED, arm="scratch", **({"targets": TARGETS} | changes)))


def conditions(**changes):
    fields = {"base_model": "bert", "max_length": 128, "tokenizer": "t" * 64, "precision": "float32"}
    return Conditions(**(fields | changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"max_length": 64},
            "differ in text limit in seed 1: 128 tokens against",
        ),
        ({"tokenizer": "u" * 64}, "differ in tokenizer in seed 1"),
        ({"precision": "bfloat16"}, "differ in precision in seed 1: float32 against bfloat16"),
    ],
)
def test_networks_under_other_conditions_are_refused_and_what_differs_is_named(changes, message):
    a = arm_of(PREDICTED, TARGETS, conditions=(conditions(), conditions()))
    b = arm_of(PREDICTED, TARGETS, arm="scratch", conditions=(conditions(), conditions(**changes)))
    with pytest.raises(ComparisonError, match=message):
        pair(a, b)
    only_alike = b.for_seeds([0])
    assert pair(a, only_alike)[0].seeds == (0,)


def test_two_base_models_may_read_with_their_own_tokenizers():
    a = arm_of(PREDICTED, TARGETS, conditions=(conditions(),) * 2)
    b = arm_of(
        PREDICTED,
        TARGETS,
        arm="other",
        conditions=(conditions(base_model="roberta", tokenizer="u" * 64),) * 2,
    )
    assert pair(a, b)[0].seeds == (0, 1)


def test_unknown_conditions_and_arms_without_a_network_are_compared():
    a = arm_of(PREDICTED, TARGETS, conditions=(conditions(),) * 2)
    unknown = (conditions(tokenizer="", precision=""),) * 2
    assert pair(a, arm_of(PREDICTED, TARGETS, arm="b", conditions=unknown))[1].arm == "b"
    assert pair(a, arm_of(PREDICTED, TARGETS, arm="tfidf"))[1].arm == "tfidf"


def test_conditions_follow_their_seeds():
    first, second = conditions(), conditions(precision="bfloat16")
    arm = arm_of(PREDICTED, TARGETS, seeds=(4, 7), conditions=(first, second))
    assert arm.for_seeds([7, 4]).conditions == (second, first)
