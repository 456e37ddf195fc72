"""The reliability diagram: what an arm says against how often it is right, before and after a temperature."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from tl_core.charts.colors import ArmStyle, Theme, faded
from tl_core.charts.template import TONES, add_note, empty_figure, new_figure
from tl_core.charts.text import name_lines, one_line, percent

_HEIGHT_PX = 410
_DIAGRAM = (0.26, 0.82)
_COUNTS = (0.0, 0.16)
_ROOM = 0.03
_THOUSAND = 1000


def reliability_diagram(
    rows: pd.DataFrame,
    style: ArmStyle,
    *,
    temperature: float,
    errors: tuple[float, float],
    theme: Theme = "light",
) -> go.Figure:
    """Show one arm's share of right answers over its confidence, the gap to the diagonal, and the answers.

    Parameters
    ----------
    rows
        One row per bin that has answers, those before the temperature and those with it: ``is_after``,
        ``lower``, ``upper``, ``confidence``, ``accuracy``, ``low``, ``high`` (fractions) and ``num_answers``.
    style
        The arm.
    temperature
        That of validation, a mean over seeds.
    errors
        Expected calibration error before and with the temperature, fractions, means over seeds.
    theme
        Light or dark.
    """
    if rows.empty:
        return empty_figure("No test predictions yet.", theme=theme)
    before, after = rows.loc[~rows["is_after"]], rows.loc[rows["is_after"]]
    alt = _alt(before, style, temperature, errors)
    figure = new_figure(theme=theme, height=_HEIGHT_PX, alt=alt)
    _add_diagonal(figure, theme)
    _add_gaps(figure, before, style)
    _add_after(figure, after, theme)
    _add_before(figure, before, style)
    _add_counts(figure, before, style)
    _add_legend(figure, style, temperature, errors, theme)
    _set_axes(figure, float(rows["lower"].min()))
    return figure


def _add_diagonal(figure: go.Figure, theme: Theme) -> None:
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"color": TONES[theme].muted, "width": 1.5, "dash": "dot"},
        hoverinfo="skip",
        name="diagonal",
    )


def _add_gaps(figure: go.Figure, before: pd.DataFrame, style: ArmStyle) -> None:
    """Draw the distance of each bin to the diagonal; None lifts the pen."""
    figure.add_scatter(
        x=[place for said in before["confidence"] for place in (said, said, None)],
        y=[
            place
            for said, kept in zip(before["confidence"], before["accuracy"], strict=True)
            for place in (said, kept, None)
        ],
        mode="lines",
        line={"color": faded(style.color, 0.3), "width": 9},
        hoverinfo="skip",
        name="gap",
    )


def _add_before(figure: go.Figure, before: pd.DataFrame, style: ArmStyle) -> None:
    figure.add_scatter(
        x=before["confidence"],
        y=before["accuracy"],
        mode="markers",
        marker={"color": style.color, "size": 9},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": before["high"] - before["accuracy"],
            "arrayminus": before["accuracy"] - before["low"],
            "color": faded(style.color, 0.8),
            "thickness": 1,
            "width": 3,
        },
        customdata=before[["num_answers", "low", "high"]],
        hovertemplate="says %{x:.1%}, right in %{y:.1%} (%{customdata[1]:.0%} to %{customdata[2]:.0%}) "
        "of %{customdata[0]:,} answers<extra>as trained</extra>",
        cliponaxis=False,
        name="before",
    )


def _add_after(figure: go.Figure, after: pd.DataFrame, theme: Theme) -> None:
    figure.add_scatter(
        x=after["confidence"],
        y=after["accuracy"],
        mode="lines+markers",
        line={"color": TONES[theme].muted, "width": 1},
        marker={"color": TONES[theme].muted, "size": 8, "symbol": "diamond-open", "line": {"width": 1.5}},
        customdata=after["num_answers"],
        hovertemplate="says %{x:.1%}, right in %{y:.1%} of %{customdata:,} answers"
        "<extra>with the temperature</extra>",
        cliponaxis=False,
        name="after",
    )


def _add_counts(figure: go.Figure, before: pd.DataFrame, style: ArmStyle) -> None:
    figure.add_bar(
        x=(before["lower"] + before["upper"]) / 2,
        y=before["num_answers"],
        width=(before["upper"] - before["lower"]) * 0.92,
        marker={"color": faded(style.color, 0.55)},
        text=[_short(count) for count in before["num_answers"]],
        textposition="outside",
        textfont={"size": 10},
        textangle=0,
        cliponaxis=False,
        yaxis="y2",
        hovertemplate="%{y:,} answers<extra></extra>",
        name="answers",
    )


def _short(count: int) -> str:
    return f"{count:,}" if count < 10 * _THOUSAND else f"{count / _THOUSAND:.0f}k"


def _add_legend(
    figure: go.Figure, style: ArmStyle, temperature: float, errors: tuple[float, float], theme: Theme
) -> None:
    """Name the arm and the two kinds of marks above the diagram."""
    lines: Sequence[tuple[str, str]] = (
        (" ".join(name_lines(style.label)), style.ink),
        (f"● as trained: <b>{_points(errors[0])}</b> points off", style.ink),
        (f"◇ temperature {temperature:.2f}: <b>{_points(errors[1])}</b>", TONES[theme].muted),
    )
    for place, (markup, color) in enumerate(lines):
        figure.add_annotation(
            text=markup,
            x=0,
            xref="paper",
            xanchor="left",
            y=1,
            yref="paper",
            yanchor="top",
            yshift=-19 * place,
            showarrow=False,
            font={"color": color},
        )
    add_note(figure, "answers", theme=theme, x=0, xref="paper", xanchor="left", y=_COUNTS[1], yref="paper")


def _set_axes(figure: go.Figure, lowest: float) -> None:
    left = max(0.0, lowest - _ROOM)
    figure.update_xaxes(
        range=[left, 1 + _ROOM / 2],
        tickformat=".0%",
        nticks=6,
        title_text="confidence: the probability of its answer",
        anchor="y2",
    )
    figure.update_layout(
        yaxis={
            "domain": _DIAGRAM,
            "range": [-_ROOM, 1 + _ROOM],
            "tickformat": ".0%",
            "nticks": 6,
            "showgrid": True,
            "title": {"text": "right on test"},
        },
        yaxis2={"domain": _COUNTS, "visible": False, "anchor": "x"},
        bargap=0,
    )


def _points(fraction: float) -> str:
    return f"{100 * fraction:.1f}"


def _alt(before: pd.DataFrame, style: ArmStyle, temperature: float, errors: tuple[float, float]) -> str:
    most = before.loc[before["num_answers"].idxmax()]
    return (
        f"Share of right test answers over the confidence of {one_line(style.label)}: off by "
        f"{_points(errors[0])} points on average, with the temperature {temperature:.2f} by "
        f"{_points(errors[1])}; most answers say about {percent(most['confidence'], 0)} and are right in "
        f"{percent(most['accuracy'], 0)}."
    )
