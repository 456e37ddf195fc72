"""What the arms answer to one typed text."""

import math
from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from tl_core.charts.colors import ArmStyle, Theme, mix
from tl_core.charts.template import TONES, empty_figure, new_figure
from tl_core.charts.text import one_line, percent, plain, width_px

_MOST_LABELS = 8
_ROW_PX = 92
_BAR_SHARE = 0.5
_NAME_LIMIT = 22
_NARROW_PX = 370


def probabilities(
    table: pd.DataFrame, styles: Mapping[str, ArmStyle], *, theme: Theme = "light"
) -> go.Figure:
    """Show every arm's probabilities of the labels: a row of bars per arm, a column per label.

    Parameters
    ----------
    table
        One row per arm and label: ``arm`` (name), ``label``, ``probability`` (fraction). Up to 8 labels
        keep their order; of more, the 8 to which any arm gives most are drawn, likeliest first.
    styles
        Style of every arm that occurs; their order is the order of the rows.
    theme
        Light or dark.
    """
    if table.empty:
        return empty_figure("Type a text to see every arm's answer.", theme=theme)
    labels = list(dict.fromkeys(table["label"]))
    num_hidden = max(len(labels) - _MOST_LABELS, 0)
    if num_hidden:
        best = table.groupby("label", sort=False)["probability"].max()
        labels = list(best.sort_values(ascending=False, kind="stable").index[:_MOST_LABELS])
    by_arm = table.pivot_table(index="arm", columns="label", values="probability", sort=False, fill_value=0.0)
    arms = [arm for arm in styles if arm in by_arm.index]
    longest_px = max(width_px(one_line(label, _NAME_LIMIT), 12) for label in labels)
    is_upright = longest_px > _NARROW_PX / len(labels)
    names_px = (math.ceil(longest_px) if is_upright else 16) + 40
    tops = [(one_line(styles[arm].label), by_arm.loc[arm]) for arm in arms]
    said = [f"{name} says {one_line(top.idxmax())} with {percent(top.max(), 0)}" for name, top in tops]
    alt = f"Probabilities of the labels: {', '.join(said)}."
    figure = new_figure(theme=theme, height=_ROW_PX * len(arms) + names_px, alt=alt)
    for row, arm in enumerate(arms):
        _add_row(figure, row, by_arm.loc[arm], labels, styles[arm], theme)
    figure.update_xaxes(
        range=[-0.5, len(labels) - 0.5],
        tickmode="array",
        tickvals=list(range(len(labels))),
        ticktext=[plain(label, _NAME_LIMIT) for label in labels],
        tickangle=-90 if is_upright else 0,
        ticklabelstandoff=4,
        title_text=f"{num_hidden} less likely labels not drawn" if num_hidden else None,
    )
    figure.update_yaxes(range=[-len(arms) + 1, 1], visible=False)
    figure.update_layout(barmode="overlay")
    return figure


def _add_row(
    figure: go.Figure, row: int, answer: pd.Series, labels: list[str], style: ArmStyle, theme: Theme
) -> None:
    """Draw one arm's bars on their own base line, ``-row``, under a heading with its answer."""
    shown = answer[labels]
    top = answer.idxmax()
    soft = mix(TONES[theme].background, style.color, 0.5)
    figure.add_bar(
        x=list(range(len(labels))),
        y=_BAR_SHARE * shown.to_numpy(),
        base=-row,
        width=0.7,
        marker_color=[style.color if label == top else soft for label in labels],
        text=[percent(share, 0) for share in shown],
        textposition="outside",
        textangle=0,
        textfont={"size": 12, "color": TONES[theme].muted},
        constraintext="none",
        cliponaxis=False,
        customdata=[[plain(label, 80), percent(share)] for label, share in shown.items()],
        hovertemplate="%{customdata[0]}: %{customdata[1]}<extra>" + plain(style.label) + "</extra>",
    )
    figure.add_hline(y=-row, line={"color": TONES[theme].line, "width": 1})
    figure.add_annotation(
        text=f"<b>{plain(style.label, 28)}</b> · {plain(top, 18)}, {percent(answer[top], 0)}",
        x=0,
        xref="paper",
        xanchor="left",
        y=1 - row,
        yanchor="top",
        yshift=-4,
        showarrow=False,
        font={"color": style.ink},
    )
