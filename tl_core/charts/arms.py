"""How good every arm is, and how far two arms lie apart."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from tl_core.charts.colors import ArmStyle, Theme, faded
from tl_core.charts.template import MARGIN_PX, TONES, add_note, empty_figure, new_figure
from tl_core.charts.text import name_lines, one_line, percent, plain, points
from tl_core.schema import Metric

METRIC_LABELS = {Metric.ACCURACY: "accuracy", Metric.MACRO_F1: "macro-F1"}

_ROW_PX = 46
_AXIS_PX = 52
_VALUE_PX = 78
_PAIR_ROW_PX = 54
_INTERVAL_PX = 96
_TIE_OFFSETS = (0.0, 0.13, -0.13, 0.26, -0.26)


def arms_overview(
    table: pd.DataFrame,
    summary: pd.DataFrame,
    styles: Mapping[str, ArmStyle],
    *,
    metric: Metric = Metric.ACCURACY,
    floor: float | None = None,
    theme: Theme = "light",
) -> go.Figure:
    """Show every arm's value on the test split: seeds as dots, the mean as a tick, its interval as a band.

    Parameters
    ----------
    table
        One row per run: ``arm`` (name), ``seed`` (index), ``value`` (fraction).
    summary
        One row per arm: ``arm``, ``mean``, ``low``, ``high`` (fractions; NaN bounds draw no band). The
        best arm is drawn at the top.
    styles
        Style of every arm that occurs.
    metric
        What the values are.
    floor
        Value of always answering the largest class (fraction), drawn as a dotted line.
    theme
        Light or dark.
    """
    if summary.empty:
        return empty_figure("No arm has finished yet.", theme=theme)
    rows = summary.sort_values("mean", ascending=False, kind="stable").reset_index(drop=True)
    figure = new_figure(
        theme=theme,
        height=_ROW_PX * len(rows) + _AXIS_PX + 20,
        alt=_overview_alt(rows, styles, metric),
    )
    for row in rows.itertuples():
        style = styles[row.arm]
        values = table.loc[table["arm"] == row.arm].sort_values("seed")
        _add_band(figure, row, style)
        _add_seeds(figure, row.Index, values, style)
        _add_mean(figure, row, style, theme)
    _add_rows_axis(figure, ["<br>".join(name_lines(styles[arm].label)) for arm in rows["arm"]])
    low, high = _value_range(
        np.concatenate([table["value"], *(rows[c] for c in ("mean", "low", "high"))]), floor
    )
    figure.update_xaxes(
        range=[low, high],
        tickformat=".0%",
        nticks=6,
        showline=True,
        title_text=f"test {METRIC_LABELS[metric]}; dots are seeds, bands 95 % intervals",
    )
    figure.update_layout(margin={"r": MARGIN_PX + _VALUE_PX, "t": 20})
    if floor is not None:
        _add_floor(figure, floor, is_left=floor < (low + high) / 2, theme=theme)
    return figure


def difference_interval(verdicts: pd.DataFrame, *, theme: Theme = "light") -> go.Figure:
    """Show the difference of each pair of arms with its 95 % interval around zero.

    Parameters
    ----------
    verdicts
        One row per pair, drawn from the top: ``pair`` (label), ``difference``, ``low``, ``high``
        (fractions). A pair whose interval holds zero is drawn hollow and grey.
    theme
        Light or dark.
    """
    if verdicts.empty:
        return empty_figure("No two arms can be compared yet.", theme=theme)
    rows = verdicts.reset_index(drop=True)
    figure = new_figure(
        theme=theme, height=_PAIR_ROW_PX * len(rows) + _AXIS_PX + MARGIN_PX, alt=_interval_alt(rows)
    )
    figure.add_vline(x=0, line={"color": TONES[theme].muted, "width": 1})
    for row in rows.itertuples():
        _add_interval(figure, row, theme)
    bound = max(1.0, 108 * float(np.nanmax(np.abs(rows[["difference", "low", "high"]].to_numpy()))))
    figure.update_xaxes(
        range=[-bound, bound],
        nticks=7,
        showline=True,
        title_text="points, with 95 % interval",
    )
    figure.update_yaxes(range=[len(rows) - 0.5, -0.75], visible=False)
    figure.update_layout(margin={"r": MARGIN_PX + _INTERVAL_PX})
    return figure


def _add_band(figure: go.Figure, row: Any, style: ArmStyle) -> None:
    if np.isnan(row.low) or np.isnan(row.high):
        return
    figure.add_scatter(
        x=[row.low, row.high],
        y=[row.Index, row.Index],
        mode="lines",
        line={"color": faded(style.color, 0.3), "width": 12},
        hoverinfo="skip",
        name="interval",
    )


def _add_seeds(figure: go.Figure, position: int, values: pd.DataFrame, style: ArmStyle) -> None:
    ties = values.groupby(values["value"].round(4)).cumcount()
    figure.add_scatter(
        x=values["value"],
        y=[position + _TIE_OFFSETS[tie % len(_TIE_OFFSETS)] for tie in ties],
        mode="markers",
        marker={"color": style.color, "size": 7, "opacity": 0.75},
        cliponaxis=False,
        customdata=values["seed"],
        hovertemplate="seed %{customdata}: %{x:.1%}<extra>" + plain(style.label) + "</extra>",
        name="seeds",
    )


def _add_mean(figure: go.Figure, row: Any, style: ArmStyle, theme: Theme) -> None:
    interval = "" if np.isnan(row.low) else f"<br>95 % interval {percent(row.low)} to {percent(row.high)}"
    figure.add_scatter(
        x=[row.mean],
        y=[row.Index],
        mode="markers",
        marker={"symbol": "line-ns", "size": 20, "line": {"color": style.color, "width": 3}},
        hovertemplate=f"mean {percent(row.mean)}{interval}<extra>{plain(style.label)}</extra>",
        name="mean",
    )
    figure.add_annotation(
        text=f"<b>{100 * row.mean:.1f}</b>{_small_interval(row)}",
        x=1,
        xref="paper",
        xanchor="right",
        xshift=_VALUE_PX,
        y=row.Index,
        align="right",
        showarrow=False,
        font={"color": style.ink, "size": 16},
    )


def _small_interval(row: Any) -> str:
    if np.isnan(row.low) or np.isnan(row.high):
        return ""
    return f'<br><span style="font-size:11px">{100 * row.low:.1f} to {100 * row.high:.1f}</span>'


def _add_rows_axis(figure: go.Figure, labels: list[str]) -> None:
    """Put `labels`, already escaped, at 0, 1, ... from the top; positions, not names, keep twins apart."""
    figure.update_yaxes(
        range=[len(labels) - 0.5, -0.5],
        tickmode="array",
        tickvals=list(range(len(labels))),
        ticktext=labels,
        tickfont_size=13,
        ticklabelstandoff=8,
    )


def _value_range(values: np.ndarray, floor: float | None) -> tuple[float, float]:
    """Range of an axis over finite `values` and the floor, with a little room, inside [0, 1] and a hair."""
    seen = np.append(values, [] if floor is None else [floor]).astype(float)
    low, high = np.nanmin(seen), np.nanmax(seen)
    room = max(0.06 * (high - low), 0.02)
    return max(low - room, -0.01), min(high + room, 1.01)


def _add_floor(figure: go.Figure, floor: float, *, is_left: bool, theme: Theme) -> None:
    line = {"color": TONES[theme].muted, "width": 1.5, "dash": "dot"}
    figure.add_vline(x=floor, line=line, layer="below")
    add_note(
        figure,
        "always the largest class",
        theme=theme,
        x=floor,
        y=1,
        yref="paper",
        yanchor="bottom",
        xanchor="left" if is_left else "right",
    )


def _add_interval(figure: go.Figure, row: Any, theme: Theme) -> None:
    tones = TONES[theme]
    holds_zero = row.low <= 0 <= row.high
    color = tones.muted if holds_zero else tones.text
    marker = {
        "size": 11,
        "color": tones.background if holds_zero else color,
        "line": {"color": color, "width": 2},
    }
    interval = f"{points(row.low)} to {points(row.high)}"
    figure.add_scatter(
        x=[100 * row.low, 100 * row.high],
        y=[row.Index, row.Index],
        mode="lines",
        line={"color": color, "width": 3},
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=[100 * row.difference],
        y=[row.Index],
        mode="markers",
        marker=marker,
        hovertemplate=f"{points(row.difference)} points ({interval})<extra>{plain(row.pair, 80)}</extra>",
    )
    figure.add_annotation(
        text=_pair_name(row.pair),
        x=0,
        xref="paper",
        xanchor="left",
        y=row.Index,
        yshift=19,
        showarrow=False,
        bgcolor=tones.background,  # covers the zero line
        font={"color": color},
    )
    figure.add_annotation(
        text=f'<b>{points(row.difference)}</b><br><span style="font-size:11px">{interval}</span>',
        x=1,
        xref="paper",
        xanchor="right",
        xshift=_INTERVAL_PX,
        y=row.Index,
        yshift=8,
        align="right",
        showarrow=False,
        font={"color": color, "size": 16},
    )


def _pair_name(pair: str) -> str:
    """Cut each arm of a pair by itself, so that a long first name leaves the second one there."""
    a, minus, b = pair.partition(" − ")
    return plain(pair, 44) if len(pair) <= 44 else f"{plain(a, 21)}{minus}{plain(b, 21)}"


def _overview_alt(rows: pd.DataFrame, styles: Mapping[str, ArmStyle], metric: Metric) -> str:
    parts = [f"{one_line(styles[row.arm].label)} {percent(row.mean)}" for row in rows.itertuples()]
    return f"Test {METRIC_LABELS[metric]} of each arm, mean over seeds: {', '.join(parts)}."


def _interval_alt(rows: pd.DataFrame) -> str:
    parts = [
        f"{one_line(row.pair)} {points(row.difference)} ({points(row.low)} to {points(row.high)})"
        for row in rows.itertuples()
    ]
    return f"Differences in points with 95 % intervals: {'; '.join(parts)}."
