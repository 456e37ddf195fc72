"""The horizontal distance between two curves over labels: what labels were worth, drawn as an arrow."""

import math

import numpy as np
import plotly.graph_objects as go

from tl_core.charts.colors import ArmStyle, Theme, faded
from tl_core.charts.template import TONES
from tl_core.evaluation.data_efficiency import DataEfficiency
from tl_core.evaluation.data_efficiency_words import (
    needed_interval_words,
    needed_words,
    saved_interval_words,
    saved_words,
)

_INTERVAL_PX = 9
_LABEL_SHIFT_PX = 12


def add_distance(figure: go.Figure, worth: DataEfficiency, style: ArmStyle, theme: Theme) -> None:
    """Draw from the labels of ``b`` to those with which ``a`` is shown to be better, and the interval.

    The axis is logarithmic. Nothing leaves the measured range: an end that does lies at its edge.

    Parameters
    ----------
    style
        Of ``worth.a``.
    """
    first, last = worth.sizes[0], max(worth.sizes[-1], worth.size)
    low, high = (float(np.clip(one, first, last)) for one in (worth.needed.low, worth.needed.high))
    tones = TONES[theme]
    figure.add_scatter(
        x=[low, high],
        y=[worth.value, worth.value],
        mode="lines",
        line={"color": faded(style.color, 0.45), "width": _INTERVAL_PX},
        hovertemplate=f"needs {needed_words(worth)} labels by the means<br>"
        f"95% interval {needed_interval_words(worth)}<extra></extra>",
        name="needed",
    )
    if worth.is_shown:
        figure.add_annotation(
            x=math.log10(high),
            ax=math.log10(worth.size),
            xref="x",
            axref="x",
            y=worth.value,
            ay=worth.value,
            yref="y",
            ayref="y",
            text="",
            arrowhead=2,
            arrowwidth=2,
            arrowcolor=tones.text,
        )
    figure.add_annotation(
        x=(math.log10(high) + math.log10(worth.size)) / 2 if worth.is_shown else math.log10(high),
        y=worth.value,
        yshift=_LABEL_SHIFT_PX,
        xanchor="center" if worth.is_shown else "right",
        text=f"<b>{_words(worth)}</b>" if worth.is_shown else _words(worth),
        showarrow=False,
        font={"color": tones.text},
    )


def distance_alt(worth: DataEfficiency) -> str:
    """Say the same for readers who cannot see it, as a sentence that goes on from the curves."""
    saved = _words(worth)
    return (
        f"At the level reached with {worth.size:,} labels the distance between the curves is {saved}, "
        f"95% interval {saved_interval_words(worth)}."
    )


def _words(worth: DataEfficiency) -> str:
    """Say the distance; that a flag weakens it must not be lost where the picture stands alone."""
    words = f"{saved_words(worth)} labels" if worth.is_shown else "no labels shown to be saved"
    return f"{words} (flagged)" if worth.flags else words
