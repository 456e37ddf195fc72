"""The race: how a metric or a loss moves while the arms train."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from tl_core.charts.colors import ArmStyle, Theme, faded
from tl_core.charts.lines import NAME_LIMIT, add_floor, label_width_px, value_range
from tl_core.charts.spread import spread
from tl_core.charts.template import MARGIN_PX, TONES, add_note, empty_figure, new_figure
from tl_core.charts.text import name_lines, one_line, plain
from tl_core.schema import SplitName

Floats = npt.NDArray[np.float64]
XAxis = Literal["train_s", "step", "examples_seen", "energy_wh"]
YAxis = Literal["accuracy", "macro_f1", "loss"]

MAX_POINTS = 500

_HEIGHT_PX = 340
_TOP_PX = 30
_BOTTOM_PX = 52
_LINE_PX = 17
_X_TITLES = {
    "train_s": "training seconds (evaluation left out)",
    "step": "optimizer steps",
    "examples_seen": "training examples seen",
    "energy_wh": "energy of training, Wh (evaluation left out)",
}
_PLACES = {
    "train_s": "%{x:.1f} s",
    "step": "step %{x:,d}",
    "examples_seen": "%{x:,d} examples",
    "energy_wh": "%{x:.3~g} Wh",
}
_Y_TITLES = {"accuracy": "accuracy", "macro_f1": "macro-F1", "loss": "loss (nats)"}


@dataclass(frozen=True, kw_only=True)
class Curve:
    """Points of one line, ordered by x, each ``(num_points,)``; ``is_ended`` if no more will come."""

    x: Floats
    y: Floats
    is_ended: bool = True

    def thinned(self) -> "Curve":
        """At most `MAX_POINTS` of the points, evenly by their place, with the first and the last."""
        if len(self.x) <= MAX_POINTS:
            return self
        kept = np.linspace(0, len(self.x) - 1, MAX_POINTS).round().astype(int)
        return Curve(x=self.x[kept], y=self.y[kept], is_ended=self.is_ended)


def learning_curves(
    table: pd.DataFrame,
    styles: Mapping[str, ArmStyle],
    *,
    x: XAxis = "train_s",
    y: YAxis = "accuracy",
    floor: float | None = None,
    split: SplitName = SplitName.VALIDATION,
    theme: Theme = "light",
) -> go.Figure:
    """Draw each run as a thin line, each arm's mean as a thick one with its name and last value at its end.

    A run that goes on ends in a dot that says "now".

    Parameters
    ----------
    table
        One row per evaluation: ``arm`` (name), ``run_id``, ``seed`` (index), the column named by `x`
        (``train_s`` in seconds, ``energy_wh`` in watt-hours, others as counts; each run from its own zero)
        and the one named by `y` (fractions, or nats for ``loss``). Rows that are not finite are left out.
        Runs may have one point or none yet. Optional: ``is_ended``, whether the run has no more to come;
        without it every run is taken to have ended.
    styles
        Style of every arm that occurs; their order is the drawing order.
    x, y
        The columns to draw.
    floor
        Value of always answering the largest class (fraction); a dotted line.
    split
        The part of the split that `y` was measured on.
    theme
        Light or dark.
    """
    runs = _curves_by_arm(table, styles, x, y)
    if not runs:
        return empty_figure("No evaluation yet.", theme=theme)
    means = {arm: mean_curve(curves) for arm, curves in runs.items()}
    title = f"{split.value} {_Y_TITLES[y]}"
    figure = new_figure(theme=theme, height=_HEIGHT_PX, alt=_alt(title, runs, means, styles, y))
    for arm, curves in runs.items():
        _add_runs(figure, curves, styles[arm])
    for arm, mean in means.items():
        _add_mean(figure, mean, styles[arm], x, y)
    for arm, curves in runs.items():
        _add_live_points(figure, curves, styles[arm], theme)
    end = max(curve.x[-1] for curves in runs.values() for curve in curves)
    seen = np.concatenate([curve.y for curves in runs.values() for curve in curves])
    low, high = value_range(seen, floor, is_fraction=y != "loss")
    figure.update_xaxes(range=[0, end or 1.0], nticks=6, showline=True, title_text=_X_TITLES[x])
    figure.update_yaxes(
        range=[low, high], nticks=7, showgrid=True, tickformat=".2~f" if y == "loss" else ".0%"
    )
    _add_end_labels(figure, means, styles, end, (low, high), y)
    add_note(figure, title, theme=theme, x=0, y=1, xref="paper", yref="paper", xanchor="left", yshift=18)
    if floor is not None:
        add_floor(figure, floor, theme)
    return figure


def mean_curve(curves: Sequence[Curve]) -> Curve:
    """Mean over runs, interpolated at every x that a run has, as far as all of them have come.

    A run that has not ended counts only while none has, lest the mean jump back whenever another begins;
    a run of one point only while no run has more, for it says nothing about the way.

    Parameters
    ----------
    curves
        At least one run of at least one point.
    """
    settled = [curve for curve in curves if curve.is_ended] or list(curves)
    longer = [curve for curve in settled if len(curve.x) > 1] or settled[:1]
    start, end = max(curve.x[0] for curve in longer), min(curve.x[-1] for curve in longer)
    seen = np.unique(np.concatenate([curve.x for curve in longer]))
    grid = seen[(seen >= start) & (seen <= end)]
    if not len(grid):  # runs that do not overlap have no common mean; the longest stands for them
        return max(longer, key=lambda curve: curve.x[-1])
    return Curve(x=grid, y=np.mean([np.interp(grid, curve.x, curve.y) for curve in longer], axis=0)).thinned()


def _curves_by_arm(
    table: pd.DataFrame, styles: Mapping[str, ArmStyle], x: str, y: str
) -> dict[str, list[Curve]]:
    """Curves of every arm that has a point, in the order of `styles`."""
    rows = table.loc[np.isfinite(table[x].astype(float)) & np.isfinite(table[y].astype(float))]
    arms = {arm: rows.loc[rows["arm"] == arm] for arm in styles}
    return {
        arm: [_curve(run, x, y) for _, run in of_arm.sort_values("seed").groupby("run_id", sort=False)]
        for arm, of_arm in arms.items()
        if len(of_arm)
    }


def _curve(run: pd.DataFrame, x: str, y: str) -> Curve:
    ordered = run.sort_values(x, kind="stable")
    is_ended = bool(ordered["is_ended"].iloc[0]) if "is_ended" in ordered else True
    places, values = ordered[x].to_numpy(dtype=float), ordered[y].to_numpy(dtype=float)
    return Curve(x=places, y=values, is_ended=is_ended).thinned()


def _add_runs(figure: go.Figure, curves: Sequence[Curve], style: ArmStyle) -> None:
    for curve in curves:
        figure.add_scatter(
            x=curve.x,
            y=curve.y,
            mode="lines" if len(curve.x) > 1 else "markers",
            line={"color": faded(style.color, 0.35 if curve.is_ended else 0.8), "width": 1},
            marker={"color": faded(style.color, 0.6), "size": 5},
            cliponaxis=False,  # the only point of an arm without a network lies on the axis
            hoverinfo="skip",
            name="run",
        )


def _add_live_points(figure: go.Figure, curves: Sequence[Curve], style: ArmStyle, theme: Theme) -> None:
    live = [curve for curve in curves if not curve.is_ended]
    if live:
        figure.add_scatter(
            x=[curve.x[-1] for curve in live],
            y=[curve.y[-1] for curve in live],
            mode="markers+text",
            text="now",
            textposition="top center",
            textfont={"color": style.ink, "size": 12},
            marker={"color": style.color, "size": 11, "line": {"color": TONES[theme].background, "width": 2}},
            cliponaxis=False,
            hoverinfo="skip",
            name="live",
        )


def _add_mean(figure: go.Figure, mean: Curve, style: ArmStyle, x: XAxis, y: YAxis) -> None:
    value = "%{y:.3f}" if y == "loss" else "%{y:.1%}"
    is_line = len(mean.x) > 1
    figure.add_scatter(
        x=mean.x,
        y=mean.y,
        mode="lines" if is_line else "markers",
        line={"color": style.color, "width": 3, "dash": style.dash},
        marker={"color": style.color, "size": 8},
        cliponaxis=False,
        hovertemplate=f"{value} at {_PLACES[x]}<extra>{plain(style.label)}</extra>",
        name="mean",
    )


def _add_end_labels(
    figure: go.Figure,
    means: Mapping[str, Curve],
    styles: Mapping[str, ArmStyle],
    end: float,
    y_range: tuple[float, float],
    y: YAxis,
) -> None:
    """Write each arm's last value and name beside the right end, with a leader where its line stops early."""
    low, high = y_range
    plot_px = _HEIGHT_PX - _TOP_PX - _BOTTOM_PX
    wanted = [plot_px * (high - mean.y[-1]) / (high - low) for mean in means.values()]
    sizes = [_LINE_PX * len(name_lines(styles[arm].label)) for arm in means]
    centres = spread(wanted, sizes, -_TOP_PX / 2, plot_px + _LINE_PX / 2)
    for (arm, mean), centre in zip(means.items(), centres, strict=True):
        place = high - centre * (high - low) / plot_px
        _add_leader(figure, mean, end, place, styles[arm].color)
        figure.add_annotation(
            text=_end_label(styles[arm].label, _value(mean.y[-1], y)),
            x=1,
            xref="paper",
            xanchor="left",
            xshift=5,
            y=place,
            align="left",
            showarrow=False,
            font={"color": styles[arm].ink},
            borderpad=0,
        )
    widths = [label_width_px(styles[arm].label) for arm in means]
    margin = {"l": MARGIN_PX, "r": max(widths) + 2 * MARGIN_PX, "t": _TOP_PX, "b": _BOTTOM_PX}
    figure.update_layout(margin=margin)
    # Labels keep their distance in pixels only if nothing else moves the plot's upper and lower edge.
    figure.update_xaxes(automargin=False)


def _add_leader(figure: go.Figure, mean: Curve, end: float, place: float, color: str) -> None:
    if mean.x[-1] < 0.98 * end:
        figure.add_scatter(
            x=[mean.x[-1], end, end],  # level, so that nobody takes it for a measured change
            y=[mean.y[-1], mean.y[-1], place],
            mode="lines",
            line={"color": faded(color, 0.55), "width": 1, "dash": "dot"},
            hoverinfo="skip",
            name="leader",
        )


def _end_label(label: str, value: str) -> str:
    kind, *base_model = name_lines(label, NAME_LIMIT)
    return "<br>".join([f"<b>{value}</b> {kind}", *base_model])


def _value(value: float, y: YAxis) -> str:
    return f"{value:.2f}" if y == "loss" else f"{100 * value:.1f}"


def _alt(
    title: str,
    runs: Mapping[str, Sequence[Curve]],
    means: Mapping[str, Curve],
    styles: Mapping[str, ArmStyle],
    y: YAxis,
) -> str:
    unit = "" if y == "loss" else " %"
    ends = [
        f"{one_line(styles[arm].label)} ends at {_value(mean.y[-1], y)}{unit}"
        for arm, mean in means.items()
        if any(curve.is_ended for curve in runs[arm])
    ]
    live = [
        f"{one_line(styles[arm].label)} is at {_value(curve.y[-1], y)}{unit} now"
        for arm, curves in runs.items()
        for curve in curves
        if not curve.is_ended
    ]
    return f"{title.capitalize()} during training: {', '.join([*ends, *live])}."
