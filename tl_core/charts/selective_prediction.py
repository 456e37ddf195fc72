"""Coverage against accuracy: how right each arm is on the texts that it is surest of."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from tl_core.charts.colors import ArmStyle, Theme, faded
from tl_core.charts.lines import HEIGHT_PX, add_end_labels, value_range
from tl_core.charts.template import add_note, empty_figure, new_figure
from tl_core.charts.text import one_line, percent, plain

_HALF = 0.5


def coverage_curves(
    table: pd.DataFrame, styles: Mapping[str, ArmStyle], *, theme: Theme = "light"
) -> go.Figure:
    """Draw each arm's accuracy over the share of texts it answers, with a band from lowest to highest seed.

    Parameters
    ----------
    table
        One row per arm and share: ``arm`` (name), ``coverage``, ``accuracy``, ``low``, ``high`` (fractions),
        ``num_answered`` (test examples) and ``num_seeds``; the shares of an arm rise, to 1.
    styles
        Style of every arm that occurs; their order is the drawing order.
    theme
        Light or dark.
    """
    if table.empty:
        return empty_figure("No test predictions yet.", theme=theme)
    curves = {arm: rows for arm in styles if len(rows := table.loc[table["arm"] == arm])}
    said = []
    for arm, rows in curves.items():
        half = rows.iloc[int((rows["coverage"] - _HALF).abs().argmin())]
        said.append(
            f"{one_line(styles[arm].label)} {percent(half['accuracy'])} on the surest "
            f"{percent(half['coverage'], 0)} and {percent(rows['accuracy'].iloc[-1])} on all"
        )
    alt = f"Test accuracy over the share of examples answered: {', '.join(said)}."
    figure = new_figure(theme=theme, height=HEIGHT_PX, alt=alt)
    for arm, rows in curves.items():
        _add_arm(figure, rows, styles[arm])
    low, high = value_range(np.concatenate([table["low"], table["high"]]), None)
    figure.update_xaxes(
        range=[0, 1],
        tickformat=".0%",
        nticks=6,
        showline=True,
        tickangle=0,
        title_text="share of the examples answered, surest first",
        automargin=False,  # else the end labels lose their distances in pixels
    )
    figure.update_yaxes(range=[low, high], nticks=7, showgrid=True, tickformat=".0%")
    add_end_labels(
        figure, {arm: float(rows["accuracy"].iloc[-1]) for arm, rows in curves.items()}, styles, (low, high)
    )
    several = (table["num_seeds"] > 1).any()
    note = "test accuracy; bands from lowest to highest seed" if several else "test accuracy, one seed"
    add_note(figure, note, theme=theme, x=0, y=1, xref="paper", yref="paper", xanchor="left", yshift=18)
    return figure


def _add_arm(figure: go.Figure, rows: pd.DataFrame, style: ArmStyle) -> None:
    if rows["num_seeds"].iloc[0] > 1:
        figure.add_scatter(
            x=[*rows["coverage"], *rows["coverage"][::-1]],
            y=[*rows["low"], *rows["high"][::-1]],
            mode="lines",
            fill="toself",
            fillcolor=faded(style.color, 0.15),
            line={"width": 0},
            hoverinfo="skip",
            name="seeds",
        )
    figure.add_scatter(
        x=rows["coverage"],
        y=rows["accuracy"],
        mode="lines",
        line={"color": style.color, "width": 3, "dash": style.dash},
        customdata=rows["num_answered"],
        hovertemplate="%{y:.1%} right on the surest %{customdata:,} examples, %{x:.0%}<extra>"
        + plain(style.label)
        + "</extra>",
        name="mean",
    )
