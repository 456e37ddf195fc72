"""What the models answer to one typed text."""

from collections.abc import Collection, Mapping

import pandas as pd
import plotly.graph_objects as go

from tl_core.charts.colors import ArmStyle, Theme, mix
from tl_core.charts.template import MARGIN_PX, TONES, empty_figure, new_figure
from tl_core.charts.text import one_line, percent, plain
from tl_core.schema import Arm

MOST_BARS = 3
"""Labels whose probabilities are drawn for each model: all of so few, else its likeliest."""
RIGHT, WRONG = "✓", "✗"
_HEAD_PX, _BAR_PX, _GAP_PX = 24, 19, 10
_THICKNESS_PX = 11
_LABEL_LIMIT, _NAME_LIMIT = 22, 26
"""Characters that leave room for both on a telephone."""
_WAITING = "loading …"


def probabilities(
    table: pd.DataFrame,
    styles: Mapping[str, ArmStyle],
    *,
    num_labels: int,
    target: str | None = None,
    waiting: Collection[str] = (),
    theme: Theme = "light",
) -> go.Figure:
    """Show each model's answer, whether it is right, and below it bars of its probabilities.

    The floor, which answers the same to every text, has its answer and no bars.

    Parameters
    ----------
    table
        One row per arm and label: ``arm`` (name), ``label``, ``probability`` (fraction).
    styles
        Style of every arm that occurs; their order is the order of the rows.
    num_labels
        Classes of the experiment; of more than 3 each arm's likeliest 3 are drawn, else all in their order.
    target
        The text's true label; None where nobody knows it, and no answer is right or wrong then.
    waiting
        Arms whose answer is still to come; they keep their room.
    """
    answers = {arm: rows.set_index("label")["probability"] for arm, rows in table.groupby("arm", sort=False)}
    arms = [arm for arm in styles if arm in answers or arm in waiting]
    if not arms:
        return empty_figure("Ask to see what each model answers.", theme=theme)
    num_bars = min(MOST_BARS, num_labels)
    tones, places, words, said, depth = TONES[theme], [], [], [], 0
    figure = new_figure(theme=theme, height=_HEAD_PX, alt="")
    for arm in arms:
        style, answer = styles[arm], answers.get(arm)
        has_bars = not Arm.parse(arm).kind.is_floor
        head = -depth - _HEAD_PX / 2
        places.append(head)
        words.append(f'<b style="color:{style.ink}">{plain(style.label, _NAME_LIMIT)}</b>')
        note = {"x": 0, "y": head, "xanchor": "left", "showarrow": False}
        if answer is None:
            figure.add_annotation(text=_WAITING, font={"color": tones.muted}, **note)
            said.append(f"{one_line(style.label)} has not answered yet")
        else:
            top = answer.idxmax()
            mark = "" if target is None else RIGHT if top == target else WRONG
            color = tones.warning if mark == WRONG else tones.text
            figure.add_annotation(
                text=f'<b>{plain(top, _LABEL_LIMIT)}</b> <b style="color:{color}">{mark}</b>'.rstrip(), **note
            )
            outcome = {"": "", RIGHT: ", which is right", WRONG: ", which is wrong"}[mark]
            said.append(
                f"{one_line(style.label)} says {one_line(top)} with {percent(answer[top], 0)}{outcome}"
            )
        if has_bars and answer is not None:
            likeliest = answer.sort_values(ascending=False, kind="stable")[:num_bars]
            shown = answer if num_labels <= MOST_BARS else likeliest
            centres = [-depth - _HEAD_PX - _BAR_PX * (place + 0.5) for place in range(len(shown))]
            places += centres
            words += [plain(label, _LABEL_LIMIT) for label in shown.index]
            soft = mix(tones.background, style.color, 0.5)
            figure.add_bar(
                orientation="h",
                x=shown.to_numpy(),
                y=centres,
                width=_THICKNESS_PX,
                marker_color=[style.color if label == top else soft for label in shown.index],
                text=[percent(share, 0) for share in shown],
                textposition="outside",
                textfont={"size": 12, "color": tones.muted},
                constraintext="none",
                cliponaxis=False,
                customdata=[[plain(label, 80), percent(share)] for label, share in shown.items()],
                hovertemplate="%{customdata[0]}: %{customdata[1]}<extra>" + plain(style.label) + "</extra>",
            )
        depth += _HEAD_PX + (num_bars * _BAR_PX + _GAP_PX if has_bars else 0)
    figure.update_xaxes(range=[0, 1.12], visible=False)
    figure.update_yaxes(
        range=[-depth, 0], tickmode="array", tickvals=places, ticktext=words, ticklabelstandoff=6
    )
    figure.update_layout(height=depth + 2 * MARGIN_PX, barmode="overlay", meta={"alt": f"{'; '.join(said)}."})
    return figure
