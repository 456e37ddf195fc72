import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.files.workbooks import xlsx
from tl_core.cli.main import app
from tl_core.cli.reading_options import ReadingOptions
from tl_core.errors import DataError
from tl_core.files.reading import ReadChoices

ROWS = [(f"text number {i}", "ab"[i % 2]) for i in range(12)]


@pytest.mark.parametrize(
    ("word", "delimiter"), [("tab", "\t"), ("\\t", "\t"), ("semicolon", ";"), ("~", "~")]
)
def test_delimiters_have_words(word: str, delimiter: str) -> None:
    assert ReadingOptions(delimiter=word, quote="none").choices() == ReadChoices(
        delimiter=delimiter, quote=""
    )


def test_nothing_chosen_leaves_everything_to_be_found() -> None:
    assert ReadingOptions().choices() == ReadChoices()


def test_profile_reads_as_it_is_told(tmp_path: Path) -> None:
    data, out = tmp_path / "a.csv", tmp_path / "out.json"
    data.write_text("".join(f"'{text}'\t{label}\n" for text, label in ROWS), encoding="utf-16-le")
    words = [
        "--encoding",
        "utf-16-le",
        "--delimiter",
        "tab",
        "--quote",
        "'",
        "--no-header",
        "--json",
        str(out),
    ]
    done = CliRunner().invoke(app, ["profile", str(data), *words], catch_exceptions=False)
    assert (
        "12 rows, 2 columns; utf-16-le, fields divided by tabs, single quotes, no header line" in done.output
    )
    profile = json.loads(out.read_text())
    assert (profile["encoding"], profile["delimiter"], profile["quote"]) == ("utf-16-le", "\t", "'")
    assert (profile["has_header"], profile["columns"]) == (False, ["column_1", "column_2"])


def test_profile_reads_the_named_sheet(tmp_path: Path) -> None:
    data = tmp_path / "a.xlsx"
    data.write_bytes(xlsx({"one": [["x", "y"], ["a", "b"]], "two": [["text", "label"], *ROWS]}))
    done = CliRunner().invoke(app, ["profile", str(data), "--sheet", "two"], catch_exceptions=False)
    assert "12 rows, 2 columns; workbook, sheet “two”, first row is the header" in done.output


def test_impossible_choice_is_a_users_mistake(tmp_path: Path) -> None:
    data = tmp_path / "a.csv"
    data.write_text("text,label\na,b\n")
    with pytest.raises(DataError, match="cannot be the delimiter"):
        CliRunner().invoke(app, ["profile", str(data), "--delimiter", "ab"], catch_exceptions=False)
