import pytest

from tests.doctor.made import of_classes, only
from tl_core.doctor.label_typos import label_typos, suspected_typos


@pytest.mark.parametrize(
    ("counts", "meant"),
    [
        ({"positive": 50, "postive": 2, "negative": 40}, {"postive": "positive"}),
        (
            {"positive": 50, "Positive": 49, " positive ": 1},
            {"Positive": "positive", " positive ": "positive"},
        ),
        (
            {"lost_card": 9, "lost card": 3, "Lost-Card": 1},
            {"lost card": "lost_card", "Lost-Card": "lost_card"},
        ),
        ({"neutral": 20, "nuetral": 1}, {"nuetral": "neutral"}),
        (
            {"complaints": 60, "complaimts": 3, "Complaimts": 1},
            {"complaimts": "complaints", "Complaimts": "complaints"},
        ),
        ({"refund request": 60, "refnd requst": 2}, {"refnd requst": "refund request"}),
        ({"Yes": 5, "yes": 9}, {"Yes": "yes"}),
    ],
)
def test_other_spellings_are_told_with_what_they_mean(counts: dict[str, int], meant: dict[str, str]) -> None:
    assert suspected_typos(counts) == meant


@pytest.mark.parametrize(
    "counts",
    [
        {"001": 50, "002": 1},
        {"1": 50, "-1": 1, "+1": 2, "01": 1},
        {"1.0": 50, "10": 1},
        {"good": 50, "goof": 1},
        {"typical": 50, "atypical": 2},
        {"positive": 50, "negative": 2},
        {"alarm_set": 50, "alarm_get": 11},
        {"class 1": 50, "class 2": 1},
        {"A": 50, "B": 1},
        {"C": 50, "C+": 1, "C-": 1},
    ],
)
def test_different_classes_are_no_typos(counts: dict[str, int]) -> None:
    assert suspected_typos(counts) == {}


def test_slip_must_be_a_fifth_as_frequent_at_most() -> None:
    assert suspected_typos({"sports": 50, "sportz": 10}) == {"sportz": "sports"}
    assert suspected_typos({"sports": 50, "sportz": 11}) == {}


def test_finding_counts_the_examples_and_names_both_labels() -> None:
    finding = only(label_typos(of_classes({"positive": 30, "postive": 2, "negative": 30})))
    assert finding is not None
    assert (finding.count, finding.fix) == (2, "merge_labels")
    assert finding.examples == ("“postive” (2) → “positive”",)
    assert only(label_typos(of_classes({"positive": 30, "negative": 30}))) is None


def test_a_thousand_labels_are_compared_at_once() -> None:
    assert (
        suspected_typos({f"topic {chr(97 + i % 26) * 5} {chr(97 + i // 26) * 7}": 9 for i in range(676)})
        == {}
    )
