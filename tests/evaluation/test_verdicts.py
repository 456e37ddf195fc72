import numpy as np
import pytest
from sklearn.metrics import f1_score
from statsmodels.stats.weightstats import DescrStatsW

from tests.evaluation.arms import arm_of, arm_with_hits
from tl_core.errors import ComparisonError
from tl_core.evaluation.verdicts import FALSE_POSITIVE_RATES, compare, summarise
from tl_core.schema import Flag, Metric, ScoringRule


def labels_for(metric):
    return 2 if metric is Metric.AUROC else 3


def random_arms(num_seeds=3, num_examples=120, accuracies=(0.9, 0.6), num_labels=3):
    rng = np.random.default_rng(0)
    targets = rng.integers(num_labels, size=num_examples)
    arms = []
    for name, accuracy in zip(("fine_tuned", "scratch"), accuracies, strict=True):
        hits = rng.random((num_seeds, num_examples)) < accuracy
        answers = np.where(hits, targets, (targets + 1) % num_labels)
        arms.append(arm_of(answers, targets, arm=name, num_labels=num_labels))
    return arms


@pytest.mark.parametrize("metric", list(Metric))
def test_a_clear_difference_is_a_verdict(metric):
    a, b = random_arms(num_labels=labels_for(metric))
    verdict = compare(a, b, metric=metric)
    assert verdict.conclusion == "better"
    assert verdict.ci95[0] > 0
    assert verdict.p_value < 0.05
    assert verdict.difference == pytest.approx(verdict.value_a - verdict.value_b)
    assert (verdict.num_seeds, verdict.num_examples, verdict.scope) == (3, 120, "expected")


@pytest.mark.parametrize("metric", list(Metric))
def test_swapping_the_arms_mirrors_the_verdict(metric):
    a, b = random_arms(num_labels=labels_for(metric))
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
    a, _ = random_arms(num_labels=labels_for(metric))
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


@pytest.mark.parametrize("rule", list(ScoringRule))
def test_of_a_scoring_rule_the_smaller_value_is_better(rule):
    a, b = random_arms()
    verdict = compare(a, b, metric=rule)
    assert verdict.difference < 0
    assert verdict.ci95[1] < 0
    assert verdict.conclusion == "better"
    assert compare(b, a, metric=rule).conclusion == "worse"


def nearly_equal_arms():
    targets = np.zeros(3000, dtype=int)
    predicted = np.tile(np.arange(3000) % 10 == 0, (3, 1)).astype(int)
    other = predicted.copy()
    other[:, :6] = 1 - other[:, :6]
    return arm_of(predicted, targets), arm_of(other, targets, arm="scratch")


def test_arms_are_equivalent_only_within_a_stated_margin():
    a, b = nearly_equal_arms()
    without, narrow, wide = (
        compare(a, b, metric=Metric.ACCURACY, margin=margin) for margin in (None, 0.001, 0.01)
    )
    assert [one.conclusion for one in (without, narrow)] == ["no_difference_shown"] * 2
    assert wide.conclusion == "equivalent"
    assert "equally good, within 1 point" in wide.sentence


def test_equivalence_is_that_of_two_one_sided_tests():
    rng = np.random.default_rng(3)
    targets = np.zeros(20_000, dtype=int)
    a, b = (
        arm_of((rng.random((1, 20_000)) < 0.2).astype(int), targets, arm=name)
        for name in ("fine_tuned", "scratch")
    )
    verdict = compare(a, b, metric=Metric.ACCURACY, margin=0.01)
    difference = (a.correct.astype(float) - b.correct)[0]
    p_value, _, _ = DescrStatsW(difference).ttost_mean(-0.01, 0.01)
    assert (p_value < 0.05) == verdict.is_within_margin
    edge = max(abs(end) for end in verdict.ci90)
    assert DescrStatsW(difference).ttost_mean(-edge, edge)[0] == pytest.approx(0.05, rel=1e-3)


def test_a_difference_is_a_difference_even_within_the_margin():
    a, b = nearly_equal_arms()
    better = a.predicted.copy()
    better[:, 30:300:10] = 0
    verdict = compare(arm_of(better, a.targets), b, metric=Metric.ACCURACY, margin=0.05)
    assert verdict.conclusion == "better"
    assert verdict.is_within_margin
    assert "Less than 5 points: too small to matter." in verdict.sentence


def test_few_seeds_have_their_measured_rate_beside_them():
    a, b = random_arms(num_seeds=5)
    rates = [
        compare(a.for_seeds(seeds), b, metric=Metric.ACCURACY).false_positive_rate
        for seeds in ([0], [0, 1, 2], [0, 1, 2, 3, 4])
    ]
    assert rates == [None, FALSE_POSITIVE_RATES[3], None]


def test_arms_that_no_seed_changes_have_no_rate_for_few_seeds():
    a, b = (arm.repeated_for(range(3)) for arm in random_arms(num_seeds=1))
    assert compare(a, b, metric=Metric.ACCURACY).false_positive_rate is None


def test_the_sentence_uses_the_labels():
    a, b = random_arms()
    labels = {"fine_tuned": "Fine-tuned RoBERTa"}
    assert compare(a, b, metric=Metric.ACCURACY, arm_names=labels).sentence.startswith("Fine-tuned RoBERTa ")


def test_only_flags_of_the_compared_runs_are_kept():
    a, b = random_arms()
    flags = [
        Flag(code="collapsed", arm=arm, phrase="gave one answer", remedy="", seeds=seeds)
        for arm, seeds in (("scratch", (1,)), ("scratch", (7,)), ("tfidf", (1,)))
    ]
    verdict = compare(a, b, metric=Metric.ACCURACY, flags=flags)
    assert verdict.flags == (flags[0],)
    assert verdict.sentence.endswith(" Scratch failed in 1 seed: not a fair comparison yet.")


def test_arms_from_different_splits_are_refused():
    a, b = random_arms()
    other = arm_of(b.predicted, b.targets, arm="scratch", split_hash="split-two")
    with pytest.raises(ComparisonError, match="differ in split"):
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
    targets = np.arange(60) % labels_for(metric)
    summary = summarise(arm_of([targets, targets], targets, num_labels=labels_for(metric)), metric)
    assert summary.mean == pytest.approx(1)
    # Kappa can fall to -1, by 1.5 times what an accuracy falls where three classes are balanced.
    reach = 2 * 1.5 if metric is Metric.QUADRATIC_KAPPA else 1
    assert summary.ci95 == pytest.approx((1 - reach * (1 - 0.025 ** (1 / 60)), 1))
