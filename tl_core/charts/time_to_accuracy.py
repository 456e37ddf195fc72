"""How long each arm trains until it is as good as a reference arm ever was."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any, Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from tl_core.charts.colors import ArmStyle, Theme
from tl_core.charts.ends import straggler_limit
from tl_core.charts.learning_curves import beyond_lines
from tl_core.charts.template import MARGIN_PX, TONES, add_note, empty_figure, new_figure
from tl_core.charts.text import name_lines, one_line, plain, watt_hours

XAxis = Literal["train_s", "step", "energy_wh"]

_ROW_PX = 46
_AXIS_PX = 52
_VALUE_PX = 84
_NOTE_PX = 17
_TITLES = {
    "train_s": "training seconds (evaluation left out)",
    "step": "optimizer steps",
    "energy_wh": "energy of training, Wh (evaluation left out)",
}
_UNITS = {"train_s": "training seconds", "step": "steps", "energy_wh": "energy"}
_SHORTEST_S = 0.1
_TIE_OFFSETS = (0.0, 0.13, -0.13, 0.26, -0.26)


def time_to_reach(
    rows: pd.DataFrame,
    styles: Mapping[str, ArmStyle],
    *,
    x: XAxis = "train_s",
    theme: Theme = "light",
) -> go.Figure:
    """Show each arm's way to the same value: a dot a seed that got there, a cross where one gave up.

    A seed that took much longer than its arm's others does not set the scale: it is drawn at the edge, and a
    note says where it belongs.

    Parameters
    ----------
    rows
        What `results.reaching.reaching_rows` returns: one row per arm and seed with ``arm``, ``seed``,
        ``is_reached``, and the column named by `x`, at which the seed got there or else ended. The arm with
        the shortest median is drawn at the top.
    styles
        Style of every arm that occurs.
    x
        The column to draw.
    theme
        Light or dark.
    """
    if rows.empty:
        return empty_figure("No two arms share a seed with evaluations.", theme=theme)
    by_arm = {str(arm): of_arm for arm, of_arm in rows.groupby("arm", sort=False)}
    medians = {arm: median_reached(of_arm, x) for arm, of_arm in by_arm.items()}
    order = sorted(by_arm, key=lambda arm: (medians[arm], -by_arm[arm]["is_reached"].mean()))
    end = max(_far_end(rows, x), *(middle for middle in medians.values() if np.isfinite(middle)), 0.0)
    figure = new_figure(
        theme=theme, height=_ROW_PX * len(order) + _AXIS_PX, alt=_alt(order, by_arm, medians, styles, x)
    )
    for position, arm in enumerate(order):
        _add_seeds(figure, position, by_arm[arm], styles[arm], x, end)
        _add_median(figure, position, medians[arm], by_arm[arm]["is_reached"], styles[arm], x, theme)
    _set_axes(figure, [styles[arm].label for arm in order], end, x)
    _add_beyond(figure, rows.loc[rows[x] > end], styles, x, theme)
    return figure


def _far_end(rows: pd.DataFrame, x: XAxis) -> float:
    """Find the longest time of a seed that is no straggler among those of its arm that fared alike."""
    alike = rows.groupby(["arm", "is_reached"])[x]
    limits = alike.transform(lambda spent: straggler_limit(list(spent)))
    return float(rows.loc[rows[x] <= limits, x].max())


def _add_beyond(
    figure: go.Figure, rows: pd.DataFrame, styles: Mapping[str, ArmStyle], x: XAxis, theme: Theme
) -> None:
    """Note below the axis where seeds belong that are drawn at its end."""
    lines = beyond_lines(
        [
            (styles[arm].label, f"seed {seed} at {_value(spent, x)}")
            for arm, seed, spent in zip(rows["arm"], rows["seed"], rows[x], strict=True)
        ]
    )
    if not lines:
        return
    place = {"x": 0, "y": 0, "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "top"}
    add_note(figure, "<br>".join(lines), theme=theme, **place, yshift=8 - _AXIS_PX, align="left")
    room = _NOTE_PX * len(lines)
    figure.update_layout(height=figure.layout.height + room, margin_b=_AXIS_PX + room)


def median_reached(rows: pd.DataFrame, x: XAxis) -> float:
    """Median over one arm's seeds; one that never got there counts as longer than any, infinity."""
    return float(median(rows[x].where(rows["is_reached"], np.inf).astype(float)))


def _add_seeds(
    figure: go.Figure, position: int, rows: pd.DataFrame, style: ArmStyle, x: XAxis, end: float
) -> None:
    for is_reached, words in ((True, "got there"), (False, "had not got there when it ended")):
        some = rows.loc[rows["is_reached"] == is_reached]
        if some.empty:
            continue
        ties = some.groupby(some[x].round(6)).cumcount()
        symbol = "circle" if is_reached else "x-thin"
        is_beyond = some[x] > end
        figure.add_scatter(
            x=some[x].clip(upper=end),
            y=[position + _TIE_OFFSETS[tie % len(_TIE_OFFSETS)] for tie in ties],
            mode="markers",
            marker={"color": style.color, "size": 8, "opacity": 0.8}
            | {
                "symbol": np.where(is_beyond, "triangle-right", symbol).tolist()
                if is_beyond.any()
                else symbol
            }
            | ({} if is_reached else {"line": {"color": style.color, "width": 2}}),
            customdata=list(zip(some["seed"], [_value(spent, x) for spent in some[x]], strict=True)),
            hovertemplate=f"seed %{{customdata[0]}} {words}: %{{customdata[1]}}"
            f"<extra>{plain(style.label)}</extra>",
            cliponaxis=False,
            name="reached" if is_reached else "not reached",
        )


def _add_median(
    figure: go.Figure,
    position: int,
    middle: float,
    is_reached: pd.Series,
    style: ArmStyle,
    x: XAxis,
    theme: Theme,
) -> None:
    """Mark the median, and write it into a column at the right with the seeds that did not get there."""
    if np.isfinite(middle):
        marker = {"symbol": "line-ns", "size": 22, "line": {"color": style.color, "width": 3}}
        figure.add_scatter(
            x=[middle],
            y=[position],
            mode="markers",
            marker=marker,
            hovertemplate=f"median {_value(middle, x)}<extra>{plain(style.label)}</extra>",
            cliponaxis=False,
            name="median",
        )
    lines = [f"<b>{_value(middle, x)}</b>", _missing(is_reached)]
    figure.add_annotation(
        text="<br>".join(line for line in lines if line),
        x=1,
        xref="paper",
        xanchor="right",
        xshift=_VALUE_PX,
        y=position,
        align="right",
        showarrow=False,
        font={"color": style.ink if np.isfinite(middle) else TONES[theme].muted, "size": 14},
    )


def _missing(is_reached: pd.Series) -> str:
    num_missing = int((~is_reached).sum())
    return (
        f'<span style="font-size:11px">{num_missing} of {len(is_reached)} not</span>' if num_missing else ""
    )


def _value(value: float, x: XAxis) -> str:
    if not np.isfinite(value):
        return "not reached"
    if x == "step":
        return f"{value:,.0f}"
    if x == "energy_wh":
        return watt_hours(value)
    return f"{value:,.1f} s" if value >= _SHORTEST_S else f"< {_SHORTEST_S} s"


def _set_axes(figure: go.Figure, labels: Sequence[str], end: float, x: XAxis) -> None:
    figure.update_xaxes(
        range=[0, 1.04 * end or 1.0], nticks=6, rangemode="tozero", showline=True, title_text=_TITLES[x]
    )
    figure.update_yaxes(
        range=[len(labels) - 0.5, -0.5],
        tickmode="array",
        tickvals=list(range(len(labels))),
        ticktext=["<br>".join(name_lines(label)) for label in labels],
        tickfont_size=13,
        ticklabelstandoff=8,
    )
    figure.update_layout(margin={"r": MARGIN_PX + _VALUE_PX})


def _alt(
    order: Sequence[str],
    by_arm: Mapping[str, pd.DataFrame],
    medians: Mapping[str, float],
    styles: Mapping[str, ArmStyle],
    x: XAxis,
) -> str:
    def words(arm: str) -> str:
        is_reached: Any = by_arm[arm]["is_reached"]
        return (
            f"{one_line(styles[arm].label)} {_value(medians[arm], x)} "
            f"({int(is_reached.sum())} of {len(is_reached)} seeds)"
        )

    return f"Median {_UNITS[x]} until each arm reaches the same value: {', '.join(map(words, order))}."
