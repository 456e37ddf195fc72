"""What figures with a line an arm share: the floor, the value axis, the room for labels at a line's end."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from tl_core.charts.colors import ArmStyle, Theme
from tl_core.charts.label_layout import spread
from tl_core.charts.template import MARGIN_PX, TONES, add_note
from tl_core.charts.text import name_lines, one_line, width_px

HEIGHT_PX = 340
"""Height of a figure with labels at the ends of its lines."""
NAME_LIMIT = 20
"""Characters of a name in the label at a line's end."""
TOP_PX, BOTTOM_PX = 30, 52
"""Room above and below the plot."""
LINE_PX = 17
"""Height of a line of a label."""
_SMALL = 11
FLOOR_LABEL = f'<span style="font-size:{_SMALL}px">always the<br>largest class</span>'
"""Names the floor's line beside its right end, in two lines."""


def add_floor_line(figure: go.Figure, floor: float, theme: Theme) -> None:
    """Draw what always answering the largest class reaches (fraction), dotted."""
    figure.add_hline(y=floor, line={"color": TONES[theme].muted, "width": 1.5, "dash": "dot"}, layer="below")


def add_floor(figure: go.Figure, floor: float, theme: Theme) -> None:
    """Draw what always answering the largest class reaches (fraction), dotted, with its name on the line."""
    add_floor_line(figure, floor, theme)
    place = {"x": 1, "xref": "paper", "xanchor": "right", "y": floor, "yanchor": "bottom"}
    add_note(figure, "always the largest class", theme=theme, **place)


def value_range(
    values: npt.ArrayLike, floor: float | None, *, is_fraction: bool = True
) -> tuple[float, float]:
    """Range over all values and the floor, with a little room.

    Fractions stay a hair within [0, 1], and quadratic kappa, where it is below 0, within [-1, 1].
    """
    seen = np.append(np.asarray(values, dtype=float), [] if floor is None else [floor])
    low, high = float(np.nanmin(seen)), float(np.nanmax(seen))
    room = max(0.06 * (high - low), 0.02)
    least = -0.01 if low >= 0 else -1.01
    return (max(low - room, least), min(high + room, 1.01)) if is_fraction else (low - room, high + room)


def label_width_px(label: str) -> float:
    """Width of the label at a line's end: a value and the arm, below them its base model."""
    head, _, tail = label.partition(" · ")
    return max(width_px(f"88.8 {one_line(head, NAME_LIMIT)}"), width_px(one_line(tail, NAME_LIMIT), _SMALL))


def label_places(
    heights: Sequence[float],
    num_lines: Sequence[int],
    y_range: tuple[float, float],
    figure_px: int,
    *,
    above_px: float = TOP_PX / 2,
) -> list[float]:
    """Place labels of some lines each on the value axis, near the heights that they name, none on another.

    Parameters
    ----------
    above_px
        How far they may stand above the plot; 0 where a note stands there that is as wide.
    """
    low, high = y_range
    plot_px = figure_px - TOP_PX - BOTTOM_PX
    wanted = [plot_px * (high - height) / (high - low) for height in heights]
    centres = spread(wanted, [LINE_PX * lines for lines in num_lines], -above_px, plot_px + LINE_PX / 2)
    return [high - centre * (high - low) / plot_px for centre in centres]


def add_label(figure: go.Figure, text: str, place: float, y_range: tuple[float, float], ink: str) -> None:
    """Write a label beside the right end, at a place on the value axis or a little beyond its ends.

    Its height is told by the share of the plot, for Plotly hides what is told to stand beyond an axis.
    """
    low, high = y_range
    figure.add_annotation(
        text=text,
        x=1,
        xref="paper",
        xanchor="left",
        xshift=5,
        y=(place - low) / (high - low),
        yref="paper",
        yanchor="middle",  # else Plotly chooses it by the third of the plot that the label stands in
        align="left",
        showarrow=False,
        font={"color": ink},
    )


def add_end_labels(
    figure: go.Figure, ends: Mapping[str, float], styles: Mapping[str, ArmStyle], y_range: tuple[float, float]
) -> None:
    """Write each arm's last value, a fraction, and its name beside the right end; sets the margins.

    The figure is `HEIGHT_PX` high and its horizontal axis does not make room for itself.
    """
    num_lines = [len(name_lines(styles[arm].label)) for arm in ends]
    places = label_places(list(ends.values()), num_lines, y_range, HEIGHT_PX)
    for (arm, end), place in zip(ends.items(), places, strict=True):
        kind, *base_model = name_lines(styles[arm].label, NAME_LIMIT)
        text = "<br>".join([f"<b>{100 * end:.1f}</b> {kind}", *base_model])
        add_label(figure, text, place, y_range, styles[arm].ink)
    right = max(label_width_px(styles[arm].label) for arm in ends) + 2 * MARGIN_PX
    figure.update_layout(margin={"l": MARGIN_PX, "r": right, "t": TOP_PX, "b": BOTTOM_PX})
