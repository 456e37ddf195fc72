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
    most = before.loc[before["num_answers"].idxmax()]
    alt = (
        f"Share of right test answers over the confidence of {one_line(style.label)}: off by "
        f"{_points(errors[0])} points on average, with the temperature {temperature:.2f} by "
        f"{_points(errors[1])}; most answers say about {percent(most['confidence'], 0)} and are right in "
        f"{percent(most['accuracy'], 0)}."
    )
    figure = new_figure(theme=theme, height=_HEIGHT_PX, alt=alt)
    _add_diagram(figure, before, after, style, theme)
    counts = before["num_answers"]
    figure.add_bar(
        x=(before["lower"] + before["upper"]) / 2,
        y=counts,
        width=(before["upper"] - before["lower"]) * 0.92,
        marker={"color": faded(style.color, 0.55)},
        text=[f"{count:,}" if count < 10 * _THOUSAND else f"{count / _THOUSAND:.0f}k" for count in counts],
        textposition="outside",
        textfont={"size": 10},
        textangle=0,
        cliponaxis=False,
        yaxis="y2",
        hovertemplate="%{y:,} answers<extra></extra>",
        name="answers",
    )
    _add_legend(figure, style, temperature, errors, theme)
    figure.update_xaxes(
        range=[max(0.0, float(rows["lower"].min()) - _ROOM), 1 + _ROOM / 2],
        tickformat=".0%",
        nticks=6,
        title_text="confidence: the probability of the answer",
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
    return figure


def _add_diagram(
    figure: go.Figure, before: pd.DataFrame, after: pd.DataFrame, style: ArmStyle, theme: Theme
) -> None:
    """Draw the diagonal, the distance of each bin to it, and the bins with the temperature and without."""
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"color": TONES[theme].muted, "width": 1.5, "dash": "dot"},
        hoverinfo="skip",
        name="diagonal",
    )
    bins = list(zip(before["confidence"], before["accuracy"], strict=True))
    figure.add_scatter(  # None lifts the pen
        x=[place for said, _ in bins for place in (said, said, None)],
        y=[place for said, kept in bins for place in (said, kept, None)],
        mode="lines",
        line={"color": faded(style.color, 0.3), "width": 9},
        hoverinfo="skip",
        name="gap",
    )
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


def _points(fraction: float) -> str:
    return f"{100 * fraction:.1f}"
