"""For which classes two arms part, and by how much."""

from typing import Literal

import pandas as pd
import plotly.graph_objects as go

from tl_core.charts.colors import ArmStyle, Theme
from tl_core.charts.template import MARGIN_PX, TONES, empty_figure, new_figure
from tl_core.charts.text import one_line, percent, plain, points

Measure = Literal["precision", "recall", "f1"]

_BAR_PX = 26
_GAP_PX = 44
_LABEL_LIMIT = 24
_PALE = 0.45
_MEASURES = {"precision": "precision", "recall": "recall", "f1": "F1"}


def per_class_difference(
    table: pd.DataFrame,
    style_a: ArmStyle,
    style_b: ArmStyle,
    *,
    measure: Measure = "f1",
    most_bars: int = 24,
    theme: Theme = "light",
) -> go.Figure:
    """Show for each class by how much arm a is ahead of arm b; bars take the colour of the arm ahead.

    Parameters
    ----------
    table
        One row per class: ``label``, ``difference`` (a minus b), ``low`` and ``high`` (its interval),
        ``value_a``, ``value_b`` (all fractions), ``support`` (test examples). A bar is pale where the
        interval contains zero.
    style_a, style_b
        The two arms.
    measure
        What the values are.
    most_bars
        Of more classes the largest gains and losses are drawn, and the axis says how many are left out.
    theme
        Light or dark.
    """
    if table.empty:
        return empty_figure("No class has test examples.", theme=theme)
    rows = _extremes(table.sort_values("difference", ascending=False, kind="stable"), most_bars)
    name, hidden = _MEASURES[measure], len(table) - len(rows)
    title = f"difference in {name}, points" + (f"; {hidden} in between not drawn" if hidden else "")
    best, worst = rows.iloc[0], rows.iloc[-1]
    alt = (
        f"Difference in {name} by class, {one_line(style_a.label)} minus {one_line(style_b.label)}: from "
        f"{points(worst['difference'])} points for {one_line(worst['label'])} to "
        f"{points(best['difference'])} for {one_line(best['label'])}."
    )
    figure = new_figure(theme=theme, height=_BAR_PX * len(rows) + 100, alt=alt)
    figure.add_bar(
        x=100 * rows["difference"],
        y=list(range(len(rows))),
        orientation="h",
        marker_color=[style_a.color if gap >= 0 else style_b.color for gap in rows["difference"]],
        marker_opacity=[_PALE if row.low <= 0 <= row.high else 1 for row in rows.itertuples()],
        width=0.62,
        error_x={
            "type": "data",
            "symmetric": False,
            "array": 100 * (rows["high"] - rows["difference"]),
            "arrayminus": 100 * (rows["difference"] - rows["low"]),
            "color": TONES[theme].muted,
            "thickness": 1.5,
            "width": 3,
        },
        hovertext=[
            f"<b>{plain(row.label, 80)}</b><br>{plain(style_a.label)} {percent(row.value_a)}"
            f"<br>{plain(style_b.label)} {percent(row.value_b)}"
            f"<br>interval {points(row.low)} to {points(row.high)}<br>{row.support:,.0f} test examples"
            for row in rows.itertuples()
        ],
        hovertemplate="%{hovertext}<extra></extra>",
    )
    figure.add_vline(x=0, line={"color": TONES[theme].muted, "width": 1})
    low, high = 100 * min(rows["low"].min(), 0.0), 100 * max(rows["high"].max(), 0.0)
    room = max(0.06 * (high - low), 0.5)
    figure.update_xaxes(range=[low - room, high + room], nticks=7, showline=True, title_text=title)
    figure.update_yaxes(
        range=[len(rows) - 0.5, -0.5],
        tickmode="array",
        tickvals=list(range(len(rows))),
        ticktext=[plain(label, _LABEL_LIMIT) for label in rows["label"]],
        ticklabelstandoff=6,
    )
    for place, gap in enumerate(rows["difference"]):
        figure.add_annotation(
            text=points(gap),
            x=1,
            xref="paper",
            xanchor="right",
            xshift=_GAP_PX,
            y=place,
            showarrow=False,
            font={"color": (style_a if gap >= 0 else style_b).ink},
        )
    _add_key(figure, style_a, style_b)
    return figure


def _extremes(ordered: pd.DataFrame, most: int) -> pd.DataFrame:
    """Keep the largest differences of a falling order; a quarter of the places is for its end."""
    if len(ordered) > most:
        end = ordered.index[-(most // 4) :]
        others = ordered.drop(end)["difference"].abs().sort_values(ascending=False, kind="stable")
        kept = others.index[: most - len(end)].union(end)
        ordered = ordered.loc[ordered.index.isin(kept)]
    return ordered.reset_index(drop=True)


def _add_key(figure: go.Figure, style_a: ArmStyle, style_b: ArmStyle) -> None:
    """Say above the bars which colour and side belong to which arm."""
    lines = [
        f'<span style="color:{style.ink}"><b>{plain(style.label)}</b> better {arrow}</span>'
        for style, arrow in ((style_a, "→"), (style_b, "←"))
    ]
    figure.add_annotation(
        text="<br>".join(lines),
        x=1,
        y=1,
        xref="paper",
        yref="paper",
        xanchor="right",
        yanchor="bottom",
        xshift=_GAP_PX,
        yshift=2,
        align="right",
        showarrow=False,
    )
    figure.update_layout(margin={"r": MARGIN_PX + _GAP_PX, "t": MARGIN_PX + 38})
