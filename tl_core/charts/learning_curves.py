"""The race: how a metric or a loss moves while the arms train."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median_low
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from tl_core.charts.colors import ArmStyle, Theme, faded
from tl_core.charts.lines import (
    BOTTOM_PX,
    FLOOR_LABEL,
    HEIGHT_PX,
    LINE_PX,
    NAME_LIMIT,
    TOP_PX,
    add_floor_line,
    add_label,
    label_places,
    label_width_px,
    value_range,
)
from tl_core.charts.template import MARGIN_PX, TONES, add_note, empty_figure, new_figure
from tl_core.charts.text import name_lines, one_line, plain, watt_hours
from tl_core.evaluation.wording import METRIC_WORDS
from tl_core.schema import Metric, SplitName
from tl_core.words import capitalised

STRAGGLING = 2.5
"""A run this many times as long as its arm's lower median is a straggler: it does not set the scale."""
Floats = npt.NDArray[np.float64]
XAxis = Literal["train_s", "step", "examples_seen", "energy_wh"]
YAxis = Literal["accuracy", "macro_f1", "balanced_accuracy", "auroc", "quadratic_kappa", "loss"]
MAX_POINTS = 500
_MOST_NAMED = 3
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
_Y_TITLES = {**{metric.value: METRIC_WORDS[metric] for metric in Metric}, "loss": "loss (nats)"}


def kept_values(table: pd.DataFrame, y: str) -> pd.Series:
    """Value of the weights that each ended run kept, by ``(arm, run_id)``.

    Parameters
    ----------
    table
        One row per evaluation, in their order: ``arm``, ``run_id``, the column named by `y`, and optionally
        ``is_ended`` (without it every run has ended) and ``is_kept``, true for the evaluation of the weights
        that the run kept (without one that is, and is finite, it is the last). Rows whose `y` is not finite
        are left out.
    """
    rows = table.loc[np.isfinite(table[y].astype(float))]
    if "is_ended" in rows:
        rows = rows.loc[rows["is_ended"].astype(bool)]
    if "is_kept" in rows:  # the kept one comes last; a stable order leaves the others as they were
        rows = rows.sort_values("is_kept", kind="stable")
    return rows.groupby(["arm", "run_id"], sort=False)[y].last().astype(float)


def kept_means(table: pd.DataFrame, y: str) -> dict[str, float]:
    """Mean of `kept_values` over the seeds, by arm; an arm of which no run has ended is left out.

    Every figure of curves writes this at a line's end, whatever its axis, and so do its table and the report.
    """
    means = kept_values(table, y).groupby("arm", sort=False).mean()
    return {str(arm): float(mean) for arm, mean in means.items()}


def counted_on(table: pd.DataFrame) -> str:
    """Say for a title on how many examples the values were measured; empty where that is not stated."""
    if "num_examples" not in table or table.empty:
        return ""
    return f", {int(table['num_examples'].max()):,} examples"


def straggler_limit(ends: Sequence[float]) -> float:
    """Longest that a run may be to set the scale, where the ended runs of its arm end at ``ends``."""
    return STRAGGLING * median_low(ends) if ends else float("inf")


@dataclass(frozen=True, kw_only=True)
class Curve:
    """Points of one line, ordered by x, each ``(num_points,)``.

    Attributes
    ----------
    seed
        Index of the run's seed.
    is_ended
        Whether no more points will come.
    kept
        Value of the weights that an ended run kept; None: that of the last point.
    """

    x: Floats
    y: Floats
    seed: int = 0
    is_ended: bool = True
    kept: float | None = None

    @property
    def final(self) -> float:
        """Value that an ended run holds from its end on."""
        return float(self.y[-1]) if self.kept is None else self.kept

    def at(self, places: npt.ArrayLike) -> Floats:
        """Values at some places: on straight lines between points, and `final` after the last."""
        values: Floats = np.interp(np.asarray(places, dtype=float), self.x, self.y, right=self.final)
        return values

    def thinned(self, most: int = MAX_POINTS) -> "Curve":
        """At most so many of the points, evenly by their place, with the first and the last."""
        if len(self.x) <= most:
            return self
        chosen = np.linspace(0, len(self.x) - 1, most).round().astype(int)
        return replace(self, x=self.x[chosen], y=self.y[chosen])

    def until(self, end: float) -> "Curve":
        """Cut a line that goes beyond `end` there."""
        if self.x[-1] <= end:
            return self
        is_inside = self.x < end
        cut = float(np.interp(end, self.x, self.y))
        return replace(self, x=np.append(self.x[is_inside], end), y=np.append(self.y[is_inside], cut))


def learning_curves(
    table: pd.DataFrame,
    styles: Mapping[str, ArmStyle],
    *,
    x: XAxis = "step",
    y: YAxis = "accuracy",
    floor: float | None = None,
    split: SplitName = SplitName.VALIDATION,
    theme: Theme = "light",
) -> go.Figure:
    """Draw each run as a thin line and each arm's mean as a thick one, with its name and end value beside it.

    The end value is the mean over the seeds of the value of the weights that each ended run kept
    (`kept_means`), the same on every axis. A run that is much longer than its arm's others is cut at the
    edge, and a note says where it ends. A run that goes on ends in a dot that says "now".

    Parameters
    ----------
    table
        One row per evaluation: ``arm`` (name), ``run_id``, ``seed`` (index), the column named by `x`
        (``train_s`` in seconds, ``energy_wh`` in watt-hours, others as counts; each run from its own zero)
        and the one named by `y` (fractions, or nats for ``loss``). Rows that are not finite are left out.
        Runs may have one point or none yet. Optional: ``is_ended`` and ``is_kept``, as for `kept_values`, and
        ``num_examples`` that an evaluation was made on.
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
    runs = curves_by_arm(table, styles, x, y)
    if not runs:
        return empty_figure("No evaluation yet.", theme=theme)
    end = far_end(runs)
    means = {arm: mean_curve(curves).until(end) for arm, curves in runs.items()}
    finals = kept_means(table, y)
    values = {arm: finals.get(arm, float(mean.y[-1])) for arm, mean in means.items()}
    title = f"{split.value} {_Y_TITLES[y]}{counted_on(table)}"
    beyond = beyond_edge(runs, styles, end, x)
    figure = new_figure(theme=theme, height=HEIGHT_PX, alt=_alt(title, runs, values, styles, y, beyond))
    _add_lines(figure, runs, means, styles, end, x, y)
    seen = [curve.until(end).y for curves in runs.values() for curve in curves]
    low, high = value_range(np.concatenate([*seen, list(values.values())]), floor, is_fraction=y != "loss")
    for arm, curves in runs.items():
        _add_live_points(figure, curves, styles[arm], end, theme)
    figure.update_xaxes(range=[0, end or 1.0], nticks=6, showline=True, title_text=_X_TITLES[x])
    figure.update_yaxes(
        range=[low, high], nticks=7, showgrid=True, tickformat=".2~f" if y == "loss" else ".0%"
    )
    _add_end_labels(figure, means, values, styles, end, (low, high), y, floor, theme)
    add_note(figure, title, theme=theme, x=0, y=1, xref="paper", yref="paper", xanchor="left", yshift=18)
    if floor is not None:
        add_floor_line(figure, floor, theme)
    note_beyond(figure, beyond, theme)
    return figure


def mean_curve(curves: Sequence[Curve]) -> Curve:
    """Mean over runs at every x that a run has, from the first at which all have a value.

    A run that has ended holds the value of the weights that it kept, so that the mean ends at the mean of
    those. A run that has not ended counts only while none has, lest the mean jump back whenever another
    begins; the mean then goes as far as all of them have come, and one of a single point counts only while no
    run has more, for it says nothing about the way.

    Parameters
    ----------
    curves
        At least one run of at least one point.
    """
    ended = [curve for curve in curves if curve.is_ended]
    counted = ended or [curve for curve in curves if len(curve.x) > 1] or list(curves[:1])
    seen = np.unique(np.concatenate([curve.x for curve in counted]))
    grid = seen[seen >= max(curve.x[0] for curve in counted)]
    if not ended:
        grid = grid[grid <= min(curve.x[-1] for curve in counted)]
    if not len(grid):  # runs that have nothing in common yet have no mean; the longest stands for them
        return max(counted, key=lambda curve: float(curve.x[-1]))
    values = np.mean([curve.at(grid) for curve in counted], axis=0)
    if ended and (final := float(np.mean([curve.final for curve in ended]))) != values[-1]:
        grid, values = np.append(grid, grid[-1]), np.append(values, final)
    return Curve(x=grid, y=values, is_ended=bool(ended)).thinned()


def curves_by_arm(
    table: pd.DataFrame, styles: Mapping[str, ArmStyle], x: str, y: str
) -> dict[str, list[Curve]]:
    """Curves of every arm that has a point, in the order of `styles`; ``table`` as for `learning_curves`."""
    rows = table.loc[np.isfinite(table[x].astype(float)) & np.isfinite(table[y].astype(float))]
    kept = kept_values(table, y).to_dict()
    curves: dict[str, list[Curve]] = {}
    for arm in styles:
        of_arm = rows.loc[rows["arm"] == arm].sort_values("seed")
        for run_id, run in of_arm.groupby("run_id", sort=False):
            ordered = run.sort_values(x, kind="stable")
            value = kept.get((arm, run_id))
            curve = Curve(
                x=ordered[x].to_numpy(dtype=float),
                y=ordered[y].to_numpy(dtype=float),
                seed=int(ordered["seed"].iloc[0]),
                is_ended=value is not None,
                kept=value,
            )
            curves.setdefault(arm, []).append(curve.thinned())
    return curves


def far_end(runs: Mapping[str, Sequence[Curve]]) -> float:
    """Where the longest run ends that is no straggler among its arm's (`straggler_limit`)."""
    ends = []
    for curves in runs.values():
        limit = straggler_limit([curve.x[-1] for curve in curves if curve.is_ended])
        ends += [curve.x[-1] for curve in curves if curve.x[-1] <= limit]
    return float(max(ends, default=0.0))


def beyond_edge(
    runs: Mapping[str, Sequence[Curve]], styles: Mapping[str, ArmStyle], end: float, x: XAxis
) -> list[tuple[str, str]]:
    """Name the arms of runs that go on beyond the axis's end, and say of each which seed and how far."""
    return [
        (
            styles[arm].label,
            f"seed {curve.seed} {'to' if curve.is_ended else 'now at'} {place_words(curve.x[-1], x)}",
        )
        for arm, curves in runs.items()
        for curve in curves
        if curve.x[-1] > end
    ]


def place_words(value: float, x: XAxis) -> str:
    """Write a place on an axis with its unit."""
    if x == "train_s":
        return f"{value:,.1f} s"
    if x == "energy_wh":
        return watt_hours(value)
    return f"{value:,.0f} {'steps' if x == 'step' else 'examples'}"


def beyond_lines(beyond: Sequence[tuple[str, str]]) -> list[str]:
    """Write what `beyond_edge` found as lines of markup, few enough for a figure."""
    lines = [f"{plain(name, NAME_LIMIT)}, {place}" for name, place in beyond[:_MOST_NAMED]]
    rest = len(beyond) - len(lines)
    lines += [f"and {rest} more"] if rest else []
    return [f"beyond the edge: {lines[0]}", *lines[1:]] if lines else []


def note_beyond(figure: go.Figure, beyond: Sequence[tuple[str, str]], theme: Theme) -> None:
    """Note below the axis what `beyond_edge` found cut at its end, and make room for that."""
    lines = beyond_lines(beyond)
    if not lines:
        return
    place = {"x": 0, "y": 0, "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "top"}
    add_note(figure, "<br>".join(lines), theme=theme, **place, yshift=8 - BOTTOM_PX, align="left")
    room = LINE_PX * len(lines)
    figure.update_layout(height=figure.layout.height + room, margin_b=BOTTOM_PX + room)


def _add_lines(
    figure: go.Figure,
    runs: Mapping[str, Sequence[Curve]],
    means: Mapping[str, Curve],
    styles: Mapping[str, ArmStyle],
    end: float,
    x: XAxis,
    y: YAxis,
) -> None:
    """Draw the runs of all arms, cut at the axis's end, and over them the means."""
    for arm, curves in runs.items():
        color = styles[arm].color
        for curve in curves:
            seen = curve.until(end)
            figure.add_scatter(
                x=seen.x,
                y=seen.y,
                mode="lines" if len(seen.x) > 1 else "markers",
                line={"color": faded(color, 0.35 if curve.is_ended else 0.8), "width": 1},
                marker={"color": faded(color, 0.6), "size": 5},
                cliponaxis=False,  # the only point of an arm without a network lies on the axis
                hoverinfo="skip",
                name="run",
            )
    value = "%{y:.3f}" if y == "loss" else "%{y:.1%}"
    for arm, mean in means.items():
        style = styles[arm]
        figure.add_scatter(
            x=mean.x,
            y=mean.y,
            mode="lines" if len(mean.x) > 1 else "markers",
            line={"color": style.color, "width": 3, "dash": style.dash},
            marker={"color": style.color, "size": 8},
            cliponaxis=False,
            hovertemplate=f"{value} at {_PLACES[x]}<extra>{plain(style.label)}</extra>",
            name="mean",
        )


def _add_live_points(
    figure: go.Figure,
    curves: Sequence[Curve],
    style: ArmStyle,
    end: float,
    theme: Theme,
) -> None:
    """Mark where runs are now; the word stands within the plot, away from the labels beside it."""
    live = [curve for curve in curves if not curve.is_ended]
    if live:
        figure.add_scatter(
            x=[min(curve.x[-1], end) for curve in live],
            y=[curve.y[-1] for curve in live],
            mode="markers+text",
            text="now",
            textposition=["top left" if curve.x[-1] > end / 2 else "top right" for curve in live],
            textfont={"color": style.ink, "size": 12},
            marker={"color": style.color, "size": 11, "line": {"color": TONES[theme].background, "width": 2}},
            cliponaxis=False,
            hoverinfo="skip",
            name="live",
        )


def _add_end_labels(
    figure: go.Figure,
    means: Mapping[str, Curve],
    values: Mapping[str, float],
    styles: Mapping[str, ArmStyle],
    end: float,
    y_range: tuple[float, float],
    y: YAxis,
    floor: float | None,
    theme: Theme,
) -> None:
    """Write each arm's end value and name, and the floor's name, beside the right end.

    A leader goes there from a line that stops early, or that was cut before it came to its end value.
    """
    num_lines = [len(name_lines(styles[arm].label)) for arm in means]
    heights = [values[arm] for arm in means]
    if floor is not None:
        heights, num_lines = [*heights, floor], [*num_lines, 2]
    places = label_places(heights, num_lines, y_range, HEIGHT_PX)
    if floor is not None:
        add_label(figure, FLOOR_LABEL, places.pop(), y_range, TONES[theme].muted)
    for (arm, mean), place in zip(means.items(), places, strict=True):
        style = styles[arm]
        if mean.x[-1] < 0.98 * end or mean.y[-1] != values[arm]:
            figure.add_scatter(
                x=[mean.x[-1], end, end],  # level, so that nobody takes it for a measured change
                y=[mean.y[-1], mean.y[-1], place],
                mode="lines",
                line={"color": faded(style.color, 0.55), "width": 1, "dash": "dot"},
                hoverinfo="skip",
                name="leader",
            )
        kind, *base_model = name_lines(style.label, NAME_LIMIT)
        text = "<br>".join([f"<b>{_value(values[arm], y)}</b> {kind}", *base_model])
        add_label(figure, text, place, y_range, style.ink)
    right = max(label_width_px(styles[arm].label) for arm in means) + 2 * MARGIN_PX
    figure.update_layout(margin={"l": MARGIN_PX, "r": right, "t": TOP_PX, "b": BOTTOM_PX})
    # Labels keep their distance in pixels only if nothing else moves the plot's upper and lower edge.
    figure.update_xaxes(automargin=False)


def _value(value: float, y: YAxis) -> str:
    return f"{value:.2f}" if y == "loss" else f"{100 * value:.1f}"


def _alt(
    title: str,
    runs: Mapping[str, Sequence[Curve]],
    values: Mapping[str, float],
    styles: Mapping[str, ArmStyle],
    y: YAxis,
    beyond: Sequence[tuple[str, str]],
) -> str:
    unit = "" if y == "loss" else "%"
    ends = [
        f"{one_line(styles[arm].label)} ends at {_value(value, y)}{unit}"
        for arm, value in values.items()
        if any(curve.is_ended for curve in runs[arm])
    ]
    live = [
        f"{one_line(styles[arm].label)} is at {_value(curve.y[-1], y)}{unit} now"
        for arm, curves in runs.items()
        for curve in curves
        if not curve.is_ended
    ]
    words = f"{capitalised(title)} during training: {', '.join([*ends, *live])}."
    cut = "; ".join(f"{one_line(name)}, {place}" for name, place in beyond)
    return f"{words} Beyond the edge: {cut}." if cut else words
