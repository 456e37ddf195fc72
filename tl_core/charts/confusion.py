"""What one arm answers for each true class, and how two arms differ in it."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from tl_core.charts.colors import ArmStyle, Theme, mix, text_on
from tl_core.charts.template import MARGIN_PX, TONES, empty_figure, new_figure
from tl_core.charts.text import one_line, percent, plain, points

Floats = npt.NDArray[np.float64]

_LABEL_LIMIT = 24
_MOST_CELL_TEXTS = 12
_MOST_WIDE_CELLS = 4
_MOST_COLUMN_NAMES = 30
_KEY_PX = 44


def confusion_matrix(
    matrix: npt.ArrayLike, labels: Sequence[str], style: ArmStyle, *, theme: Theme = "light"
) -> go.Figure:
    """Show what one arm answers for each true class, as shares of the class.

    Up to 12 classes carry their percentages, above 4 classes without the zeros, and up to 30 the names of
    the columns, which come in the order of the rows; beyond that both are in the hover text.

    Parameters
    ----------
    matrix
        Counts, or their means over seeds, shape ``(num_labels, num_labels)``; rows are true classes,
        columns predicted ones. A row without examples stays empty.
    labels
        Class names in the order of their ids.
    style
        The arm; its colour is a share of 100%.
    theme
        Light or dark.

    Returns
    -------
    A figure whose points can be selected: ``x`` is the predicted class id, ``y`` the true one.
    """
    counts = np.asarray(matrix, dtype=float)
    if not counts.size or not counts.sum():
        return empty_figure("No test predictions yet.", theme=theme)
    shares = _shares(counts)
    height = max(150 + _cell_px(len(labels)) * len(labels), 260)
    right = percent(np.trace(counts) / counts.sum())
    alt = f"Confusion matrix of {one_line(style.label)}: {right} on the diagonal"
    wrong = np.where(np.eye(len(labels), dtype=bool), 0.0, np.nan_to_num(shares))
    if wrong.max():
        true, predicted = divmod(int(wrong.argmax()), len(labels))
        worst, answer = one_line(labels[true]), one_line(labels[predicted])
        alt += f"; most often, {percent(wrong[true, predicted])} of {worst} is answered as {answer}"
    figure = new_figure(theme=theme, height=height, alt=f"{alt}.")
    scale = [(0.0, _empty(theme)), (1.0, style.color)]
    is_wide = len(labels) <= _MOST_WIDE_CELLS
    texts = [[percent(share, 0) if is_wide else f"{100 * share:.0f}" for share in row] for row in shares]
    names = [plain(label) for label in labels]
    hover = [
        [
            f"<b>{true_name}</b> answered as <b>{name}</b><br>"
            f"{percent(shares[i, j])} of the class, {counts[i, j]:,.4g} examples"
            for j, name in enumerate(names)
        ]
        for i, true_name in enumerate(names)
    ]
    _add_cells(figure, shares, texts, hover, scale, (0.0, 1.0))
    _name_axes(figure, labels)
    return figure


def confusion_difference(
    matrix_a: npt.ArrayLike,
    matrix_b: npt.ArrayLike,
    labels: Sequence[str],
    style_a: ArmStyle,
    style_b: ArmStyle,
    *,
    theme: Theme = "light",
) -> go.Figure:
    """Show by how many points of each true class the answers of two arms differ.

    A cell's text is a minus b with its sign. Its colour says whether that is good for a: more right answers
    on the diagonal and fewer mistakes off it are a gain, the opposite is a loss.

    Parameters
    ----------
    matrix_a, matrix_b
        Counts, or their means over seeds, on the same test examples, shape ``(num_labels, num_labels)``.
    labels
        Class names in the order of their ids.
    style_a, style_b
        The two arms.
    theme
        Light or dark.

    Returns
    -------
    A figure whose points can be selected: ``x`` is the predicted class id, ``y`` the true one.
    """
    counts_a, counts_b = np.asarray(matrix_a, dtype=float), np.asarray(matrix_b, dtype=float)
    if not counts_a.size or not counts_a.sum() or not counts_b.sum():
        return empty_figure("No test predictions yet.", theme=theme)
    shares_a, shares_b = _shares(counts_a), _shares(counts_b)
    gaps = shares_a - shares_b
    bound = max(float(np.nanmax(np.abs(gaps))), 0.01)
    height = max(150 + _cell_px(len(labels)) * len(labels), 260)
    true, predicted = divmod(int(np.abs(np.nan_to_num(gaps)).argmax()), len(labels))
    alt = (
        f"Difference of two confusion matrices in points, {one_line(style_a.label)} minus "
        f"{one_line(style_b.label)}; the largest is {points(gaps[true, predicted])} for "
        f"{one_line(labels[true])} answered as {one_line(labels[predicted])}."
    )
    figure = new_figure(theme=theme, height=height + _KEY_PX, alt=alt)
    scale = [(0.0, TONES[theme].warning), (0.5, _empty(theme)), (1.0, TONES[theme].gain)]
    gains = np.where(np.eye(len(labels), dtype=bool), gaps, -gaps)
    is_wide = len(labels) <= _MOST_WIDE_CELLS
    texts = [[points(gap) if is_wide else points(gap, 0) for gap in row] for row in gaps]
    names = [plain(label) for label in labels]
    hover = [
        [
            f"<b>{true_name}</b> answered as <b>{name}</b><br>"
            f"{plain(style_a.label)} {percent(shares_a[i, j])}<br>"
            f"{plain(style_b.label)} {percent(shares_b[i, j])}"
            for j, name in enumerate(names)
        ]
        for i, true_name in enumerate(names)
    ]
    _add_cells(figure, gains, texts, hover, scale, (-bound, bound))
    _name_axes(figure, labels)
    _add_key(figure, style_a, theme)
    return figure


def _add_key(figure: go.Figure, style_a: ArmStyle, theme: Theme) -> None:
    """Say below the cells which colour is a gain of arm a and which a loss."""
    name, tones = plain(style_a.label, _LABEL_LIMIT), TONES[theme]
    lines = [
        f'<span style="color:{tones.gain}">■</span> {name} better: more right, fewer mistakes',
        f'<span style="color:{tones.warning}">■</span> {name} worse: fewer right, more mistakes',
    ]
    figure.add_annotation(
        text="<br>".join(lines),
        x=1,
        y=0,
        xref="paper",
        yref="paper",
        xanchor="right",
        yanchor="top",
        yshift=-4,
        align="left",
        showarrow=False,
        font_size=12,
    )
    figure.update_layout(margin_b=MARGIN_PX + _KEY_PX)


def _shares(counts: Floats) -> Floats:
    totals = counts.sum(axis=1, keepdims=True)
    shares: Floats = np.divide(counts, totals, out=np.full_like(counts, np.nan), where=totals > 0)
    return shares


def _empty(theme: Theme) -> str:
    return mix(TONES[theme].background, TONES[theme].text, 0.04)


def _color_at(scale: Sequence[tuple[float, str]], place: float) -> str:
    """Return the colour of a scale at a place from 0 to 1."""
    for (start, color), (end, following) in pairwise(scale):
        if place <= end:
            return mix(color, following, (place - start) / (end - start))
    return scale[-1][1]


def _add_cells(
    figure: go.Figure,
    values: Floats,
    texts: list[list[str]],
    hover: list[list[str]],
    scale: Sequence[tuple[float, str]],
    bounds: tuple[float, float],
) -> None:
    """Draw the cells and write into them; among many classes a cell that would say 0 stays empty."""
    low, high = bounds
    num_labels = len(values)
    figure.add_heatmap(
        z=values,
        x=list(range(num_labels)),
        y=list(range(num_labels)),
        zmin=low,
        zmax=high,
        colorscale=list(scale),
        showscale=False,
        xgap=int(num_labels <= _MOST_COLUMN_NAMES),
        ygap=int(num_labels <= _MOST_COLUMN_NAMES),
        hoverinfo="skip",
    )
    filled = np.argwhere(np.isfinite(values))
    # Plotly selects points, but no cells of a heatmap.
    figure.add_scatter(
        x=filled[:, 1].tolist(),
        y=filled[:, 0].tolist(),
        mode="markers",
        marker={"opacity": 0, "size": 20},
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
        customdata=[hover[row][column] for row, column in filled],
        hovertemplate="%{customdata}<extra></extra>",
    )
    figure.update_layout(hoverdistance=-1)  # the nearest centre is that of the cell below the pointer
    if num_labels > _MOST_CELL_TEXTS:
        return
    written = [(row, column) for row, column in filled if texts[row][column] != "0"]
    # Texts of their own: a heatmap has one text colour for all its cells.
    figure.add_scatter(
        x=[int(column) for _, column in written],
        y=[int(row) for row, _ in written],
        text=[texts[row][column] for row, column in written],
        mode="text",
        textfont={
            "color": [text_on(_color_at(scale, (values[cell] - low) / (high - low))) for cell in written],
            "size": 12 if num_labels <= _MOST_WIDE_CELLS else 11,
        },
        hoverinfo="skip",
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
        range=[-0.5, num_labels - 0.5],
        side="top",
        showticklabels=has_names,
        autotickangles=[0, -90],
        title_text="predicted" if has_names else "predicted, in the order of the rows",
    )
    figure.update_yaxes(**ticks, range=[num_labels - 0.5, -0.5], title_text="true class", ticklabelstandoff=4)


def _cell_px(num_labels: int) -> int:
    return 44 if num_labels <= 6 else 34 if num_labels <= _MOST_CELL_TEXTS else 14
