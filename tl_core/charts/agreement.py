"""Where two arms are right and wrong on the same test examples."""

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from tl_core.charts.colors import ArmStyle, Theme, mix, text_on
from tl_core.charts.template import TONES, empty_figure, new_figure
from tl_core.charts.text import name_lines, one_line, percent

_CELLS = ((0, 0), (0, 1), (1, 0), (1, 1))


def who_is_right(
    counts: npt.ArrayLike, style_a: ArmStyle, style_b: ArmStyle, *, theme: Theme = "light"
) -> go.Figure:
    """Show on which share of the test examples both arms are right, only one is, or neither.

    Parameters
    ----------
    counts
        Answers, summed over seeds, shape ``(2, 2)``: ``[[both, only a], [only b, neither]]``.
    style_a, style_b
        The two arms; the cell where only one is right takes its colour, stronger with its share.
    theme
        Light or dark.

    Returns
    -------
    A figure whose points can be selected: point 0 to 3 of its second trace is a cell, row by row.
    """
    cells = np.asarray(counts, dtype=float)
    if not cells.sum():
        return empty_figure("No test predictions yet.", theme=theme)
    shares = cells / cells.sum()
    a, b = one_line(style_a.label), one_line(style_b.label)
    said = [
        f"{who} {percent(shares[cell], 0)}"
        for who, cell in zip(("both models", f"only {a}", f"only {b}", "neither"), _CELLS, strict=True)
    ]
    alt = f"Shares of the test answers where right is: {', '.join(said)}."
    figure = new_figure(theme=theme, height=300, alt=alt)
    colors = _colors(shares, style_a, style_b, theme)
    figure.add_heatmap(
        z=[[0, 1], [2, 3]],
        zmin=0,
        zmax=3,
        colorscale=[(edge / 4, colors[index]) for index in range(4) for edge in (index, index + 1)],
        showscale=False,
        xgap=2,
        ygap=2,
        hoverinfo="skip",
    )
    rows, columns = zip(*_CELLS, strict=True)
    # Plotly selects points, but no cells of a heatmap.
    figure.add_scatter(
        x=columns,
        y=rows,
        mode="markers",
        marker={"opacity": 0, "size": 40},
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
        customdata=cells.ravel(),
        hovertemplate="%{customdata:,.0f} answers<extra></extra>",
    )
    figure.update_layout(hoverdistance=-1)  # the nearest centre is that of the cell below the pointer
    words = (["both"], _only(style_a), _only(style_b), ["neither"])
    for (row, column), color, lines in zip(_CELLS, colors, words, strict=True):
        figure.add_annotation(
            text="<br>".join([f"<b>{percent(shares[row, column], 0)}</b>", *lines]),
            x=column,
            y=row,
            showarrow=False,
            font={"size": 15, "color": text_on(color)},
        )
    for axis, style in ((figure.layout.xaxis, style_b), (figure.layout.yaxis, style_a)):
        name = "<br>".join(name_lines(style.label, 16))
        axis.update(tickmode="array", tickvals=[0, 1], ticktext=[f"{name}<br>right", f"{name}<br>wrong"])
    figure.update_xaxes(side="top", tickangle=0)
    figure.update_yaxes(range=[1.5, -0.5], ticklabelstandoff=4)
    return figure


def _colors(shares: npt.NDArray[np.float64], style_a: ArmStyle, style_b: ArmStyle, theme: Theme) -> list[str]:
    """Colours of both, only a, only b, neither: hues only where the arms part."""
    tones = TONES[theme]
    # The root keeps a small share visible; a quarter of all examples is full strength.
    only_a, only_b = np.sqrt([shares[0, 1], shares[1, 0]]) / np.sqrt(max(shares[0, 1], shares[1, 0], 0.25))
    strengths = (0.45, 0.1 + 0.9 * only_a, 0.1 + 0.9 * only_b, 0.12)
    hues = (tones.neutral, style_a.color, style_b.color, tones.muted)
    return [mix(tones.background, hue, share) for hue, share in zip(hues, strengths, strict=True)]


def _only(style: ArmStyle) -> list[str]:
    kind, *base_model = name_lines(style.label, 20)
    return [f"only {kind}", *base_model]
