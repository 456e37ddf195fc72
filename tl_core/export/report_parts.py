"""What a report shows: figures with their numbers, and tables written for paper."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from tl_core.charts.template import name_budget
from tl_core.displays.display import Display

_LINE_LENGTH = 60
_SAID_ONCE = frozenset({"Method", "Seeds", "Test examples", "Validation examples"})


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
    same
        What is the same in every row, by the name of the column that would say it again and again.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    same: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A display as it is written.

    Attributes
    ----------
    alt
        One sentence for readers who cannot see the figure; not escaped.
    height
        Pixels.
    spec
        Plotly's JSON, which no HTML parser takes for markup.
    """

    alt: str
    height: int
    spec: str
    table: Table | None
    sentence: str
    limits: str


def show(display: Display) -> Shown:
    """Write a display; the figure names the budget by which the networks trained."""
    figure = name_budget(go.Figure(display.figure()), display.budget)
    spec: str = figure.to_json()
    for character in "<>&":  # it stands in a script element, whatever its texts are
        spec = spec.replace(character, f"\\u{ord(character):04x}")
    frame = display.frame if display.summary is None else display.summary
    return Shown(
        alt=figure.layout.meta["alt"],
        height=int(figure.layout.height),
        spec=spec,
        table=None if frame is None else write_table(frame),
        sentence=display.sentence,
        limits=display.limits,
    )


def write_table(numbers: pd.DataFrame) -> Table:
    """Write a table's values: each column of fractions with the same digits, counts with separators.

    A column that holds the same number in each of several rows is said once.
    """
    written = {str(name): _write_column(numbers[name]) for name in numbers}
    same = {
        name: cells[0]
        for name, cells in written.items()
        if len(cells) > 1 and len(set(cells)) == 1 and name in _SAID_ONCE
    }
    kept = {name: cells for name, cells in written.items() if name not in same}
    columns = tuple(
        Column(
            name=name,
            is_number=pd.api.types.is_numeric_dtype(numbers[name]),
            is_prose=any(len(cell) > _LINE_LENGTH for cell in cells),
        )
        for name, cells in kept.items()
    )
    return Table(columns=columns, rows=tuple(zip(*kept.values(), strict=True)), same=same)


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
