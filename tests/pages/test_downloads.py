"""Tables as files and as they are shown."""

import pandas as pd

from pages.ui import downloads


def test_a_table_is_written_without_formulas():
    table = pd.DataFrame({"=Class": ["=1+1", "fine"], "Difference, points": [-3.5, None]})
    assert downloads.table_csv(table).decode("utf-8-sig").splitlines() == [
        '\'=Class,"Difference, points"',
        "'=1+1,-3.5",
        "fine,",
    ]


def test_file_names_hold_letters_and_digits_alone():
    assert downloads.file_stem("confusion_fine_tuned:../org/model") == "confusion_fine_tuned_org_model"


def test_numbers_of_a_column_have_equally_many_decimals():
    formats = downloads.number_formats(pd.DataFrame({"p": [97.0, 95.55], "n": [3, 4], "q": [1.0, 2.0]}))
    assert {name: column["type_config"]["format"] for name, column in formats.items()} == {
        "p": "%.2f",
        "q": "%.0f",
    }
