"""How long each arm trains until it is as good as a reference arm ever was."""

from collections.abc import Mapping
from statistics import median
from typing import Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from tl_core.charts.colors import ArmStyle, Theme
from tl_core.charts.learning_curves import note_beyond, straggler_limit
from tl_core.charts.rows import AXIS_PX, ROW_PX, name_rows, seed_places
from tl_core.charts.template import MARGIN_PX, TONES, empty_figure, new_figure
from tl_core.charts.text import one_line, plain, watt_hours

XAxis = Literal["train_s", "step", "energy_wh"]

_VALUE_PX = 84
_TITLES = {
    "train_s": "training seconds (evaluation left out)",
    "step": "optimizer steps",
    "energy_wh": "energy of training, Wh (evaluation left out)",
}
_UNITS = {"train_s": "training seconds", "step": "steps", "energy_wh": "energy"}
_SHORTEST_S = 0.1


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
        What `results.time_to_accuracy.time_rows` returns: one row per arm and seed with ``arm``, ``seed``,
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
        return empty_figure("No two models share a seed with evaluations.", theme=theme)
    by_arm = {str(arm): of_arm for arm, of_arm in rows.groupby("arm", sort=False)}
    medians = {arm: median_reached(of_arm, x) for arm, of_arm in by_arm.items()}
    order = sorted(by_arm, key=lambda arm: (medians[arm], -by_arm[arm]["is_reached"].mean()))
    # Like `learning_curves.far_end`, among the seeds of an arm that fared alike.
    limits = rows.groupby(["arm", "is_reached"])[x].transform(lambda spent: straggler_limit(list(spent)))
    far_end = float(rows.loc[rows[x] <= limits, x].max())
    end = max(far_end, *(middle for middle in medians.values() if np.isfinite(middle)), 0.0)
    said = []
    for arm in order:
        is_reached = by_arm[arm]["is_reached"]
        num_seeds = f"{int(is_reached.sum())} of {len(is_reached)} seeds"
        said.append(f"{one_line(styles[arm].label)} {_value(medians[arm], x)} ({num_seeds})")
    alt = f"Median {_UNITS[x]} until each model reaches the same value: {', '.join(said)}."
    figure = new_figure(theme=theme, height=ROW_PX * len(order) + AXIS_PX, alt=alt)
    for position, arm in enumerate(order):
        _add_seeds(figure, position, by_arm[arm], styles[arm], x, end)
        _add_median(figure, position, medians[arm], by_arm[arm]["is_reached"], styles[arm], x, theme)
    figure.update_xaxes(
        range=[0, 1.04 * end or 1.0], nticks=6, rangemode="tozero", showline=True, title_text=_TITLES[x]
    )
    name_rows(figure, [styles[arm].label for arm in order])
    figure.update_layout(margin={"r": MARGIN_PX + _VALUE_PX})
    beyond = rows.loc[rows[x] > end]
    places = [
        (styles[arm].label, f"seed {seed} at {_value(spent, x)}")
        for arm, seed, spent in zip(beyond["arm"], beyond["seed"], beyond[x], strict=True)
    ]
    note_beyond(figure, places, theme)
    return figure


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
        symbol = "circle" if is_reached else "x-thin"
        is_beyond = some[x] > end
        figure.add_scatter(
            x=some[x].clip(upper=end),
            y=seed_places(position, some[x].round(6)),
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
    num_missing = int((~is_reached).sum())
    missing = f'<br><span style="font-size:11px">{num_missing} of {len(is_reached)} not</span>'
    figure.add_annotation(
        text=f"<b>{_value(middle, x)}</b>{missing if num_missing else ''}",
        x=1,
        xref="paper",
        xanchor="right",
        xshift=_VALUE_PX,
        y=position,
        align="right",
        showarrow=False,
        font={"color": style.ink if np.isfinite(middle) else TONES[theme].muted, "size": 14},
    )


def _value(value: float, x: XAxis) -> str:
    if not np.isfinite(value):
        return "not reached"
    if x == "step":
        return f"{value:,.0f}"
    if x == "energy_wh":
        return watt_hours(value)
    return f"{value:,.1f} s" if value >= _SHORTEST_S else f"< {_SHORTEST_S} s"
