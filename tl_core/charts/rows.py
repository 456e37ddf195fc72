"""What figures with a row an arm share: names beside the rows, and dots of one value set apart."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from tl_core.charts.text import name_lines

ROW_PX = 46
AXIS_PX = 52
"""Room below the rows for the axis and its title."""
_TIE_OFFSETS = (0.0, 0.13, -0.13, 0.26, -0.26)


def name_rows(figure: go.Figure, labels: Sequence[str]) -> None:
    """Write `labels` beside the rows, from the top; positions, not names, keep twins apart."""
    figure.update_yaxes(
        range=[len(labels) - 0.5, -0.5],
        tickmode="array",
        tickvals=list(range(len(labels))),
        ticktext=["<br>".join(name_lines(label)) for label in labels],
        tickfont_size=13,
        ticklabelstandoff=8,
    )


def seed_places(position: int, values: pd.Series) -> list[float]:
    """Place a row's dots around its position, so that none of equal values hides another."""
    return [position + _TIE_OFFSETS[tie % len(_TIE_OFFSETS)] for tie in values.groupby(values).cumcount()]
