"""What the table of budgets promises of the default."""

from benchmarks.budgets import SETS, TOLERANCE_POINTS
from benchmarks.statistics_tables import read


def test_scratch_gets_a_real_chance_by_default_or_a_flag_says_that_it_did_not() -> None:
    table = read("budgets")["sets"]
    assert table.keys() == SETS.keys()
    within = [row["default_below_best_points"] <= TOLERANCE_POINTS for row in table.values()]
    assert sum(within) >= 3
    assert all(is_within or row["is_flagged"] for is_within, row in zip(within, table.values(), strict=True))
