"""The race replayed: all arms on one clock, as an animation that the browser plays alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from tl_core.charts.colors import ArmStyle, Theme, faded
from tl_core.charts.label_layout import spread
from tl_core.charts.learning_curves import (
    Curve,
    Floats,
    beyond_edge,
    beyond_lines,
    counted_on,
    curves_by_arm,
    far_end,
    kept_means,
    mean_curve,
)
from tl_core.charts.lines import NAME_LIMIT, add_floor, label_width_px, value_range
from tl_core.charts.template import MARGIN_PX, TONES, add_note, empty_figure, new_figure
from tl_core.charts.text import name_lines, one_line, percent, plain
from tl_core.evaluation.wording import METRIC_WORDS
from tl_core.schema import Metric
from tl_core.words import capitalised

REPLAY_S = 20
NUM_FRAMES = 80

_MOST_POINTS = 32
_PLOT_PX = 250
_TOP_PX = 48
_BOTTOM_PX = 140
_CLOCK_PX = 26
_LINE_PX = 17
_GAP = "\u2002"  # keeps a label off the dot that it names
Y = Literal["accuracy", "macro_f1", "balanced_accuracy", "auroc", "quadratic_kappa"]


@dataclass(frozen=True, kw_only=True)
class _Runner:
    """One arm in the race: its seeds, their mean, and how both look.

    A seed that has ended holds the value of the weights that it kept in the mean, as its dot keeps its place.
    The clock stops before a straggler has ended (`far_end`); its last moment shows every seed's end.

    Attributes
    ----------
    final
        Mean of the values of the weights that the runs kept, a fraction.
    end
        When the clock stops, in seconds.
    """

    style: ArmStyle
    seeds: tuple[Curve, ...]
    mean: Curve
    final: float
    end: float

    def place(self, clock: float) -> float:
        """Value of the mean at a moment, in seconds; at the clock's end the final one."""
        return self.final if clock >= self.end else float(np.interp(clock, self.mean.x, self.mean.y))

    def has_begun(self, clock: float) -> bool:
        """Whether the arm has been evaluated by then."""
        return bool(clock >= self.mean.x[0])


@dataclass(frozen=True, kw_only=True)
class _Track:
    """What all frames share: seconds that the clock runs, and the ends of the value axis (fractions).

    ``is_cut`` says that a run goes on after the clock has stopped, so that the last moment has no time;
    ``line_px`` is what a line of a label takes of a plot of `_PLOT_PX`.
    """

    end: float
    low: float
    high: float
    is_cut: bool
    line_px: float

    @property
    def per_px(self) -> float:
        """Height of a pixel on the value axis."""
        return (self.high - self.low) / _PLOT_PX


def replay(
    table: pd.DataFrame,
    styles: Mapping[str, ArmStyle],
    *,
    y: Y = "accuracy",
    floor: float | None = None,
    type_scale: float = 1.0,
    theme: Theme = "light",
) -> go.Figure:
    """Let the validation curves of all arms grow together, each run from its own zero, in `REPLAY_S` seconds.

    The figure shows the end until it is played. Every frame has the same traces with the same number of
    points, so that the browser can move them smoothly from one frame to the next.

    Parameters
    ----------
    table
        One row per evaluation: ``arm`` (name), ``run_id``, ``seed`` (index), ``train_s`` (seconds), and the
        column named by `y` (fractions). Rows that are not finite are left out. Optional: ``is_ended`` and
        ``is_kept``, as for `ends.kept_values`.
    styles
        Style of every arm that occurs; their order is the drawing order.
    y
        The column to draw.
    floor
        Value of always answering the largest class (fraction); a dotted line.
    type_scale
        By how much larger the type will be shown, so that labels keep that distance.
    theme
        Light or dark.
    """
    runs = curves_by_arm(table, styles, "train_s", y)
    # Rounded as the labels' places are: one that stood beyond the axis by a hair would be hidden.
    end = _short(far_end(runs))
    if end <= 0:
        return empty_figure("No model was evaluated over time, so there is nothing to replay.", theme=theme)
    finals = kept_means(table, y)
    runners = [
        _Runner(
            style=styles[arm],
            seeds=tuple(curves),
            # Every frame carries all points of the means, so these are few.
            mean=mean_curve(curves).until(end).thinned(_MOST_POINTS),
            final=finals[arm],
            end=end,
        )
        for arm, curves in runs.items()
        if arm in finals
    ]
    seeds = [curve for runner in runners for curve in runner.seeds]
    seen = np.concatenate([curve.until(end).y for curve in seeds])
    low, high = value_range(np.append(seen, [curve.final for curve in seeds]), floor)
    beyond = beyond_edge(runs, styles, far_end(runs), "train_s")
    track = _Track(end=end, low=low, high=high, is_cut=bool(beyond), line_px=type_scale * _LINE_PX)
    clocks = np.linspace(0, track.end, NUM_FRAMES + 1)
    title = f"validation {METRIC_WORDS[Metric(y)]}{counted_on(table)}"
    lines = [title, *beyond_lines(beyond)]
    top = _TOP_PX + _LINE_PX * (len(lines) - 1)
    said = [
        f"{one_line(runner.style.label)} comes to {percent(runner.final)} "
        f"after {max(curve.x[-1] for curve in runner.seeds):,.1f} s"
        for runner in runners
    ]
    alt = f"{capitalised(title)} over training time, to be replayed: {', '.join(said)}."
    figure = new_figure(theme=theme, height=top + _PLOT_PX + _BOTTOM_PX, alt=alt)
    moved = _motion(runners, track, track.end)
    figure.add_traces([still | moving for still, moving in zip(_looks(runners, theme), moved, strict=True)])
    figure.frames = [
        go.Frame(name=str(place), data=_motion(runners, track, clock)) for place, clock in enumerate(clocks)
    ]
    _set_axes(figure, runners, track, top)
    note = {"x": 0, "y": 1, "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "bottom"}
    add_note(figure, "<br>".join(lines), theme=theme, **note, yshift=_CLOCK_PX, align="left")
    if floor is not None:
        add_floor(figure, floor, theme)
    _add_controls(figure, clocks, theme)
    return figure


def _looks(runners: Sequence[_Runner], theme: Theme) -> list[dict[str, Any]]:
    """Say how everything looks that `_motion` moves, in the same order, at every moment."""
    tones = TONES[theme]
    looks: list[dict[str, Any]] = [
        {"mode": "lines", "line": {"color": tones.line, "width": 1}, "hoverinfo": "skip", "name": "clock"},
        {
            "mode": "text",
            "textposition": "top center",
            "textfont": {"color": tones.text, "size": 15},
            "cliponaxis": False,
            "hoverinfo": "skip",
            "name": "time",
        },
    ]
    for style in (runner.style for runner in runners):
        looks += [
            {
                "mode": "markers",
                "marker": {"color": faded(style.color, 0.45), "size": 5},
                "hoverinfo": "skip",
                "cliponaxis": False,
                "name": "seeds",
            },
            {
                "mode": "lines",
                # Plotly would drop points that lie on each other, and then could not move between frames.
                "line": {"color": style.color, "width": 3, "dash": style.dash, "simplify": False},
                "hovertemplate": f"%{{y:.1%}} at %{{x:.1f}} s<extra>{plain(style.label)}</extra>",
                "name": "mean",
            },
            {
                "mode": "lines+markers",
                "line": {"color": faded(style.color, 0.55), "width": 1, "dash": "dot", "simplify": False},
                "marker": {"color": style.color, "size": [10, 0, 0], "opacity": [1, 0, 0]},
                "cliponaxis": False,
                "hoverinfo": "skip",
                "name": "end",
            },
            {
                "mode": "text",
                "textposition": "middle right",
                "textfont": {"color": style.ink},
                "cliponaxis": False,
                "hoverinfo": "skip",
                "name": "label",
            },
        ]
    return looks


def _motion(runners: Sequence[_Runner], track: _Track, clock: float) -> list[dict[str, Any]]:
    """Say where everything is at the moment ``clock``: the clock's line and time, then four traces an arm.

    A point whose text is empty would lose its place among the others of its trace, so that Plotly moved the
    wrong one; texts have traces of their own, and are never empty.
    """
    x, low, high = _short(clock), _short(track.low), _short(track.high)
    words = "end" if track.is_cut and clock >= track.end else f"{clock:,.1f} s"
    traces: list[dict[str, Any]] = [
        {"x": [x, x], "y": [low, high]},
        {"x": [x], "y": [high], "text": [f"<b>{words}</b>"]},
    ]
    # Rounded, lest labels of arms that are level change places from frame to frame.
    wanted = [round((track.high - runner.place(clock)) / track.per_px) for runner in runners]
    sizes = [track.line_px * len(name_lines(runner.style.label)) for runner in runners]
    centres = spread(wanted, sizes, -track.line_px / 2, _PLOT_PX + track.line_px / 2)
    for runner, place in zip(runners, track.high - track.per_px * centres, strict=True):
        traces += _arm_at(runner, track, clock, place)
    return [{"type": "scatter", **trace} for trace in traces]


def _arm_at(runner: _Runner, track: _Track, clock: float, place: float) -> list[dict[str, Any]]:
    """Say where an arm's seeds, mean, end and label, at the height ``place``, are at the moment ``clock``."""
    begun = [clock >= curve.x[0] for curve in runner.seeds]
    has_ended = [clock >= min(curve.x[-1], runner.end) for curve in runner.seeds]
    values = [
        curve.final if is_over else float(np.interp(clock, curve.x, curve.y))
        for curve, is_over in zip(runner.seeds, has_ended, strict=True)
    ]
    # The mean is cut at the clock; its points still to come wait at the line's end.
    x = np.minimum(runner.mean.x, clock)
    is_there = runner.has_begun(clock)
    on_line, on_leader = [is_there] * len(x), [is_there] * 3
    value = runner.place(clock)
    kind, *base_model = name_lines(runner.style.label, NAME_LIMIT)
    lines = [f"<b>{100 * value:.1f}</b> {kind}", *base_model]
    line = track.per_px * track.line_px
    top = place + line * (len(lines) - 1) / 2
    return [
        {"x": _kept([min(clock, curve.x[-1]) for curve in runner.seeds], begun), "y": _kept(values, begun)},
        {"x": _kept(x, on_line), "y": _kept(np.interp(x, runner.mean.x, runner.mean.y), on_line)},
        {
            "x": _kept([min(clock, runner.mean.x[-1]), clock, clock], on_leader),
            "y": _kept([value, value, place], on_leader),
        },
        {
            "x": [_short(clock)] * len(lines),
            "y": [_short(top - line * number) for number in range(len(lines))],
            "text": [_GAP + words if is_there else _GAP for words in lines],
        },
    ]


def _kept(values: Sequence[float] | Floats, begun: Sequence[bool]) -> list[float | None]:
    return [_short(value) if is_there else None for value, is_there in zip(values, begun, strict=True)]


def _short(value: float) -> float:
    """Round to five digits, finer than a pixel: all frames travel to the browser at once."""
    return float(f"{value:.5g}")


def _set_axes(figure: go.Figure, runners: Sequence[_Runner], track: _Track, top: int) -> None:
    widths = [label_width_px(runner.style.label) for runner in runners]
    margin = {"l": MARGIN_PX, "r": max(widths) + 3 * MARGIN_PX, "t": top, "b": _BOTTOM_PX}
    figure.update_layout(margin=margin)
    figure.update_xaxes(
        range=[0, track.end],
        nticks=6,
        showline=True,
        automargin=False,
        title_text="training seconds (evaluation left out)",
    )
    figure.update_yaxes(range=[track.low, track.high], nticks=7, showgrid=True, tickformat=".0%")


def _add_controls(figure: go.Figure, clocks: Floats, theme: Theme) -> None:
    """Add the buttons, and below them a slider with one step a frame."""
    tones = TONES[theme]
    # Plotly paints a button under the pointer almost white, whatever the theme.
    face, ink = (tones.grid, tones.text) if theme == "light" else (tones.text, tones.background)
    figure.update_layout(
        updatemenus=[
            {
                "type": "buttons",
                "direction": "left",
                "showactive": False,
                "bgcolor": face,
                "bordercolor": tones.line,
                "font": {"color": ink},
                "x": 0,
                "xanchor": "left",
                "y": 0,
                "yanchor": "top",
                "pad": {"t": 56, "r": 0, "l": 0},
                "buttons": [
                    _button("▶ Play", None, fromcurrent=True),
                    _button("❚❚ Pause", [None], duration=0),
                    _button("↺ Again", None, fromcurrent=False),
                ],
            }
        ],
        sliders=[
            {
                "active": len(clocks) - 1,
                "x": 0,
                "len": 1,
                "y": 0,
                "yanchor": "top",
                "pad": {"t": 102, "b": 0, "l": 0, "r": 0},
                "bgcolor": tones.grid,
                "activebgcolor": tones.muted,
                "bordercolor": tones.muted,
                "ticklen": 0,
                "minorticklen": 0,
                "currentvalue": {"visible": False},
                "font": {"color": "rgba(0,0,0,0)", "size": 1},  # the axis above has the same seconds
                "steps": [
                    {**_button(f"{clock:,.1f} s", [str(place)], duration=0)}
                    for place, clock in enumerate(clocks)
                ],
            }
        ],
    )


def _button(
    label: str,
    frames: list[Any] | None,
    *,
    duration: float = 1000 * REPLAY_S / NUM_FRAMES,
    fromcurrent: bool | None = None,
) -> dict[str, Any]:
    """Make a control that plays some frames, each for ``duration`` milliseconds; None plays all."""
    options: dict[str, Any] = {
        "mode": "immediate",
        "frame": {"duration": duration, "redraw": False},
        "transition": {"duration": duration, "easing": "linear"},
    }
    if fromcurrent is not None:
        options["fromcurrent"] = fromcurrent
    return {"label": label, "method": "animate", "args": [frames, options]}
