"""How good every arm is, and how far two arms lie apart."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from tl_core.charts.colors import ArmStyle, Theme, faded
from tl_core.charts.lines import value_range
from tl_core.charts.rows import AXIS_PX, ROW_PX, name_rows, seed_places
from tl_core.charts.template import MARGIN_PX, TONES, add_note, empty_figure, new_figure
from tl_core.charts.text import one_line, percent, plain, points
from tl_core.evaluation.wording import METRIC_WORDS
from tl_core.schema import Metric

_VALUE_PX = 78
_PAIR_ROW_PX = 54
_INTERVAL_PX = 96


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
        return empty_figure("No model has finished yet.", theme=theme)
    rows = summary.sort_values("mean", ascending=False, kind="stable").reset_index(drop=True)
    said = [f"{one_line(styles[row.arm].label)} {percent(row.mean)}" for row in rows.itertuples()]
    alt = f"Test {METRIC_WORDS[metric]} of each model, mean over seeds: {', '.join(said)}."
    figure = new_figure(theme=theme, height=ROW_PX * len(rows) + AXIS_PX + 20, alt=alt)
    for row in rows.itertuples():
        seeds = table.loc[table["arm"] == row.arm].sort_values("seed")
        _add_arm(figure, row, seeds, styles[row.arm])
    name_rows(figure, [styles[arm].label for arm in rows["arm"]])
    values = np.concatenate([table["value"], *(rows[name] for name in ("mean", "low", "high"))])
    low, high = value_range(values, floor)
    figure.update_xaxes(
        range=[low, high],
        tickformat=".0%",
        nticks=6,
        showline=True,
        title_text=f"test {METRIC_WORDS[metric]}; dots are seeds, bands 95% intervals",
    )
    figure.update_layout(margin={"r": MARGIN_PX + _VALUE_PX, "t": 20})
    if floor is not None:
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
            xanchor="left" if floor < (low + high) / 2 else "right",
        )
    return figure


def difference_interval(verdicts: pd.DataFrame, *, theme: Theme = "light") -> go.Figure:
    """Show the difference of each pair of arms with its 95% interval around zero.

    Parameters
    ----------
    verdicts
        One row per pair, drawn from the top: ``pair`` (label), ``difference``, ``low``, ``high``
        (fractions). A pair whose interval holds zero is drawn hollow and grey.
    theme
        Light or dark.
    """
    if verdicts.empty:
        return empty_figure("No two models can be compared yet.", theme=theme)
    rows = verdicts.reset_index(drop=True)
    said = [
        f"{one_line(row.pair)} {points(row.difference)} ({points(row.low)} to {points(row.high)})"
        for row in rows.itertuples()
    ]
    alt = f"Differences in points with 95% intervals: {'; '.join(said)}."
    figure = new_figure(theme=theme, height=_PAIR_ROW_PX * len(rows) + AXIS_PX + MARGIN_PX, alt=alt)
    figure.add_vline(x=0, line={"color": TONES[theme].muted, "width": 1})
    for row in rows.itertuples():
        _add_interval(figure, row, theme)
    bound = max(1.0, 108 * float(np.nanmax(np.abs(rows[["difference", "low", "high"]].to_numpy()))))
    figure.update_xaxes(
        range=[-bound, bound],
        nticks=7,
        showline=True,
        title_text="points, with 95% interval",
    )
    figure.update_yaxes(range=[len(rows) - 0.5, -0.75], visible=False)
    figure.update_layout(margin={"r": MARGIN_PX + _INTERVAL_PX})
    return figure


def _add_arm(figure: go.Figure, row: Any, seeds: pd.DataFrame, style: ArmStyle) -> None:
    """Draw an arm's interval as a band, its seeds and its mean; a column at the right has them in numbers."""
    has_interval = not (np.isnan(row.low) or np.isnan(row.high))
    if has_interval:
        figure.add_scatter(
            x=[row.low, row.high],
            y=[row.Index, row.Index],
            mode="lines",
            line={"color": faded(style.color, 0.3), "width": 12},
            hoverinfo="skip",
            name="interval",
        )
    figure.add_scatter(
        x=seeds["value"],
        y=seed_places(row.Index, seeds["value"].round(4)),
        mode="markers",
        marker={"color": style.color, "size": 7, "opacity": 0.75},
        cliponaxis=False,
        customdata=seeds["seed"],
        hovertemplate="seed %{customdata}: %{x:.1%}<extra>" + plain(style.label) + "</extra>",
        name="seeds",
    )
    interval = "" if np.isnan(row.low) else f"<br>95% interval {percent(row.low)} to {percent(row.high)}"
    figure.add_scatter(
        x=[row.mean],
        y=[row.Index],
        mode="markers",
        marker={"symbol": "line-ns", "size": 20, "line": {"color": style.color, "width": 3}},
        hovertemplate=f"mean {percent(row.mean)}{interval}<extra>{plain(style.label)}</extra>",
        name="mean",
    )
    ends = f'<br><span style="font-size:11px">{100 * row.low:.1f} to {100 * row.high:.1f}</span>'
    figure.add_annotation(
        text=f"<b>{100 * row.mean:.1f}</b>{ends if has_interval else ''}",
        x=1,
        xref="paper",
        xanchor="right",
        xshift=_VALUE_PX,
        y=row.Index,
        align="right",
        showarrow=False,
        font={"color": style.ink, "size": 16},
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
    # Each arm of a pair is cut by itself, so that a long first name leaves the second one there.
    a, minus, b = row.pair.partition(" − ")
    name = plain(row.pair, 44) if len(row.pair) <= 44 else f"{plain(a, 21)}{minus}{plain(b, 21)}"
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
        text=name,
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
