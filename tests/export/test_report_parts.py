import pandas as pd

from tl_core.export.report_parts import write_table


def written(*values):
    return [row[0] for row in write_table(pd.DataFrame({"column": list(values)})).rows]


def test_a_column_has_the_same_digits_throughout():
    assert written(50.0, 7.5) == ["50.0", "7.5"]
    assert written(50.0, 7.25) == ["50.00", "7.25"]


def test_counts_are_grouped_and_what_is_missing_is_a_dash():
    assert written(1200, 7) == ["1,200", "7"]
    assert written(1.5, None) == ["1.5", "–"]


def test_minus_is_a_minus_and_nothing_is_below_zero_by_rounding():
    assert written(-3.5, -0.0) == ["−3.5", "0.0"]


def test_numbers_are_flush_right_and_long_texts_get_room():
    table = write_table(pd.DataFrame({"n": [1], "word": ["short"], "sentence": ["long " * 20]}))
    assert [(column.is_number, column.is_prose) for column in table.columns] == [
        (True, False),
        (False, False),
        (False, True),
    ]
