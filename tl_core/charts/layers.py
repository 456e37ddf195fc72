"""What training changed, part by part of a network: how far weights moved, how alike texts stayed."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from tl_core.charts.colors import ArmStyle, Theme
from tl_core.charts.lines import BOTTOM_PX, NAME_LIMIT, TOP_PX, add_label, label_places, label_width_px
from tl_core.charts.template import MARGIN_PX, add_note, empty_figure, new_figure
from tl_core.charts.text import name_lines, one_line, percent, plain

_HEIGHT_PX = 360
_LETTERS = {"embeddings": "E", "pooler": "P", "head": "H"}
_TICKS = [digit * 10.0**power for power in range(-5, 3) for digit in (1, 3)]


def weight_movement(
    table: pd.DataFrame, styles: Mapping[str, ArmStyle], *, theme: Theme = "light"
) -> go.Figure:
    """Show how far each part of the network moved, in units of its size at the start, logarithmic.

    Parameters
    ----------
    table
        One row per run and part, parts from the bottom: ``arm`` (name), ``seed`` (index), ``part``, ``moved``
        (ratio, above 0).
    styles
        Style of every arm that occurs; their order is the drawing order.
    theme
        Light or dark.
    """
    rows = table.loc[table["moved"] > 0].rename(columns={"moved": "value"})
    note = "moved, in % of the size at the start, logarithmic"
    figure = _by_part(rows, styles, note, "Distance moved", theme=theme, is_log=True)
    if len(rows):
        ends = np.log10([rows["value"].min(), rows["value"].max()])
        ticks = [tick for tick in _TICKS if ends[0] - 0.3 <= np.log10(tick) <= ends[1] + 0.3]
        figure.update_yaxes(tickvals=ticks, ticktext=[f"{100 * tick:g}%" for tick in ticks])
    return figure


def representation_similarity(
    table: pd.DataFrame, styles: Mapping[str, ArmStyle], *, theme: Theme = "light"
) -> go.Figure:
    """Show how alike each part of the network places the same texts before and after training.

    Parameters
    ----------
    table
        As for `weight_movement`, with ``similarity`` (linear CKA: 1 is alike but for rotation
        and scale; NaN is left out).
    styles, theme
        As for `weight_movement`.
    """
    rows = table.dropna(subset=["similarity"]).rename(columns={"similarity": "value"})
    note = "linear CKA before and after training; 1: alike but for rotation and scale"
    return _by_part(rows, styles, note, "Similarity before and after", theme=theme, is_log=False)


def _by_part(
    rows: pd.DataFrame, styles: Mapping[str, ArmStyle], note: str, subject: str, *, theme: Theme, is_log: bool
) -> go.Figure:
    if rows.empty:
        return empty_figure("No run has measured this yet.", theme=theme)
    parts = list(dict.fromkeys(rows["part"]))
    means = {
        arm: of_arm.groupby("part", sort=False)["value"].mean()
        for arm in styles
        if len(of_arm := rows.loc[rows["arm"] == arm])
    }
    said = [
        f"{one_line(styles[arm].label)} "
        + ", ".join(
            f"{one_line(part)} {percent(value) if is_log else f'{value:.2f}'}"
            for part, value in values.items()
        )
        for arm, values in means.items()
    ]
    alt = f"{subject}, by part of the network: {'; '.join(said)}."
    figure = new_figure(theme=theme, height=_HEIGHT_PX, alt=alt)
    for arm, values in means.items():
        _add_arm(figure, rows.loc[rows["arm"] == arm], values, styles[arm], parts, is_log=is_log)
    seen = np.log10(rows["value"]) if is_log else np.append(rows["value"], [0.0, 1.0])
    low, high = float(seen.min()), float(seen.max())
    room = 0.06 * (high - low) or 0.1
    y_range = (low - room, high + room)
    figure.update_xaxes(
        tickvals=list(range(len(parts))),
        ticktext=[_LETTERS.get(part) or plain(part.removeprefix("layer "), 8) for part in parts],
        tickangle=0,
        range=[-0.3, len(parts) - 0.7],
        showline=True,
        automargin=False,
    )
    figure.update_yaxes(type="log" if is_log else "linear", range=list(y_range), showgrid=True)
    _add_end_labels(figure, means, styles, y_range, is_log=is_log)
    place = {"x": 0, "xref": "paper", "yref": "paper", "xanchor": "left"}
    add_note(figure, note, theme=theme, y=1, yshift=18, **place)
    key = [f"{_LETTERS[part]} {part}" for part in parts if part in _LETTERS]
    add_note(figure, ", ".join(["numbers: layers", *key]), theme=theme, y=0, yshift=-38, **place)
    return figure


def _add_arm(
    figure: go.Figure,
    rows: pd.DataFrame,
    means: pd.Series,
    style: ArmStyle,
    parts: list[str],
    *,
    is_log: bool,
) -> None:
    name = plain(style.label)
    value = "%{y:.1%}" if is_log else "%{y:.3f}"
    places = {part: place for place, part in enumerate(parts)}
    figure.add_scatter(
        x=rows["part"].map(places),
        y=rows["value"],
        mode="markers",
        marker={"color": style.color, "size": 5, "opacity": 0.4},
        customdata=rows[["seed", "part"]],
        hovertemplate=f"%{{customdata[1]}}, seed %{{customdata[0]}}: {value}<extra>{name}</extra>",
        name="seeds",
    )
    figure.add_scatter(
        x=[places[part] for part in means.index],
        y=means,
        mode="lines+markers",
        line={"color": style.color, "width": 2.5, "dash": style.dash},
        marker={"color": style.color, "size": 7},
        customdata=list(means.index),
        hovertemplate=f"%{{customdata}}, mean {value}<extra>{name}</extra>",
        name="mean",
    )


def _add_end_labels(
    figure: go.Figure,
    means: Mapping[str, pd.Series],
    styles: Mapping[str, ArmStyle],
    y_range: tuple[float, float],
    *,
    is_log: bool,
) -> None:
    """Name each arm beside the right end, at the height of its last value."""
    ends = [float(values.iloc[-1]) for values in means.values()]
    heights = [float(np.log10(end)) if is_log else end for end in ends]
    num_lines = [len(name_lines(styles[arm].label)) for arm in means]
    places = label_places(heights, num_lines, y_range, _HEIGHT_PX, above_px=0)
    for arm, end, place in zip(means, ends, places, strict=True):
        kind, *base_model = name_lines(styles[arm].label, NAME_LIMIT)
        value = f"{100 * end:.3g}%" if is_log else f"{end:.2f}"
        text = "<br>".join([f"<b>{value}</b> {kind}", *base_model])
        add_label(figure, text, place, y_range, styles[arm].ink)
    right = max(label_width_px(styles[arm].label) for arm in means) + 3 * MARGIN_PX
    figure.update_layout(margin={"l": MARGIN_PX, "r": right, "t": TOP_PX, "b": BOTTOM_PX})
