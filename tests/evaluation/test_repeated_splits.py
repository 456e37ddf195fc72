import numpy as np
import pytest
from scipy import stats

from tl_core.errors import ComparisonError
from tl_core.evaluation.failures import failure_rate_ends
from tl_core.evaluation.metrics import Limits
from tl_core.evaluation.repeated_splits import corrected_interval, over_splits, p_of_equivalence
from tl_core.evaluation.wording import seeds_words, spoken_names
from tl_core.schema import FailureRate, Flag, Metric, SplitCounts, Verdict

DIFFERENCE = Limits(low=-1, high=1)
FIVE = np.array([0.03, 0.04, 0.045, 0.035, 0.05])
SIZES = {"num_train": 360, "num_test": 180, "num_examples": 600}


def test_the_variance_by_hand():
    # Mean 0.04, variance 0.00025 / 4 = 0.0000625. Two splits share 360 / 600 = 0.6 of what they train on,
    # more than the 0.3 of test: 1/5 + 0.6/0.4 = 1.7, so 0.00010625 is the mean's variance.
    interval = corrected_interval(FIVE, **SIZES, limits=DIFFERENCE)
    assert interval.estimate == pytest.approx(0.04)
    assert interval.standard_error**2 == pytest.approx(0.00010625)
    assert interval.degrees_of_freedom == 4
    # t with 4 degrees of freedom reaches 2.776 at 97.5%.
    assert (interval.low, interval.high) == pytest.approx((0.04 - 0.02862, 0.04 + 0.02862), abs=1e-5)
    assert interval.scope == "expected"


def test_where_few_are_trained_on_it_is_that_of_nadeau_and_bengio():
    # 180 / (180 + 30) is more than the share of 180 / 600: 1/5 + 180/30.
    interval = corrected_interval(FIVE, num_train=30, num_test=180, num_examples=600, limits=DIFFERENCE)
    assert interval.standard_error**2 == pytest.approx(6.2 * 0.0000625)


def test_without_overlap_it_is_the_t_test_of_scipy():
    sizes = {"num_train": 1e12, "num_test": 180, "num_examples": 1e24, "limits": DIFFERENCE}
    interval = corrected_interval(FIVE, **sizes)
    test = stats.ttest_1samp(FIVE, 0)
    assert interval.p_value == pytest.approx(test.pvalue)
    assert (interval.low, interval.high) == pytest.approx(tuple(test.confidence_interval()))


def test_overlapping_parts_of_one_dataset_are_covered_as_promised():
    """What each of 400 examples adds by being trained on or tested on is drawn anew with every dataset.

    Over 2,000 datasets two standard errors of a coverage of 95% are 1 point.
    """
    rng = np.random.default_rng(0)
    truth, covered = 0.02, 0
    for _ in range(2000):
        to_learn, to_answer = rng.normal(0, 0.5, (2, 400))
        differences = []
        for _ in range(5):
            order = rng.permutation(400)
            train, test = order[:220], order[280:]
            differences.append(truth + to_learn[train].mean() + to_answer[test].mean())
        interval = corrected_interval(
            np.array(differences), num_train=220, num_test=120, num_examples=400, limits=DIFFERENCE
        )
        covered += interval.low <= truth <= interval.high
    assert covered / 2000 > 0.94


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.99])
def test_the_p_value_inverts_the_interval(confidence):
    sizes = {**SIZES, "limits": DIFFERENCE}
    at = corrected_interval(FIVE, **sizes, confidence=confidence)
    p_value = corrected_interval(FIVE - at.low, **sizes).p_value
    assert p_value == pytest.approx(1 - confidence)


def test_two_splits_have_one_degree_of_freedom():
    # Variance 0.0002, times 1/2 + 1/2 for a third in common.
    sizes = {"num_train": 100, "num_test": 50, "num_examples": 300, "limits": DIFFERENCE}
    interval = corrected_interval(np.array([0.04, 0.06]), **sizes)
    assert interval.p_value == pytest.approx(2 * stats.t.sf(0.05 / np.sqrt(0.0002), 1))


def test_equal_differences_leave_the_width_of_one_answer_in_one_split():
    # One of 180 answers in one of 5 splits: a variance of (1/180)^2 / 5 between them.
    interval = corrected_interval(np.zeros(5), **SIZES, limits=DIFFERENCE)
    one_answer = np.array([1 / 180, 0, 0, 0, 0])
    assert interval.standard_error**2 == pytest.approx(1.7 * one_answer.var(ddof=1))
    assert interval.low < 0 < interval.high
    assert interval.p_value == 1


def test_the_ends_stay_within_what_a_difference_can_be():
    interval = corrected_interval(np.array([0.2, 0.9]), **SIZES, limits=DIFFERENCE)
    assert (interval.low, interval.high) == (-1, 1)


def test_one_split_says_nothing():
    with pytest.raises(ComparisonError, match="One split"):
        corrected_interval(np.array([0.1]), **SIZES, limits=DIFFERENCE)


# --- the conclusion -----------------------------------------------------------------------------------------


def on_splits(*differences, splits=None, is_interim=False, **changes):
    """Conclude over splits of 600 examples, 360 for train and 180 for test, with these differences."""
    verdicts = {
        place: Verdict(
            **{
                "a": "fine_tuned",
                "b": "scratch",
                "metric": Metric.ACCURACY,
                "train_size": 360,
                "num_seeds": 3,
                "num_examples": 180,
                "method": "crossed_random_effects",
                "scope": "expected",
                "value_a": 0.8 + difference,
                "value_b": 0.8,
                "difference": difference,
                "ci95": (difference - 0.05, difference + 0.05),
                "p_value": 0.5,
                "margin": 0.01,
                "conclusion": "no_difference_shown",
                **changes.get(f"of_{place}", {}),
            }
        )
        for place, difference in enumerate(differences, 1)
    }
    return over_splits(
        verdicts,
        num_examples=600,
        splits=splits or SplitCounts(num_counted=len(differences), num_planned=len(differences)),
        is_interim=is_interim,
        looks=None,
        arm_names=spoken_names({"fine_tuned": "MiniLM", "scratch": "MiniLM"}),
    )


def test_five_splits_are_one_claim():
    found = on_splits(*FIVE)
    assert found.claim == "Over 5 splits, Fine-tuned is 4.0 points more accurate than From scratch."
    assert found.interval == (
        "95% interval 1.1 to 6.9 points, 5 splits with 180 test examples and 3 seeds each, "
        "covering the choice of training and test examples from these data"
    )
    assert (found.conclusion, found.status.words) == ("better", "Statistically clear")
    assert found.method == "corrected_resampled_t"
    assert (found.value_a, found.value_b) == pytest.approx((0.84, 0.8))
    assert found.reservations == ()


def test_what_other_splits_may_turn_round_is_no_difference():
    found = on_splits(*(FIVE - 0.03))
    assert found.claim == "Over 5 splits, no clear difference between Fine-tuned and From scratch."
    assert found.conclusion == "no_difference_shown"


def test_equal_arms_are_so_by_two_one_sided_tests():
    # A variance of 0.000026 / 4 makes a standard error of 0.00332: t = 0.01 / 0.00332 = 3.008 on both sides.
    small = np.array([0.002, -0.002, 0.003, -0.003, 0.0])
    found = on_splits(*small)
    assert found.conclusion == "equivalent"
    assert found.p_equivalence == pytest.approx(stats.t.sf(0.01 / np.sqrt(1.7 * 0.0000065), 4))


def test_the_wider_side_decides_on_equivalence():
    above = p_of_equivalence(FIVE, 0.05, **SIZES)
    assert above == pytest.approx(stats.t.sf((0.05 - 0.04) / np.sqrt(0.00010625), 4))
    assert p_of_equivalence(-FIVE, 0.05, **SIZES) == pytest.approx(above)
    assert p_of_equivalence(FIVE, 0.03, **SIZES) > 0.5


def test_few_splits_say_so():
    assert [one.code for one in on_splits(0.3, 0.31, 0.32, 0.3).reservations] == ["few_splits"]


def test_what_is_still_to_come_is_said_first_and_nothing_is_concluded():
    found = on_splits(*FIVE[:3], splits=SplitCounts(num_counted=3, num_planned=5), is_interim=True)
    assert found.conclusion == "interim"
    assert found.claim.startswith("So far, over 3 of 5 splits, ")
    assert [one.words for one in found.reservations][:1] == ["So far: 3 of 5 splits"]
    whole = on_splits(*FIVE, is_interim=True)
    assert whole.status.words == "So far: 5 of 5 splits, with runs still to come"


def test_missing_splits_are_counted():
    counts = SplitCounts(num_counted=5, num_planned=8, num_deleted=2, num_lost=1)
    (found,) = on_splits(*FIVE, splits=counts).reservations
    assert found.words == ("Not all 8 splits count: 2 deleted, 1 without a seed that both models finished")


@pytest.mark.parametrize(
    ("how_often", "counted"),
    [("", "gave one answer, on 2 of 5 splits"),
     (" (3 of 3 seeds)", "gave one answer, in 4 of 15 trainings on 2 of 5 splits")],
)  # fmt: skip
def test_flags_count_the_splits_that_show_them(how_often, counted):
    def failed(*seeds):
        flag = Flag(
            code="collapsed",
            arm="scratch",
            phrase="gave one answer",
            how_often=how_often,
            evidence="99%",
            remedy="Search.",
            action="search_rates",
            seeds=seeds,
        )
        return {"flags": (flag,)}

    found = on_splits(*FIVE, of_2=failed(0, 1, 2), of_4=failed(1))
    assert found.status.words == "From scratch failed in 2 splits: not a fair comparison yet"
    assert found.status.evidence == f"From scratch {counted}: split 2: 99%"
    assert found.flags[0].seeds == (2, 4)


def test_trainings_that_fail_are_counted_over_all_splits():
    def rates(num_failed, *arms):
        ends = failure_rate_ends(num_failed, 3)
        return {
            "failure_rates": tuple(
                FailureRate(arm=arm, num_failed=num_failed, num_trainings=3, ci95=ends) for arm in arms
            )
        }

    def said(*arms):
        return seeds_words(on_splits(*FIVE, **{f"of_{place}": rates(0, *arms) for place in range(1, 6)}))

    rest = "on 5 splits: a rate of up to 18% remains possible; 29 trainings would exclude 10%."
    assert said("fine_tuned", "scratch") == f"No training failed in 15 trainings of each model {rest}"
    assert said("fine_tuned") == f"No training failed in 15 trainings {rest}", "seeds change one of the two"
    failed = on_splits(*FIVE, **{f"of_{place}": rates(int(place == 2), "scratch") for place in range(1, 6)})
    assert [(one.num_failed, one.num_trainings) for one in failed.failure_rates] == [(1, 15)]
    assert seeds_words(failed) == ""


def test_epochs_and_seeds_are_those_of_all_splits():
    found = on_splits(
        *FIVE, of_1={"epochs_a": (4, 6), "epochs_b": (9, 9)}, of_3={"epochs_a": (3, 5), "num_seeds": 2}
    )
    assert (found.epochs_a, found.epochs_b, found.num_seeds) == ((3, 6), (9, 9), 2)


def test_few_groups_on_one_split_are_too_few():
    found = on_splits(*FIVE, of_1={"num_groups": 19}, of_2={"num_groups": 30})
    assert found.status.code == "few_groups"
    assert not found.is_difference
