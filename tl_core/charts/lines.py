"""What figures with a line an arm share: the floor, the value axis, the room for labels at a line's end."""

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from tl_core.charts.colors import Theme
from tl_core.charts.template import TONES, add_note
from tl_core.charts.text import one_line, width_px

NAME_LIMIT = 20
"""Characters of a name in the label at a line's end."""
_SMALL = 11


def add_floor(figure: go.Figure, floor: float, theme: Theme) -> None:
    """Draw what always answering the largest class reaches (fraction), dotted, with its name."""
    figure.add_hline(y=floor, line={"color": TONES[theme].muted, "width": 1.5, "dash": "dot"}, layer="below")
    place = {"x": 1, "xref": "paper", "xanchor": "right", "y": floor, "yanchor": "bottom"}
    add_note(figure, "always the largest class", theme=theme, **place)


def value_range(
    values: npt.ArrayLike, floor: float | None, *, is_fraction: bool = True
) -> tuple[float, float]:
    """Range over all values and the floor, with a little room; fractions stay a hair within [0, 1]."""
    seen = np.append(np.asarray(values, dtype=float), [] if floor is None else [floor])
    low, high = float(np.nanmin(seen)), float(np.nanmax(seen))
    room = max(0.06 * (high - low), 0.02)
    return (max(low - room, -0.01), min(high + room, 1.01)) if is_fraction else (low - room, high + room)


def label_width_px(label: str) -> float:
    """Width of the label at a line's end: a value and the arm, below them its base model."""
    head, _, tail = label.partition(" · ")
    return max(width_px(f"88.8 {one_line(head, NAME_LIMIT)}"), width_px(one_line(tail, NAME_LIMIT), _SMALL))
