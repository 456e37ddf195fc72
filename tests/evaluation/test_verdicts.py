import numpy as np
import pytest
from sklearn.metrics import f1_score

from tests.evaluation.arms import arm_of, arm_with_hits
from tl_core.errors import ComparisonError
from tl_core.evaluation.verdicts import compare, summarise
from tl_core.schema import Flag, Metric


def random_arms(num_seeds=3, num_examples=120, accuracies=(0.9, 0.6)):
    rng = np.random.default_rng(0)
    targets = rng.integers(3, size=num_examples)
    arms = []
    for name, accuracy in zip(("fine_tuned", "scratch"), accuracies, strict=True):
        hits = rng.random((num_seeds, num_examples)) < accuracy
        arms.append(arm_of(np.where(hits, targets, (targets + 1) % 3), targets, arm=name))
    return arms


@pytest.mark.parametrize("metric", list(Metric))
def test_a_clear_difference_is_a_verdict(metric):
    a, b = random_arms()
    verdict = compare(a, b, metric=metric)
    assert verdict.conclusion == "better"
    assert verdict.ci95[0] > 0
    assert verdict.p_value < 0.05
    assert verdict.difference == pytest.approx(verdict.value_a - verdict.value_b)
    assert (verdict.num_seeds, verdict.num_examples, verdict.scope) == (3, 120, "expected")


@pytest.mark.parametrize("metric", list(Metric))
def test_swapping_the_arms_mirrors_the_verdict(metric):
    a, b = random_arms()
    one, other = compare(a, b, metric=metric), compare(b, a, metric=metric)
    assert other.conclusion == "worse"
    assert other.ci95 == pytest.approx((-one.ci95[1], -one.ci95[0]))


def test_values_are_means_over_the_shared_seeds():
    a, b = random_arms()
    verdict = compare(a.for_seeds([2, 0]), b.for_seeds([1, 2]), metric=Metric.MACRO_F1)
    assert verdict.num_seeds == 1
    assert verdict.scope == "models"
    assert verdict.value_a == pytest.approx(f1_score(a.targets, a.predicted[2], average="macro"))
    assert verdict.value_b == pytest.approx(f1_score(b.targets, b.predicted[2], average="macro"))


def test_the_order_of_examples_changes_nothing():
    a, b = random_arms()
    order = np.random.default_rng(1).permutation(120)
    shuffled = arm_of(
        b.predicted[:, order], b.targets[order], arm="scratch", example_ids=b.example_ids[order]
    )
    expected, verdict = compare(a, b, metric=Metric.ACCURACY), compare(a, shuffled, metric=Metric.ACCURACY)
    assert verdict.ci95 == pytest.approx(expected.ci95)
    assert verdict.difference == pytest.approx(expected.difference)


@pytest.mark.parametrize("metric", list(Metric))
def test_an_arm_is_no_different_from_itself_and_the_interval_has_width(metric):
    a, _ = random_arms()
    verdict = compare(a, a, metric=metric)
    assert verdict.conclusion == "no_difference_shown"
    assert verdict.method == "exact_bound"
    assert verdict.ci95[0] < 0 < verdict.ci95[1]
    assert verdict.p_value == 1


@pytest.mark.parametrize("num_seeds", [1, 5])
def test_only_two_arms_that_ran_once_make_a_verdict_without_seeds(num_seeds):
    a, b = random_arms(num_seeds=1)
    once, other = a.repeated_for(range(num_seeds)), b.repeated_for(range(num_seeds))
    verdict = compare(once, other, metric=Metric.ACCURACY)
    assert verdict.is_deterministic
    assert verdict.num_seeds == num_seeds
    assert "seeds," not in verdict.sentence
    assert not compare(once, b, metric=Metric.ACCURACY).is_deterministic
    assert not compare(a, other, metric=Metric.ACCURACY).is_deterministic


def test_the_sentence_uses_the_labels():
    a, b = random_arms()
    labels = {"fine_tuned": "fine-tuning all-MiniLM-L6"}
    assert compare(a, b, metric=Metric.ACCURACY, labels=labels).sentence.startswith(
        "Fine-tuning all-MiniLM-L6 is "
    )


def test_only_flags_of_the_compared_runs_are_kept():
    a, b = random_arms()
    flags = [
        Flag(code="collapsed", arm=arm, phrase="gave one answer", remedy="", seeds=seeds)
        for arm, seeds in (("scratch", (1,)), ("scratch", (7,)), ("tfidf", (1,)))
    ]
    verdict = compare(a, b, metric=Metric.ACCURACY, flags=flags)
    assert verdict.flags == (flags[0],)
    assert verdict.sentence.endswith(", but training from scratch gave one answer.")


def test_arms_from_different_splits_are_refused():
    a, b = random_arms()
    other = arm_of(b.predicted, b.targets, arm="scratch", split_hash="split-two")
    with pytest.raises(ComparisonError, match="same split"):
        compare(a, other, metric=Metric.ACCURACY)


def test_a_verdict_survives_its_json_form():
    verdict = compare(*random_arms(), metric=Metric.ACCURACY)
    assert type(verdict).model_validate_json(verdict.model_dump_json()) == verdict


def test_a_summary_shows_every_seed():
    summary = summarise(arm_with_hits([[1, 1, 1, 0], [1, 1, 0, 0]], seeds=(0, 4)), Metric.ACCURACY)
    assert summary.seeds == (0, 4)
    assert summary.values == (0.75, 0.5)
    assert summary.mean == 0.625
    assert 0 <= summary.ci95[0] < 0.625 < summary.ci95[1] <= 1


@pytest.mark.parametrize("metric", list(Metric))
def test_a_perfect_arm_has_an_interval_below_one(metric):
    targets = np.arange(60) % 3
    summary = summarise(arm_of([targets, targets], targets), metric)
    assert summary.mean == pytest.approx(1)
    assert summary.ci95 == pytest.approx((0.025 ** (1 / 60), 1))
