"""The one column chooser, and that page and command line come to the same by it."""

import pytest

from tests.files.tables import table
from tests.shared_data import shared_data
from tl_core.cli.column_options import DatasetOptions
from tl_core.errors import DataError
from tl_core.files.reading import read_table
from tl_core.intake.intake import choose_columns
from tl_core.intake.uploads import Upload, propose

ROWS = 40


def roles_table():
    return table(
        text=[f"a text with the number {i} in it" for i in range(ROWS)],
        label=["x", "y"] * (ROWS // 2),
        split=["train"] * (ROWS // 2) + ["test"] * (ROWS // 2),
        author=[f"author {i % 8}" for i in range(ROWS)],
        date=[f"2026-01-{1 + i % 28:02d}" for i in range(ROWS)],
        weight=["1.5"] * ROWS,
    )


def test_what_is_recognised_is_taken_and_a_date_is_told() -> None:
    found = choose_columns(roles_table())
    assert (found.choice.split, found.choice.group, found.choice.weight) == ("split", "author", "weight")
    assert found.choice.time is None
    assert found.reasons.keys() == {"text", "label", "split", "group", "weight", "time"}


def test_nothing_is_taken_that_was_declined() -> None:
    found = choose_columns(roles_table(), should_guess_roles=False)
    assert found.choice.columns == ("text", "label")
    assert found.reasons.keys() == {"text", "label"}


@pytest.mark.parametrize(("role", "column"), [("group", "author"), ("time", "date")])
def test_a_role_that_was_named_decides_the_split(role: str, column: str) -> None:
    choice = choose_columns(roles_table(), **{role: column}).choice
    assert getattr(choice, role) == column
    assert choice.split is None


def test_what_was_named_is_not_guessed() -> None:
    found = choose_columns(roles_table(), text=["text"], label=["label"], weight="weight")
    assert not found.reasons.keys() & {"text", "label", "weight"}
    assert choose_columns(roles_table(), text=["author"]).choice.label == ("label",)


def readable():
    folder = shared_data("messy")
    for path in sorted(folder.iterdir()):
        try:
            read = read_table(path)
            yield path.name, read, choose_columns(read, **DatasetOptions().columns()).choice
        except DataError:  # no table, or no two columns that can be a text and its label
            continue


def test_page_and_command_line_choose_alike_on_every_messy_file() -> None:
    found = list(readable())
    assert found
    for name, read, by_shell in found:
        assert propose(read, Upload(upload_id="upload_1", name=name)).choice == by_shell, name
