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
    labels = _labels(table)
    num_hidden = table["label"].nunique() - len(labels)
    by_arm = table.pivot_table(index="arm", columns="label", values="probability", sort=False, fill_value=0.0)
    arms = [arm for arm in styles if arm in by_arm.index]
    names = [plain(label, _NAME_LIMIT) for label in labels]
    is_upright, names_px = _names_axis([one_line(label, _NAME_LIMIT) for label in labels])
    figure = new_figure(theme=theme, height=_ROW_PX * len(arms) + names_px, alt=_alt(by_arm, arms, styles))
    for row, arm in enumerate(arms):
        _add_row(figure, row, by_arm.loc[arm], labels, styles[arm], theme)
    figure.update_xaxes(
        range=[-0.5, len(labels) - 0.5],
        tickmode="array",
        tickvals=list(range(len(labels))),
        ticktext=names,
        tickangle=-90 if is_upright else 0,
        ticklabelstandoff=4,
        title_text=f"{num_hidden} less likely labels not drawn" if num_hidden else None,
    )
    figure.update_yaxes(range=[-len(arms) + 1, 1], visible=False)
    figure.update_layout(barmode="overlay")
    return figure


def _labels(table: pd.DataFrame) -> list[str]:
    labels = list(dict.fromkeys(table["label"]))
    if len(labels) <= _MOST_LABELS:
        return labels
    best = table.groupby("label", sort=False)["probability"].max()
    return list(best.sort_values(ascending=False, kind="stable").index[:_MOST_LABELS])


def _names_axis(names: list[str]) -> tuple[bool, int]:
    """Whether the labels must stand upright to fit a narrow screen, and the room their axis takes in px."""
    longest_px = max(width_px(name, 12) for name in names)
    is_upright = longest_px > _NARROW_PX / len(names)
    return is_upright, (math.ceil(longest_px) if is_upright else 16) + 40


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


def _alt(by_arm: pd.DataFrame, arms: list[str], styles: Mapping[str, ArmStyle]) -> str:
    tops = [(one_line(styles[arm].label), by_arm.loc[arm]) for arm in arms]
    parts = [f"{name} says {one_line(top.idxmax())} with {percent(top.max(), 0)}" for name, top in tops]
    return f"Probabilities of the labels: {', '.join(parts)}."
