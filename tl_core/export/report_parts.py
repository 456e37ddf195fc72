"""What a report shows: figures with their numbers, and tables written for paper."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from tl_core.charts.template import name_budget

_LINE_LENGTH = 60


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a table; ``is_number`` sets it flush right, ``is_prose`` keeps it wide enough to read."""

    name: str
    is_number: bool
    is_prose: bool


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table as it is printed.

    Attributes
    ----------
    rows
        Written cells, one for each of the columns; nothing is escaped yet.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A figure with its text alternative and the numbers behind it.

    Attributes
    ----------
    alt
        One sentence for readers who cannot see it; not escaped.
    height
        Pixels.
    spec
        Plotly's JSON, which no HTML parser takes for markup.
    title
        What stands above it; empty if the section says it.
    note
        What its numbers are, where their columns do not say it.
    """

    alt: str
    height: int
    spec: str
    table: Table
    title: str = ""
    note: str = ""


def show(
    figure: go.Figure, numbers: pd.DataFrame, title: str = "", note: str = "", budget: str = ""
) -> Shown:
    """Prepare a figure of `tl_core.charts` with its numbers; ``budget`` is how the networks in it trained."""
    name_budget(figure, budget)
    spec: str = figure.to_json()
    for character in "<>&":  # it stands in a script element, whatever its texts are
        spec = spec.replace(character, f"\\u{ord(character):04x}")
    return Shown(
        alt=figure.layout.meta["alt"],
        height=int(figure.layout.height),
        spec=spec,
        table=write_table(numbers),
        title=title,
        note=note,
    )


def write_table(numbers: pd.DataFrame) -> Table:
    """Write a table's values: each column of fractions with the same digits, counts with separators."""
    written = [_write_column(numbers[name]) for name in numbers]
    columns = tuple(
        Column(
            name=str(name),
            is_number=pd.api.types.is_numeric_dtype(numbers[name]),
            is_prose=any(len(cell) > _LINE_LENGTH for cell in cells),
        )
        for name, cells in zip(numbers, written, strict=True)
    )
    return Table(columns=columns, rows=tuple(zip(*written, strict=True)))


def _write_column(values: pd.Series) -> Sequence[str]:
    if pd.api.types.is_integer_dtype(values):
        return [f"{value:,}" for value in values]
    if not pd.api.types.is_float_dtype(values):
        return [str(value) for value in values]
    known = values.dropna()
    num_digits = 1 if (known.round(1) == known).all() else 2
    # Adding 0.0 turns a rounded -0.0 into 0.0.
    rounded = [None if pd.isna(value) else round(value, num_digits) + 0.0 for value in values]
    return ["–" if value is None else f"{value:,.{num_digits}f}".replace("-", "−") for value in rounded]
