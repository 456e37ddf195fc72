import pytest

from tl_core.datasets.labels import bin_names
from tl_core.datasets.screening import sort_labels
from tl_core.schema import Metric, are_ordered, metrics_for


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (("1", "2", "3", "4", "5"), True),
        (("-1.5", "0", "10"), True),
        (("0", "1"), False),  # two classes are in no order that matters
        (("1", "1.0", "2"), False),
        (("1 star", "2 stars", "3 stars"), False),
        (("bad", "fair", "good"), False),
        (("2", "10", "3"), False),  # ids do not follow the numbers
    ],
)
def test_labels_are_ordered_if_they_rise_as_numbers(labels, expected):
    assert are_ordered(labels) is expected


@pytest.mark.parametrize("edges", [(2.5, 4), (-3, 0, 3), (1e-7, 5), (10, 1_000_000)])
def test_classes_that_were_cut_are_ordered_once_sorted(edges):
    names = bin_names(edges)
    assert sort_labels(reversed(names)) == tuple(names)
    assert are_ordered(names)


def test_renamed_classes_have_no_order():
    assert sort_labels(["4 and more", "negative", "2 to below 4"]) == (
        "2 to below 4",
        "4 and more",
        "negative",
    )
    assert not are_ordered(("2 to below 4", "4 and more", "negative"))


def test_labels_decide_which_metric_can_be_the_main_one():
    always = (Metric.ACCURACY, Metric.MACRO_F1, Metric.BALANCED_ACCURACY)
    assert metrics_for(("ham", "spam")) == (*always, Metric.AUROC)
    assert metrics_for(("0", "1")) == (*always, Metric.AUROC)
    assert metrics_for(("1", "2", "3")) == (*always, Metric.QUADRATIC_KAPPA)
    assert metrics_for(("a", "b", "c")) == always
