"""The one column chooser: what a person named stands, and the rest is guessed."""

from collections.abc import Sequence
from typing import Any

from tl_core.datasets.column_guess import guess_columns
from tl_core.datasets.labels import find_indicators
from tl_core.datasets.roles import guess_roles
from tl_core.files.reading import Table
from tl_core.schema import ColumnChoice, Frozen

JOINED_WITH = "\n"
_ROLES = ("split", "group", "weight", "time")
_TAKEN = _ROLES[:3]
"""Roles that are taken where a column is recognised; a date is only told of."""


class Choice(Frozen):
    """The columns of a file; ``reasons``, by ``text``, ``label`` and roles, say what was guessed and why."""

    choice: ColumnChoice
    reasons: dict[str, str]


def choose_columns(
    table: Table,
    *,
    text: Sequence[str] = (),
    label: Sequence[str] = (),
    is_pair: bool = False,
    should_guess_roles: bool = True,
    **named: Any,
) -> Choice:
    """Choose a table's columns.

    Parameters
    ----------
    text, label
        Columns; guessed if none is named. Several texts are joined by a line's end.
    is_pair
        Whether the two text columns stay a pair of texts instead.
    should_guess_roles
        Whether a split, group or weight column that is recognised is taken where none is named. A group or
        a date that was named decides the split, and no split column is looked for.
    **named
        Further fields of `ColumnChoice`; None stands for what was not named.

    Raises
    ------
    DataError
        If a named column is missing, or no two columns can be a text and its label.
    """
    given = {name: value for name, value in named.items() if value is not None}
    reasons: dict[str, str] = {}
    if not (text and label):
        guess = guess_columns(table, text=text[0] if text else None, label=label[0] if label else None)
        if not text:
            text, reasons["text"] = (guess.text,), guess.reasons["text"]
        if not label:
            reasons["label"] = guess.reasons["label"]
            indicators = find_indicators(table.columns)
            label = indicators if guess.label in indicators else (guess.label,)
            if len(label) > 1:
                reasons["label"] = f"{', '.join(label)}: every row has a one in just one of these columns."
    used = [*text, *label, *(given[role] for role in _ROLES if role in given)]
    roles = {one.role: one for one in guess_roles(table.columns, used)} if should_guess_roles else {}
    if given.keys() & {"group", "time"}:
        roles.pop("split", None)
    reasons |= {role: f"'{one.column}': {one.reason}." for role, one in roles.items() if role not in given}
    taken = {role: roles[role].column for role in _TAKEN if role in roles}
    joined_with = JOINED_WITH if len(text) > 1 and not is_pair else None
    columns = {"text": tuple(text), "label": tuple(label), "joined_with": joined_with}
    return Choice(choice=ColumnChoice.model_validate({**columns, **taken, **given}), reasons=reasons)
