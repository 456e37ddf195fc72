"""Which classes an arm gets right, and where two arms part."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from tl_core.charts.colors import ArmStyle, Theme, mix
from tl_core.charts.template import MARGIN_PX, TONES, empty_figure, new_figure
from tl_core.charts.text import one_line, percent, plain, points, small

Measure = Literal["precision", "recall", "f1"]

_MOST_BARS = 24
_BAR_PX = 26
_LABEL_LIMIT = 24
_MEASURES = {"precision": "precision", "recall": "recall", "f1": "F1"}

_MOST_CELL_TEXTS = 12
_MOST_COLUMN_LABELS = 30


def per_class_difference(
    table: pd.DataFrame,
    style_a: ArmStyle,
    style_b: ArmStyle,
    *,
    measure: Measure = "f1",
    theme: Theme = "light",
) -> go.Figure:
    """Show for each class by how much arm a is ahead of arm b; bars take the colour of the arm ahead.

    Parameters
    ----------
    table
        One row per class: ``label``, ``difference`` (a minus b), ``value_a``, ``value_b`` (fractions),
        ``support`` (test examples). Of more than 24 classes those with the largest differences are drawn,
        and the axis says how many are left out.
    style_a, style_b
        The two arms.
    measure
        What the values are.
    theme
        Light or dark.
    """
    if table.empty:
        return empty_figure("No class has test examples.", theme=theme)
    strongest = table["difference"].abs().sort_values(ascending=False, kind="stable").index[:_MOST_BARS]
    rows = (
        table.loc[strongest].sort_values("difference", ascending=False, kind="stable").reset_index(drop=True)
    )
    bound = max(1.0, 100 * float(rows["difference"].abs().max()))
    name, hidden = _MEASURES[measure], len(table) - len(rows)
    title = f"difference in {name}, points" + (f"; {hidden} smaller ones not drawn" if hidden else "")
    figure = new_figure(
        theme=theme, height=_BAR_PX * len(rows) + 90, alt=_per_class_alt(rows, style_a, style_b, name)
    )
    figure.add_bar(
        x=100 * rows["difference"],
        y=list(range(len(rows))),
        orientation="h",
        marker_color=[style_a.color if gap >= 0 else style_b.color for gap in rows["difference"]],
        text=[points(gap) for gap in rows["difference"]],
        textposition="outside",
        cliponaxis=False,
        width=0.62,
        hovertext=[_class_hover(row, style_a, style_b) for row in rows.itertuples()],
        hovertemplate="%{hovertext}<extra></extra>",
    )
    figure.add_vline(x=0, line={"color": TONES[theme].muted, "width": 1})
    figure.update_xaxes(
        range=[-1.3 * bound, 1.3 * bound], nticks=7, showline=True, title_text=title
    )
    figure.update_yaxes(
        range=[len(rows) - 0.5, -0.5],
        tickmode="array",
        tickvals=list(range(len(rows))),
        ticktext=[plain(label, _LABEL_LIMIT) for label in rows["label"]],
        ticklabelstandoff=6,
    )
    _add_sides(figure, style_a, style_b)
    return figure


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
    num_labels = len(labels)
    names = [plain(label, _LABEL_LIMIT) for label in labels]
    figure = new_figure(
        theme=theme,
        height=max(150 + _cell_px(num_labels) * num_labels, 260),
        alt=_confusion_alt(shares, counts, labels, style),
    )
    figure.add_heatmap(
        z=shares,
        x=list(range(num_labels)),
        y=list(range(num_labels)),
        zmin=0,
        zmax=1,
        colorscale=_scale(style.color, theme),
        showscale=False,
        xgap=1 if num_labels <= _MOST_COLUMN_LABELS else 0,
        ygap=1 if num_labels <= _MOST_COLUMN_LABELS else 0,
        customdata=_confusion_hover(counts, shares, labels),
        hovertemplate="%{customdata}<extra></extra>",
        text=[[percent(share, 0) if np.isfinite(share) else "" for share in row] for row in shares],
        texttemplate="%{text}" if num_labels <= _MOST_CELL_TEXTS else None,
        hoverongaps=False,
    )
    ticks = {"tickmode": "array", "tickvals": list(range(num_labels)), "ticktext": names}
    ticks["tickfont_size"] = 12 if num_labels <= _MOST_CELL_TEXTS else 10
    has_column_labels = num_labels <= _MOST_COLUMN_LABELS
    figure.update_xaxes(
        **ticks,
        side="top",
        showticklabels=has_column_labels,
        autotickangles=[0, -90],
        title_text="predicted" if has_column_labels else "predicted, in the order of the rows",
    )
    figure.update_yaxes(**ticks, range=[num_labels - 0.5, -0.5], title_text="true class", ticklabelstandoff=4)
    return figure


def who_is_right(
    counts: npt.ArrayLike, style_a: ArmStyle, style_b: ArmStyle, *, theme: Theme = "light"
) -> go.Figure:
    """Show on which share of the test examples both arms are right, only one is, or neither.

    Parameters
    ----------
    counts
        Examples, summed over seeds, shape ``(2, 2)``: ``[[both, only a], [only b, neither]]``.
    style_a, style_b
        The two arms; the cell where only one is right takes its colour.
    theme
        Light or dark.
    """
    cells = np.asarray(counts, dtype=float)
    if not cells.sum():
        return empty_figure("No test predictions yet.", theme=theme)
    shares = cells / cells.sum()
    names = [one_line(style.label, 30) for style in (style_a, style_b)]
    words = [["both", f"only {names[0]}"], [f"only {names[1]}", "neither"]]
    colors = _agreement_colors(shares, style_a, style_b, theme)
    figure = new_figure(theme=theme, height=300, alt=_agreement_alt(shares, words))
    figure.add_heatmap(
        z=[[0, 1], [2, 3]],
        zmin=0,
        zmax=3,
        colorscale=[(edge / 4, colors[index]) for index in range(4) for edge in (index, index + 1)],
        showscale=False,
        xgap=2,
        ygap=2,
        text=[[f"<b>{percent(shares[i, j], 0)}</b><br>{plain(words[i][j])}" for j in (0, 1)] for i in (0, 1)],
        texttemplate="%{text}",
        textfont_size=15,
        customdata=cells,
        hovertemplate="%{customdata:,.0f} answers<extra></extra>",
    )
    for axis, name in ((figure.layout.xaxis, names[1]), (figure.layout.yaxis, names[0])):
        head = plain(name, 30).replace(" · ", "<br>")
        axis.update(tickmode="array", tickvals=[0, 1], ticktext=[f"{head}<br>right", f"{head}<br>wrong"])
    figure.update_xaxes(side="top")
    figure.update_yaxes(range=[1.5, -0.5], ticklabelstandoff=4)
    return figure


def _add_sides(figure: go.Figure, style_a: ArmStyle, style_b: ArmStyle) -> None:
    """Say above the bars which arm each side belongs to."""
    for style, x, anchor in ((style_b, 0.0, "left"), (style_a, 1.0, "right")):
        head, _, tail = style.label.partition(" · ")
        name = plain(head, _LABEL_LIMIT) + (f"<br>{small(plain(tail, _LABEL_LIMIT))}" if tail else "")
        figure.add_annotation(
            text=f"<b>{name}</b> better"
            if not tail
            else f"<b>{plain(head)}</b> better<br>{small(plain(tail, 22))}",
            x=x,
            y=1,
            xref="paper",
            yref="paper",
            xanchor=anchor,
            yanchor="bottom",
            align=anchor,
            yshift=2,
            showarrow=False,
            font={"color": style.ink},
        )
    has_tail = " · " in style_a.label + style_b.label
    figure.update_layout(margin={"t": MARGIN_PX + (36 if has_tail else 20)})


def _class_hover(row: Any, style_a: ArmStyle, style_b: ArmStyle) -> str:
    return (
        f"<b>{plain(row.label, 80)}</b><br>{plain(style_a.label)} {percent(row.value_a)}"
        f"<br>{plain(style_b.label)} {percent(row.value_b)}<br>{row.support:,.0f} test examples"
    )


def _cell_px(num_labels: int) -> int:
    return 44 if num_labels <= 6 else 34 if num_labels <= _MOST_CELL_TEXTS else 14


def _scale(color: str, theme: Theme) -> list[tuple[float, str]]:
    tones = TONES[theme]
    return [(0.0, mix(tones.background, tones.text, 0.04)), (1.0, color)]


def _confusion_hover(
    counts: npt.NDArray[np.float64], shares: npt.NDArray[np.float64], labels: Sequence[str]
) -> list[list[str]]:
    names = [plain(label) for label in labels]
    return [
        [
            f"<b>{true}</b> answered as <b>{predicted}</b><br>"
            f"{percent(shares[i, j])} of the class, {counts[i, j]:,.4g} examples"
            for j, predicted in enumerate(names)
        ]
        for i, true in enumerate(names)
    ]


def _agreement_colors(
    shares: npt.NDArray[np.float64], style_a: ArmStyle, style_b: ArmStyle, theme: Theme
) -> list[str]:
    """Colours of both, only a, only b, neither: stronger with the share, hues only where the arms part."""
    tones = TONES[theme]
    hues = (tones.neutral, style_a.color, style_b.color, tones.muted)
    strengths = (0.45, 0.9, 0.9, 0.12)
    parting = np.sqrt(shares.ravel() / max(shares[0, 1], shares[1, 0], 0.25))
    scaled = [strengths[0], strengths[1] * parting[1], strengths[2] * parting[2], strengths[3]]
    return [mix(tones.background, hue, max(0.1, share)) for hue, share in zip(hues, scaled, strict=True)]


def _per_class_alt(rows: pd.DataFrame, style_a: ArmStyle, style_b: ArmStyle, name: str) -> str:
    best, worst = rows.iloc[0], rows.iloc[-1]
    return (
        f"Difference in {name} by class, {one_line(style_a.label)} minus {one_line(style_b.label)}: from "
        f"{points(worst['difference'])} points for {one_line(worst['label'])} to "
        f"{points(best['difference'])} for {one_line(best['label'])}."
    )


def _confusion_alt(
    shares: npt.NDArray[np.float64], counts: npt.NDArray[np.float64], labels: Sequence[str], style: ArmStyle
) -> str:
    right = percent(np.trace(counts) / counts.sum())
    wrong = np.where(np.eye(len(labels), dtype=bool), 0.0, np.nan_to_num(shares))
    true, predicted = np.unravel_index(int(wrong.argmax()), wrong.shape)
    text = f"Confusion matrix of {one_line(style.label)}: {right} on the diagonal"
    if not wrong.max():
        return f"{text}."
    share = percent(wrong[true, predicted])
    return f"{text}; most often, {share} of {one_line(labels[true])} is answered as {one_line(labels[predicted])}."


def _agreement_alt(shares: npt.NDArray[np.float64], words: list[list[str]]) -> str:
    parts = [f"{words[i][j]} {percent(shares[i, j], 0)}" for i in (0, 1) for j in (0, 1)]
    return f"Shares of the test examples that are answered rightly by {', '.join(parts)}."
