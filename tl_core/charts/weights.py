"""What a network brings along: which of its weights begin pretrained and which at random."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from tl_core.charts.colors import ArmStyle, Theme, faded, text_on
from tl_core.charts.template import MARGIN_PX, TONES, empty_figure, new_figure
from tl_core.charts.text import one_line, plain

_ROW_PX = 58
_AXIS_PX = 44
_RANDOM_OPACITY = 0.16
_NAME_LIMIT = 24


def starting_weights(
    rows: pd.DataFrame, styles: Mapping[str, ArmStyle], *, theme: Theme = "light"
) -> go.Figure:
    """Show for each arm the share of weights that begins pretrained, filled, and at random, pale.

    Parameters
    ----------
    rows
        One row per arm, drawn from the top: ``arm`` (name), ``pretrained`` and ``random`` (numbers of
        weights), ``is_trained`` (whether more than the head learns).
    styles
        Style of every arm that occurs.
    theme
        Light or dark.
    """
    if rows.empty:
        return empty_figure("How many weights begin pretrained is not known.", theme=theme)
    listed = rows.reset_index(drop=True)
    said = [
        f"{one_line(styles[row.arm].label)} {row.pretrained:,} pretrained and {row.random:,} random"
        for row in listed.itertuples()
    ]
    alt = f"Weights at the start of training: {'; '.join(said)}."
    figure = new_figure(theme=theme, height=_ROW_PX * len(listed) + _AXIS_PX, alt=alt)
    for row in listed.itertuples():
        _add_row(figure, row, styles[row.arm], theme)
    figure.update_xaxes(
        range=[0, 1],
        tickformat=".0%",
        nticks=6,
        showline=True,
        title_text="share of all weights at the start",
    )
    figure.update_yaxes(range=[len(listed) - 0.6, -0.9], visible=False)
    figure.update_layout(barmode="stack", bargap=0.5, margin={"r": 3 * MARGIN_PX})
    return figure


def _add_row(figure: go.Figure, row: Any, style: ArmStyle, theme: Theme) -> None:
    total = row.pretrained + row.random
    head = f" + {row.random:,} random in the head" if row.pretrained else ""
    parts = (
        ("pretrained", row.pretrained, style.color, text_on(style.color)),
        ("random", row.random, faded(style.color, _RANDOM_OPACITY), TONES[theme].text),
    )
    for name, count, color, ink in parts:
        size = f"{count / 1e6:.1f} M" if count >= 1e5 else f"{count:,}"
        figure.add_bar(
            x=[count / total],
            y=[row.Index],
            orientation="h",
            marker={"color": color, "line": {"color": style.color, "width": 1}},
            text=f"{size} {name}{head}" if count > total / 2 else "",
            textposition="inside",
            insidetextanchor="start",
            textfont={"color": ink},
            hovertemplate=f"{count:,} weights begin {name}<extra>{plain(style.label)}</extra>",
            name=name,
        )
    learns = "all weights learn" if row.is_trained else "only the head learns"
    figure.add_annotation(
        text=f"<b>{plain(style.label, _NAME_LIMIT)}</b> · {learns}",
        x=0,
        xref="paper",
        xanchor="left",
        y=row.Index,
        yshift=24,
        showarrow=False,
        font={"color": style.ink},
    )
