"""What one arm answers for each true class."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from tl_core.charts.colors import ArmStyle, Theme, mix, text_on
from tl_core.charts.template import TONES, empty_figure, new_figure
from tl_core.charts.text import one_line, percent, plain

Floats = npt.NDArray[np.float64]

_LABEL_LIMIT = 24
_MOST_CELL_TEXTS = 12
_MOST_COLUMN_NAMES = 30


def confusion_matrix(
    matrix: npt.ArrayLike, labels: Sequence[str], style: ArmStyle, *, theme: Theme = "light"
) -> go.Figure:
    """Show what one arm answers for each true class, as shares of the class.

    Up to 12 classes carry their percentages, and up to 30 the names of the columns, which come in the
    order of the rows; beyond that both are in the hover text.

    Parameters
    ----------
    matrix
        Counts, or their means over seeds, shape ``(num_labels, num_labels)``; rows are true classes,
        columns predicted ones. A row without examples stays empty.
    labels
        Class names in the order of their ids.
    style
        The arm; its colour is a share of 100 %.
    theme
        Light or dark.
    """
    counts = np.asarray(matrix, dtype=float)
    if not counts.size or not counts.sum():
        return empty_figure("No test predictions yet.", theme=theme)
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.full_like(counts, np.nan), where=totals > 0)
    height = max(150 + _cell_px(len(labels)) * len(labels), 260)
    figure = new_figure(theme=theme, height=height, alt=_alt(shares, counts, labels, style))
    _add_cells(figure, shares, _hover_texts(counts, shares, labels), style, theme)
    _name_axes(figure, labels)
    return figure


def _add_cells(
    figure: go.Figure, shares: Floats, hover: list[list[str]], style: ArmStyle, theme: Theme
) -> None:
    """Draw the cells, those with light and those with dark text apart: a heatmap has one text colour."""
    empty = mix(TONES[theme].background, TONES[theme].text, 0.04)
    inks = np.array([text_on(mix(empty, style.color, share)) for share in np.nan_to_num(shares).ravel()])
    num_labels = len(shares)
    for ink in np.unique(inks):
        figure.add_heatmap(
            z=np.where(inks.reshape(shares.shape) == ink, shares, np.nan),
            x=list(range(num_labels)),
            y=list(range(num_labels)),
            zmin=0,
            zmax=1,
            colorscale=[(0.0, empty), (1.0, style.color)],
            showscale=False,
            xgap=int(num_labels <= _MOST_COLUMN_NAMES),
            ygap=int(num_labels <= _MOST_COLUMN_NAMES),
            customdata=hover,
            hovertemplate="%{customdata}<extra></extra>",
            text=[[percent(share, 0) for share in row] for row in shares],
            texttemplate="%{text}" if num_labels <= _MOST_CELL_TEXTS else None,
            textfont_color=ink,
            hoverongaps=False,
        )


def _name_axes(figure: go.Figure, labels: Sequence[str]) -> None:
    num_labels = len(labels)
    has_names = num_labels <= _MOST_COLUMN_NAMES
    ticks: dict[str, Any] = {
        "tickmode": "array",
        "tickvals": list(range(num_labels)),
        "ticktext": [plain(label, _LABEL_LIMIT) for label in labels],
        "tickfont_size": 12 if num_labels <= _MOST_CELL_TEXTS else 10,
    }
    figure.update_xaxes(
        **ticks,
        side="top",
        showticklabels=has_names,
        autotickangles=[0, -90],
        title_text="predicted" if has_names else "predicted, in the order of the rows",
    )
    figure.update_yaxes(**ticks, range=[num_labels - 0.5, -0.5], title_text="true class", ticklabelstandoff=4)


def _cell_px(num_labels: int) -> int:
    return 44 if num_labels <= 6 else 34 if num_labels <= _MOST_CELL_TEXTS else 14


def _hover_texts(counts: Floats, shares: Floats, labels: Sequence[str]) -> list[list[str]]:
    names = [plain(label) for label in labels]
    return [
        [
            f"<b>{true}</b> answered as <b>{predicted}</b><br>"
            f"{percent(shares[i, j])} of the class, {counts[i, j]:,.4g} examples"
            for j, predicted in enumerate(names)
        ]
        for i, true in enumerate(names)
    ]


def _alt(shares: Floats, counts: Floats, labels: Sequence[str], style: ArmStyle) -> str:
    right = percent(np.trace(counts) / counts.sum())
    wrong = np.where(np.eye(len(labels), dtype=bool), 0.0, np.nan_to_num(shares))
    true, predicted = divmod(int(wrong.argmax()), len(labels))
    text = f"Confusion matrix of {one_line(style.label)}: {right} on the diagonal"
    if not wrong.max():
        return f"{text}."
    worst, answer = one_line(labels[true]), one_line(labels[predicted])
    return f"{text}; most often, {percent(wrong[true, predicted])} of {worst} is answered as {answer}."
