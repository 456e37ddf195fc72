"""What labels are worth: how good each arm is with few and with many train examples."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from tl_core.charts.colors import ArmStyle, Theme, faded
from tl_core.charts.label_distance import add_distance, distance_alt
from tl_core.charts.lines import HEIGHT_PX, add_end_labels, add_floor, value_range
from tl_core.charts.template import add_note, empty_figure, new_figure
from tl_core.charts.text import one_line, percent, plain
from tl_core.evaluation.data_efficiency import DataEfficiency
from tl_core.evaluation.wording import METRIC_WORDS
from tl_core.schema import Metric

_ROOM = 0.04
_TICK_DISTANCE = 0.11
"""Share of the axis that two tick labels must lie apart at least."""


def data_efficiency(
    table: pd.DataFrame,
    summary: pd.DataFrame,
    styles: Mapping[str, ArmStyle],
    *,
    metric: Metric = Metric.ACCURACY,
    floor: float | None = None,
    worth: DataEfficiency | None = None,
    theme: Theme = "light",
) -> go.Figure:
    """Show each arm's value on test over its train examples: seeds as dots, the mean as a line in its band.

    Parameters
    ----------
    table
        One row per run: ``arm`` (name), ``train_size`` (examples), ``seed`` (index), ``value`` (fraction).
    summary
        One row per arm and size: ``arm``, ``train_size``, ``mean``, ``low``, ``high`` (fractions).
    styles
        Style of every arm that occurs; their order is the drawing order.
    metric
        What the values are.
    floor
        Value of always answering the largest class (fraction), drawn as a dotted line.
    worth
        The distance between two of the curves, drawn as an arrow.
    theme
        Light or dark.
    """
    if summary.empty:
        return empty_figure("No model has finished yet.", theme=theme)
    means = {
        arm: of_arm.sort_values("train_size")
        for arm in styles
        if len(of_arm := summary.loc[summary["arm"] == arm])
    }
    said = [
        f"{one_line(styles[arm].label)} "
        + ", ".join(f"{percent(row.mean)} with {row.train_size:,}" for row in rows.itertuples())
        for arm, rows in means.items()
    ]
    alt = f"Test {METRIC_WORDS[metric]} over the number of training examples: {'; '.join(said)}."
    distance = f" {distance_alt(worth)}" if worth else ""
    figure = new_figure(theme=theme, height=HEIGHT_PX, alt=alt + distance)
    for arm, rows in means.items():
        _add_arm(figure, rows, table.loc[table["arm"] == arm], styles[arm])
    sizes = sorted(set(summary["train_size"]))
    first, last = np.log10(sizes[0]), np.log10(sizes[-1])
    room = _ROOM * (last - first) or 0.3
    ticks = _ticks(sizes, _TICK_DISTANCE * (last - first))
    figure.update_xaxes(
        type="log",
        range=[first - room, last + room],
        tickmode="array",
        tickvals=ticks,
        ticktext=[f"{size:,}" for size in ticks],
        showline=True,
        title_text="training examples, logarithmic",
        automargin=False,  # else the end labels lose their distances in pixels
    )
    values = np.concatenate([table["value"], *(summary[name] for name in ("mean", "low", "high"))])
    low, high = value_range(values, floor)
    figure.update_yaxes(range=[low, high], nticks=7, showgrid=True, tickformat=".0%")
    ends = {arm: float(rows["mean"].iloc[-1]) for arm, rows in means.items()}
    add_end_labels(figure, ends, styles, (low, high))
    if worth is not None:
        add_distance(figure, worth, styles[worth.a], theme)
    note = f"test {METRIC_WORDS[metric]}; dots are seeds, bands 95% intervals"
    add_note(figure, note, theme=theme, x=0, y=1, xref="paper", yref="paper", xanchor="left", yshift=18)
    if floor is not None:
        add_floor(figure, floor, theme)
    return figure


def _add_arm(figure: go.Figure, rows: pd.DataFrame, seeds: pd.DataFrame, style: ArmStyle) -> None:
    name = plain(style.label)
    figure.add_scatter(
        x=[*rows["train_size"], *rows["train_size"][::-1]],
        y=[*rows["low"], *rows["high"][::-1]],
        mode="lines",
        fill="toself",
        fillcolor=faded(style.color, 0.18),
        line={"color": faded(style.color, 0.35), "width": 1 if len(rows) > 1 else 6},
        hoverinfo="skip",
        name="interval",
    )
    figure.add_scatter(
        x=seeds["train_size"],
        y=seeds["value"],
        mode="markers",
        marker={"color": style.color, "size": 6, "opacity": 0.55},
        customdata=seeds["seed"],
        hovertemplate="seed %{customdata}: %{y:.1%} with %{x:,} training examples<extra>" + name + "</extra>",
        name="seeds",
    )
    figure.add_scatter(
        x=rows["train_size"],
        y=rows["mean"],
        mode="lines+markers",
        line={"color": style.color, "width": 3, "dash": style.dash},
        marker={"color": style.color, "size": 8},
        hovertemplate="mean %{y:.1%} with %{x:,} training examples<extra>" + name + "</extra>",
        name="mean",
    )


def _ticks(sizes: Sequence[int], distance: float) -> list[int]:
    """Keep the largest size, and every smaller one that has room, in decades, to the one kept before."""
    kept = [sizes[-1]]
    for size in reversed(sizes[:-1]):
        if np.log10(kept[-1] / size) >= distance:
            kept.append(size)
    return kept[::-1]
