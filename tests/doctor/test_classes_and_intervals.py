import pytest

from tests.doctor.made import count, of_classes, only
from tests.files.tables import with_columns
from tl_core.doctor.sizes import (
    accuracy_half_width,
    difference_half_width,
    expected_interval,
    rare_classes,
    rare_labels,
)
from tl_core.schema import SplitMethod, SplitRule
from tl_core.splits.splitting import make_split


def test_class_is_rare_below_seventeen_examples_of_the_usual_shares() -> None:
    made = of_classes({"large": 50, "just": 17, "rare": 16})
    finding = only(rare_classes(made, None))
    assert finding is not None
    assert (finding.count, finding.fix) == (16, "drop_rare_classes")
    assert finding.examples == ("“rare”: 8 to train on, 4 to test on",)
    assert rare_labels(made, None) == ("rare",)


def test_split_decides_where_there_is_one() -> None:
    made = of_classes({"large": 50, "small": 20})
    assert count(rare_classes(made, make_split(made))) == 0
    assert count(rare_classes(made, make_split(made, SplitRule(validation=0.15, test=0.1)))) == 20


def test_own_test_file_is_counted_as_it_is() -> None:
    made = of_classes({"x": 50, "y": 10}, test={"x": 5, "y": 5})
    assert rare_labels(made, None) == ()
    assert rare_labels(of_classes({"x": 50, "y": 9}, test={"x": 5, "y": 5}), None) == ("y",)
    assert rare_labels(of_classes({"x": 50, "y": 50}, test={"x": 5, "y": 4}), None) == ("y",)


def test_half_widths_by_hand() -> None:
    # 1.95996 * sqrt(0.8 * 0.2 / 100) and 1.95996 * sqrt(0.2 / 100)
    assert accuracy_half_width(100) == pytest.approx(0.078399, abs=1e-6)
    assert difference_half_width(100) == pytest.approx(0.087652, abs=1e-6)
    assert difference_half_width(400) == pytest.approx(difference_half_width(100) / 2)
    assert (accuracy_half_width(4, 0.5), difference_half_width(1, 1.0)) == (
        pytest.approx(0.48999, abs=1e-5),
        1,
    )


def test_interval_is_that_of_the_test_examples() -> None:
    made = of_classes({"x": 50, "y": 50})
    usual, split = only(expected_interval(made, None)), only(expected_interval(made, make_split(made)))
    assert usual == split
    assert usual is not None
    assert (usual.count, usual.severity) == (30, "warning")
    own = only(expected_interval(of_classes({"x": 9, "y": 9}, test={"x": 50, "y": 50}), None))
    assert own is not None
    assert (own.count, own.severity) == (100, "info")
    assert "±7.8 points" in own.message
    assert "±8.8 on" in own.message


@pytest.mark.parametrize(("num_test", "severity"), [(76, "warning"), (77, "info")])
def test_interval_wider_than_ten_points_is_a_warning(num_test: int, severity: str) -> None:
    finding = only(expected_interval(of_classes({"x": 9, "y": 9}, test={"x": num_test}), None))
    assert finding is not None
    assert finding.severity == severity


def test_examples_in_groups_make_it_wider_by_how_alike_they_are() -> None:
    made = with_columns(of_classes({"x": 200, "y": 200}), group=[str(i // 4) for i in range(400)])
    finding = only(expected_interval(made, make_split(made, SplitRule(method=SplitMethod.GROUPED))))
    assert finding is not None
    assert finding.message.startswith(
        "With 120 test examples in 30 groups and one seed, expect about ±7.2 to ±14 points on accuracy and "
        "±8 to ±16 on the difference"
    )
    assert finding.message.endswith("The more alike the examples of a group are, the wider.")
    assert (finding.severity, finding.remedy) == (
        "warning",
        "Test on four times as many groups to halve both.",
    )


def test_too_few_groups_are_told_before_anything_is_trained() -> None:
    made = with_columns(of_classes({"x": 200, "y": 200}), group=[str(i // 20) for i in range(400)])
    finding = only(expected_interval(made, make_split(made, SplitRule(method=SplitMethod.GROUPED))))
    assert finding is not None
    assert "in 6 groups" in finding.message
    assert finding.message.endswith("Below 20 groups, nothing is claimed of two models.")
    assert finding.severity == "warning"
