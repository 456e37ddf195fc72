"""The knowledge ladder: how good each arm is over how much of the pretrained weights it kept."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from tl_core.arms import Start
from tl_core.charts.colors import ArmStyle, Theme
from tl_core.charts.lines import (
    BOTTOM_PX,
    FLOOR_LABEL,
    NAME_LIMIT,
    TOP_PX,
    add_floor_line,
    add_label,
    label_places,
    label_width_px,
    value_range,
)
from tl_core.charts.template import MARGIN_PX, TONES, add_note, empty_figure, new_figure
from tl_core.charts.text import one_line, percent, plain
from tl_core.evaluation.wording import METRIC_WORDS
from tl_core.schema import Arm, Metric

_HEIGHT_PX = 400
_ROOM = 0.06
_BESIDE = -0.025
"""Shuffled keeps nothing, like from scratch: it stands a little to its left."""
_STEPS_LABEL = "Top layers redrawn"
_FROM_THE_BOTTOM = (Start.RANDOM, Start.EMBEDDINGS, Start.LOWER_LAYERS, Start.PRETRAINED)
"""Each of them keeps all that the one before keeps, from the bottom up."""


def layer_ablation(
    seeds: pd.DataFrame,
    means: pd.DataFrame,
    styles: Mapping[str, ArmStyle],
    *,
    metric: Metric = Metric.ACCURACY,
    floor: float | None = None,
    theme: Theme = "light",
) -> go.Figure:
    """Show each arm's value on test over the share of weights it kept: dots, mean and interval.

    A line leads through the arms that keep more and more from the bottom; numbers at its steps say how many
    top layers were drawn anew.

    Parameters
    ----------
    seeds
        One row per run: ``arm`` (name), ``kept`` (share, 0 to 1), ``seed`` (index), ``value`` (fraction).
    means
        One row per arm: ``arm``, ``kept``, ``mean``, ``low``, ``high`` (fractions).
    styles
        Style of every arm that occurs.
    metric
        What the values are.
    floor
        Value of always answering the largest class (fraction), drawn as a dotted line.
    theme
        Light or dark.
    """
    if means.empty:
        return empty_figure("No model of the ladder has finished yet.", theme=theme)
    rows = means.sort_values("kept", kind="stable")
    said = [
        f"{one_line(styles[row.arm].label)} {percent(row.mean)} with {percent(row.kept, 0)} kept"
        for row in rows.itertuples()
    ]
    alt = f"Test {METRIC_WORDS[metric]} over the share of pretrained weights kept: {'; '.join(said)}."
    figure = new_figure(theme=theme, height=_HEIGHT_PX, alt=alt)
    path = rows.loc[[Arm.parse(name).kind.spec.start in _FROM_THE_BOTTOM for name in rows["arm"]]]
    if len(path) > 2:  # a line between the two ends alone would tell of steps that nobody has taken
        figure.add_scatter(
            x=path["kept"],
            y=path["mean"],
            mode="lines",
            line={"color": TONES[theme].line, "width": 2},
            hoverinfo="skip",
            name="path",
        )
    for row in rows.itertuples():
        _add_arm(figure, row, seeds.loc[seeds["arm"] == row.arm], styles[row.arm])
    figure.update_xaxes(
        range=[-_ROOM, 1 + _ROOM],
        tickformat=".0%",
        tickvals=[0, 0.5, 1],
        tickangle=0,
        showline=True,
        title_text="weights kept",
        automargin=False,  # else the labels lose their distances in pixels
    )
    values = np.concatenate([seeds["value"], *(rows[name] for name in ("mean", "low", "high"))])
    low, high = value_range(values, floor)
    figure.update_yaxes(range=[low, high], nticks=7, showgrid=True, tickformat=".0%")
    _add_labels(figure, rows, styles, (low, high), floor, theme)
    note = f"test {METRIC_WORDS[metric]}; dots are seeds, bars 95% intervals"
    add_note(figure, note, theme=theme, x=0, y=1, xref="paper", yref="paper", xanchor="left", yshift=18)
    return figure


def _add_arm(figure: go.Figure, row: Any, seeds: pd.DataFrame, style: ArmStyle) -> None:
    name = plain(style.label)
    aside = _BESIDE if Arm.parse(row.arm).kind.spec.start is Start.SHUFFLED else 0.0
    figure.add_scatter(
        x=seeds["kept"] + aside,
        y=seeds["value"],
        mode="markers",
        marker={"color": style.color, "size": 6, "opacity": 0.5},
        customdata=seeds["seed"],
        hovertemplate="seed %{customdata}: %{y:.1%}<extra>" + name + "</extra>",
        name="seeds",
    )
    has_interval = not (np.isnan(row.low) or np.isnan(row.high))
    bars = {"array": [row.high - row.mean], "arrayminus": [row.mean - row.low]} if has_interval else {}
    interval = f"<br>95% interval {percent(row.low)} to {percent(row.high)}" if has_interval else ""
    figure.add_scatter(
        x=[row.kept + aside],
        y=[row.mean],
        mode="markers",
        marker={"color": style.color, "size": 11, "symbol": "diamond"},
        error_y={"visible": has_interval, "color": style.color, "thickness": 2, "width": 5, **bars},
        cliponaxis=False,
        hovertemplate=(
            f"mean {percent(row.mean)}, {percent(row.kept, 0)} of the weights kept{interval}"
            f"<extra>{name}</extra>"
        ),
        name="mean",
    )
    count = Arm.parse(row.arm).num_layers
    if count is not None:
        figure.add_annotation(
            text=f"<b>{count}</b>",
            x=row.kept,
            y=row.low if has_interval else row.mean,
            yshift=-14,
            showarrow=False,
            font={"color": style.ink, "size": 12},
        )


def _add_labels(
    figure: go.Figure,
    rows: pd.DataFrame,
    styles: Mapping[str, ArmStyle],
    y_range: tuple[float, float],
    floor: float | None,
    theme: Theme,
) -> None:
    """Name every arm and the floor beside the right end, each at its height; the steps share one name."""
    is_step = np.array([Arm.parse(arm).num_layers is not None for arm in rows["arm"]])
    names = []
    labels = []
    for row in rows.loc[~is_step].itertuples():
        style = styles[row.arm]
        names.append(style.label)
        labels.append((f"<b>{100 * row.mean:.1f}</b> {plain(style.label, NAME_LIMIT)}", row.mean, style.ink))
    names.append(_STEPS_LABEL)
    steps = rows.loc[is_step]
    if len(steps):
        ink = styles[steps["arm"].iloc[0]].ink
        labels.append((f"<b>1, 2 …</b> {_STEPS_LABEL}", float(steps["mean"].mean()), ink))
    num_lines = [1] * len(labels)
    if floor is not None:
        add_floor_line(figure, floor, theme)
        labels.append((FLOOR_LABEL, floor, TONES[theme].muted))
        num_lines.append(2)
    places = label_places([height for _, height, _ in labels], num_lines, y_range, _HEIGHT_PX)
    for (text, _, ink), place in zip(labels, places, strict=True):
        add_label(figure, text, place, y_range, ink)
    right = max(map(label_width_px, names)) + 2 * MARGIN_PX
    figure.update_layout(margin={"l": MARGIN_PX, "r": right, "t": TOP_PX, "b": BOTTOM_PX})
