import numpy as np
import pytest

from tl_core.doctor.label_errors import SuspectedError, disputed_by_either, rank_label_errors
from tl_core.evaluation.intervals import interval_of
from tl_core.evaluation.metrics import ExampleValues, Limits

LABELS = ["x", "y", "z"]


def ranked(targets: list[int], probabilities: list[list[float]]) -> list[SuspectedError]:
    num = len(targets)
    return rank_label_errors(
        np.array(targets),
        np.array(probabilities),
        texts=[f"text {i}" for i in range(num)],
        labels=LABELS,
        example_ids=[f"id {i}" for i in range(num)],
    )


def test_confident_answers_against_the_label_are_suspect_by_hand() -> None:
    # Thresholds, the mean probability of a class where it is the label: x (.8+.1+.7)/3 = .533,
    # y (.9+.4)/2 = .65, z (.9+.1)/2 = .5. Row 1 reaches y at .85, row 4 x at .55; row 6 not y at .60.
    found = ranked(
        [0, 0, 0, 1, 1, 2, 2],
        [
            [0.8, 0.1, 0.1],
            [0.1, 0.85, 0.05],
            [0.7, 0.2, 0.1],
            [0.05, 0.9, 0.05],
            [0.55, 0.4, 0.05],
            [0.05, 0.05, 0.9],
            [0.3, 0.6, 0.1],
        ],
    )
    assert [(one.example_id, one.label, one.suggested) for one in found] == [
        ("id 1", "x", "y"),
        ("id 4", "y", "x"),
    ]
    assert np.allclose([one.margin for one in found], [0.75, 0.15])


def test_label_that_the_model_would_give_too_is_never_suspect() -> None:
    assert ranked([0, 0, 1], [[0.5, 0.45, 0.05], [0.9, 0.1, 0], [0.2, 0.3, 0.5]]) == []


def test_class_without_examples_is_never_suggested() -> None:
    assert ranked([0, 1], [[0.1, 0.1, 0.8], [0.1, 0.1, 0.8]]) == []


@pytest.mark.parametrize("seed", range(20))
def test_suspects_and_their_order_are_those_of_cleanlab(seed: int) -> None:
    cleanlab = pytest.importorskip("cleanlab.filter")
    rng = np.random.default_rng(seed)
    true = rng.permutation(np.arange(300) % 3)
    logits = rng.normal(size=(300, 3)) + 2.5 * np.eye(3)[true]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    targets = np.where(rng.random(300) < 0.1, rng.integers(0, 3, 300), true)
    theirs = cleanlab.find_label_issues(
        targets,
        probabilities,
        filter_by="confident_learning",
        return_indices_ranked_by="normalized_margin",
        n_jobs=1,
    )
    ours = ranked(targets.tolist(), probabilities.tolist())
    assert len(ours) >= 5
    assert [one.example_id for one in ours] == [f"id {row}" for row in theirs]


def suspect(name: str, margin: float, suggested: str = "y") -> SuspectedError:
    return SuspectedError(example_id=name, text=name, label="x", suggested=suggested, margin=margin)


def test_what_either_model_disputes_is_one_list_with_each_example_once() -> None:
    joined = disputed_by_either(
        [suspect("1", 0.9), suspect("2", 0.2)], [suspect("2", 0.4, "z"), suspect("3", 0.3)]
    )
    assert [(one.example_id, one.suggested) for one in joined] == [("1", "y"), ("2", "z"), ("3", "y")]


def favoured(*, by_either: bool, repetitions: int = 150) -> float:
    """Return how often one of two equal arms is called better once truly wrong labels were corrected.

    A fifth of the labels of 400 test examples are wrong; a person corrects those among what is listed.
    """
    rng, times = np.random.default_rng(0), 0
    num, seeds = 400, 5
    for _ in range(repetitions):
        truth, hard = rng.integers(0, 2, num), rng.normal(size=num)
        given = np.where(rng.random(num) < 0.2, 1 - truth, truth)
        lists, right = [], []
        for _arm in range(2):
            strength = 1.1 + hard + 0.8 * rng.normal(size=num) + 0.3 * rng.normal(size=(seeds, num))
            of_one = 1 / (1 + np.exp(-2 * np.where(truth == 1, strength, -strength)))
            probabilities = np.stack([1 - of_one.mean(axis=0), of_one.mean(axis=0)], axis=1)
            ids = [str(i) for i in range(num)]
            lists.append(
                rank_label_errors(given, probabilities, texts=ids, labels=["0", "1"], example_ids=ids)
            )
            right.append((of_one > 0.5) == (truth == 1))
        listed = disputed_by_either(*(lists if by_either else lists[:1]))
        shown = np.isin(np.arange(num), [int(one.example_id) for one in listed])
        still_wrong = (given != truth) & ~shown
        a, b = (
            ExampleValues.of_arm((hit ^ still_wrong).astype(float), Limits(low=0, high=1)) for hit in right
        )
        times += interval_of(a.minus(b)).low > 0
    return times / repetitions


def test_correcting_what_either_disputes_favours_neither() -> None:
    assert favoured(by_either=False) > 0.2, "what one arm's list did"
    assert favoured(by_either=True) < 0.05
