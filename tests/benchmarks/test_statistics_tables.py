"""The committed simulation holds what the statistics promise, and the page and the code say what it found."""

from typing import Any

import pytest

from benchmarks.statistics_tables import PAGE, read, with_figures
from tl_core.evaluation.verdicts import FALSE_POSITIVE_RATES

MEASURED = read("intervals")
ROWS = MEASURED["rows"]


def rows_with(*, at_least: int) -> list[dict[str, Any]]:
    return [row for row in ROWS if row["num_seeds"] >= at_least]


@pytest.mark.parametrize(("num_seeds", "floor"), [(3, "0.9"), (5, "0.93")])
def test_coverage_never_falls_below_its_floor(num_seeds: int, floor: str) -> None:
    lowest = min(row["coverage"] for row in rows_with(at_least=num_seeds))
    assert lowest >= float(floor) - MEASURED["error"][floor]


def test_equal_arms_are_seldom_called_different() -> None:
    highest = max(row["false_positive_rate"] for row in rows_with(at_least=5))
    assert highest <= 0.06 + MEASURED["error"]["0.06"]


def test_the_grid_is_whole() -> None:
    cells = {(row["num_seeds"], row["num_examples"], row["accuracy"], row["seed_sd"]) for row in ROWS}
    assert {seeds for seeds, *_ in cells} >= {3, 5, 10}
    assert {examples for _, examples, *_ in cells} == {50, 100, 200, 500, 1000, 2000}
    assert max(accuracy for _, _, accuracy, _ in cells) == 0.99
    assert {sd for *_, sd in cells} == {0.0, 0.15, 0.4}
    assert MEASURED["repetitions"] >= 2000


@pytest.mark.parametrize(("num_seeds", "floor"), [(3, "0.9"), (5, "0.93"), (10, "0.93")])
def test_the_same_holds_of_examples_in_groups(num_seeds: int, floor: str) -> None:
    rows = [row for row in MEASURED["grouped_examples"] if row["num_seeds"] == num_seeds]
    assert {row["num_groups"] for row in rows} >= {20, 50, 60, 100}
    assert min(row["coverage"] for row in rows) >= float(floor) - MEASURED["error"][floor]
    assert max(row["false_positive_rate"] for row in rows) <= 0.06 + MEASURED["error"]["0.06"]
    naive = [row["false_positive_rate_without_groups"] for row in rows if row["group_sd"] > 0]
    assert max(naive) > 0.2, "what would happen without them"


@pytest.mark.parametrize("part", ["other_metrics", "class_gains"])
def test_the_same_holds_of_other_values_than_accuracy(part: str) -> None:
    rows = MEASURED[part]
    assert {row["num_seeds"] for row in rows} == {3, 5, 10}
    assert min(row["coverage"] for row in rows) >= 0.93 - MEASURED["error"]["0.93"]
    assert max(row["false_positive_rate"] for row in rows) <= 0.06 + MEASURED["error"]["0.06"]


def test_what_labels_were_worth_is_covered_whatever_the_shape_of_the_curve() -> None:
    rows = read("label_worth")["summary"]
    assert {row["curve"] for row in rows} >= {"ever slower", "a steep leap"}
    assert min(row["lowest_coverage"] for row in rows) >= 0.95


def splits_rows(interval: str, pair: str, *, at_least: int) -> list[dict[str, Any]]:
    rows = [
        row
        for row in read("repeated_splits")["summary"]
        if (row["interval"], row["pair"]) == (interval, pair) and row["num_splits"] >= at_least
    ]
    assert rows, f"nothing was measured of {interval} on {pair}"
    return rows


def test_repeated_splits_seldom_call_equal_learners_different() -> None:
    cells = read("repeated_splits")["cells"]
    assert len({key.partition(",")[0] for key in cells}) == 4
    for pair in ("swapped", "resampled"):
        rates = [1 - row["lowest_coverage"] for row in splits_rows("this_project", pair, at_least=2)]
        assert max(rates) <= 0.06
    uncorrected = splits_rows("plain_t", "swapped", at_least=10)
    assert all(1 - row["coverage"] > 0.15 for row in uncorrected), "what would happen without"


@pytest.mark.parametrize("pair", ["characters", "naive_bayes", "swapped", "resampled"])
def test_repeated_splits_cover_what_they_promise(pair: str) -> None:
    """From 3 splits on 93% on every pair; the page names the one cell that is lower by more than chance."""
    error = 2 * (0.93 * 0.07 / read("repeated_splits")["repetitions"]) ** 0.5
    page = PAGE.read_text(encoding="utf-8")
    for row in splits_rows("this_project", pair, at_least=3):
        assert row["coverage"] >= 0.93
        if row["lowest_coverage"] < 0.93 - error:
            assert f"{100 * row['lowest_coverage']:g}% with {row['num_splits']}" in page


def test_neither_correlation_covers_as_much_as_the_larger_of_both() -> None:
    for row in splits_rows("this_project", "naive_bayes", at_least=5):
        for other in ("nadeau_bengio", "overlap"):
            (found,) = (
                one
                for one in splits_rows(other, "naive_bayes", at_least=5)
                if one["num_splits"] == row["num_splits"]
            )
            assert found["lowest_coverage"] < row["lowest_coverage"]


def test_failures_that_nobody_saw_are_not_covered_and_the_page_says_so() -> None:
    rows = MEASURED["rare_failures"]
    assert all(row["coverage_where_seen"] >= 0.93 for row in rows)
    five = next(row for row in rows if (row["failure_rate"], row["num_seeds"]) == (0.1, 5))
    assert five["coverage_where_none_seen"] < 0.9 < five["coverage_where_seen"]


@pytest.mark.parametrize("num_seeds", [2, 3, 4])
def test_the_rate_beside_a_verdict_is_the_highest_of_the_table(num_seeds: int) -> None:
    measured = max(row["false_positive_rate"] for row in ROWS if row["num_seeds"] == num_seeds)
    assert FALSE_POSITIVE_RATES[num_seeds] == measured


def test_the_figures_on_the_page_are_those_of_the_benchmark() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert with_figures(text) == text


def test_no_other_setting_is_clearly_better_for_either_arm() -> None:
    """The recorded ones stay where a gain is within two of its standard errors."""
    for gains in read("training_settings")["gains"].values():
        assert len(gains) == 8
        assert all(one["gain_points"] <= 2 * one["standard_error"] for one in gains.values())


def test_nothing_else_covers_as_often_and_excludes_anything_with_five_seeds() -> None:
    rows = {row["method"]: row for row in MEASURED["summary"]["methods"] if row["num_seeds"] == 5}
    assert len(rows) == 8
    ours = rows.pop("this project")
    able = [row for row in rows.values() if row["mean_width"] < 1]
    assert [row["method"] for row in rows.values() if row not in able] == ["Wilcoxon over seeds"]
    assert all(row["lowest_coverage"] < ours["lowest_coverage"] for row in able)
    assert all(row["highest_false_positive_rate"] > ours["highest_false_positive_rate"] for row in able)
