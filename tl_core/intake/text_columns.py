"""Which columns of a file hold the texts that a trained model is asked about."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from unicodedata import category, normalize

import pyarrow as pa

from tl_core.datasets.column_guess import guess_text
from tl_core.errors import DataError
from tl_core.files.headers import column_names
from tl_core.files.reading import Table
from tl_core.schema import TextSource
from tl_core.words import quoted, quoted_names

GUESSED_ROWS = 100_000
"""Rows by which a column of texts is guessed."""
_BETWEEN_WORDS = re.compile(r"[\s_\-\u2010-\u2015]+")


@dataclass(frozen=True, kw_only=True)
class FoundTexts:
    """The columns to be read.

    Attributes
    ----------
    columns
        Their names, in the order of the training.
    is_guess
        Whether a person should say that these are meant.
    reason
        One sentence that names them and says why.
    """

    columns: tuple[str, ...]
    is_guess: bool
    reason: str


def columns_called(name: str, present: Sequence[str]) -> tuple[str, ...]:
    """Return the columns of that name; without one, all whose names differ only in their spelling.

    Case, blanks, hyphens and underscores, and Unicode's normal form make no difference then.

    >>> columns_called("review_text", ["id", "Review Text"])
    ('Review Text',)
    """
    if name in present:
        return (name,)
    key = _key(name)
    return tuple(one for one in present if key and _key(one) == key)


def _key(name: str) -> str:
    visible = "".join(one for one in normalize("NFKC", name).casefold() if category(one) != "Cf")
    return _BETWEEN_WORDS.sub("", visible)


def match_texts(present: Sequence[str], source: TextSource) -> tuple[tuple[str, ...], ...]:
    """Return for each column of the training which ones of a file can be it: one, none, or several.

    A column that is called exactly as one of the training stands for no other.
    """
    exact = set(source.columns) & set(present)
    free = [name for name in present if name not in exact]
    return tuple(columns_called(name, [name] if name in exact else free) for name in source.columns)


def with_header(table: Table, source: TextSource) -> Table:
    """Take the first row for the names of the columns if a column of the training is named in it.

    Without a usual name in it, the header of a file of texts alone looks like one more text.
    """
    first = [column[0].as_py() for column in table.columns.columns]
    if table.decisions.has_header or table.num_rows < 2 or not any(match_texts(first, source)):
        return table
    return replace(
        table,
        columns=table.columns.slice(1).rename_columns(column_names(first)),
        decisions=table.decisions.model_copy(update={"has_header": True}),
        reject_rows=tuple(row - 1 for row in table.reject_rows),
    )


def match_words(source: TextSource, matches: Sequence[Sequence[str]]) -> list[str]:
    """Say what of `match_texts` is not as in training, a sentence for each column."""
    words = []
    for wanted, found in zip(source.columns, matches, strict=True):
        if not found:
            words.append(f"The file has no {quoted(wanted)}, which the model was trained on.")
        elif len(found) > 1:
            words.append(
                f"{quoted_names(found)} could each be the {quoted(wanted)} of the training. Choose one."
            )
        elif found[0] != wanted:
            words.append(f"{quoted(found[0])} is the {quoted(wanted)} of the training in another spelling.")
    return words or ([] if source.columns else ["The model does not say which column it was trained on."])


def find_texts(columns: pa.Table, source: TextSource) -> FoundTexts:
    """Find the columns of a model's training in a file; else guess.

    Parameters
    ----------
    columns
        The file's columns, all strings.
    source
        Where the texts of the training came from.

    Raises
    ------
    DataError
        If several columns can be one of the training's, a model of pairs lacks one, or no column holds texts.
    """
    names = columns.column_names
    matches = match_texts(names, source)
    for wanted, found in zip(source.columns, matches, strict=True):
        if len(found) > 1:
            raise DataError(
                f"{quoted_names(found)} could each be the column {quoted(wanted)} of the training.",
                "Choose one with --text.",
            )
    there = tuple(dict.fromkeys(name for found in matches for name in found))
    missing = [wanted for wanted, found in zip(source.columns, matches, strict=True) if not found]
    if there and len(there) == len(source.columns):
        named = (
            "as in training"
            if there == source.columns
            else f"which the training calls {quoted_names(source.columns)}"
        )
        return FoundTexts(columns=there, is_guess=False, reason=f"Reads {quoted_names(there)}, {named}.")
    if source.is_pair:
        raise not_two_columns(source, (), names)
    if there:
        reason = (
            f"Reads {quoted_names(there)} as a guess: the file has no {quoted_names(missing)}, which the"
            " training joined to it."
        )
        return FoundTexts(columns=there, is_guess=True, reason=reason)
    guess = guess_text(columns.slice(0, GUESSED_ROWS))
    trained = (
        f"the file has no {quoted_names(source.columns)}, which the model was trained on"
        if source.columns
        else "the model does not say which column it was trained on"
    )
    if len(names) == 1:
        reason = f"Reads {quoted(guess)}, the only column of the file."
    else:
        reason = f"Reads {quoted(guess)} as a guess: {trained}."
    return FoundTexts(columns=(guess,), is_guess=len(names) > 1, reason=reason)


def not_two_columns(source: TextSource, named: Sequence[str], names: Sequence[str]) -> DataError:
    """Make the error about texts that are not two columns, for a model that compares pairs.

    Parameters
    ----------
    named
        The columns that a person named; none where the file's own were to be found.
    names
        All columns of the file.
    """
    got = f" You named {quoted_names(named)}." if named else ""
    return DataError(
        f"This model compares two texts, {quoted_names(source.columns)}.{got} The file has"
        f" {quoted_names(names, 20)}.",
        "Choose both columns with --text, in the same order.",
    )
