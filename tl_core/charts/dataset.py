"""What a dataset looks like: how large its classes are and how long its texts."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from tl_core.charts.colors import Theme
from tl_core.charts.template import MARGIN_PX, TONES, empty_figure, new_figure
from tl_core.charts.text import one_line, percent, plain

_MOST_CLASSES = 30
_BAR_PX = 26
_COUNT_PX = 96
_MOST_BINS = 40


def class_balance(counts: Mapping[str, int], *, theme: Theme = "light") -> go.Figure:
    """Show how many examples each class has, largest first.

    Parameters
    ----------
    counts
        Examples by label. Of more than 30 classes the smallest share one bar.
    theme
        Light or dark.
    """
    total = sum(counts.values())
    if not total:
        return empty_figure("No examples yet.", theme=theme)
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    kept = ordered if len(ordered) <= _MOST_CLASSES else ordered[: _MOST_CLASSES - 1]
    bars = [(plain(label, 24), count) for label, count in kept]
    rest = ordered[len(kept) :]
    if rest:
        bars.append((f"{len(rest)} more", sum(count for _, count in rest)))
    (largest, most), (smallest, least) = ordered[0], ordered[-1]
    alt = (
        f"{total:,} examples of {len(ordered)} classes: {one_line(largest)} is the largest with "
        f"{percent(most / total)}, {one_line(smallest)} the smallest with {percent(least / total)}."
    )
    figure = new_figure(theme=theme, height=_BAR_PX * len(bars) + 56, alt=alt)
    figure.add_bar(
        x=[count for _, count in bars],
        y=list(range(len(bars))),
        orientation="h",
        marker={"color": [TONES[theme].neutral] * len(kept) + [TONES[theme].line] * bool(rest)},
        text=[f"{count:,} · {percent(count / total)}" for _, count in bars],
        textposition="outside",
        cliponaxis=False,
        width=0.62,
        hovertext=[label for label, _ in bars],
        hovertemplate="%{hovertext}: %{text}<extra></extra>",
    )
    figure.update_xaxes(rangemode="tozero", nticks=5, showline=True, tickformat=",d", title_text="examples")
    figure.update_yaxes(
        range=[len(bars) - 0.5, -0.5],
        tickmode="array",
        tickvals=list(range(len(bars))),
        ticktext=[label for label, _ in bars],
        ticklabelstandoff=6,
    )
    figure.update_layout(margin={"r": MARGIN_PX + _COUNT_PX})
    return figure


def length_histogram(
    lengths: npt.ArrayLike, max_length: int, *, num_texts: int | None = None, theme: Theme = "light"
) -> go.Figure:
    """Show how long the texts are in tokens, and how many the model will not see to their end.

    Parameters
    ----------
    lengths
        Tokens of each counted text before cutting, shape ``(num_counted,)``. The longest hundredth shares
        the last bar if it would stretch the axis.
    max_length
        Tokens kept of each text; longer texts are cut.
    num_texts
        Texts that there are, if only a part of them was counted: the figure then says so.
    theme
        Light or dark.
    """
    tokens = np.asarray(lengths, dtype=float)
    if not len(tokens):
        return empty_figure("No texts yet.", theme=theme)
    counted = f"{len(tokens):,} texts"
    if num_texts is not None and num_texts != len(tokens):
        counted = f"{len(tokens):,} counted texts (there are {num_texts:,})"
    num_cut = int((tokens > max_length).sum())
    cut = f"{'are' if num_cut > 1 else 'is'} cut at {max_length:,} tokens"
    edges = _edges(tokens, max_length)
    counts, _ = np.histogram(np.minimum(tokens, edges[-1] - 0.5), bins=edges)
    lows, highs = np.maximum(edges[:-1], 0), edges[1:] - 1
    highs[-1] = max(highs[-1], float(tokens.max()))
    tones = TONES[theme]
    alt = (
        f"Lengths of {counted}: half have at most {np.median(tokens):,.0f} tokens, the longest "
        f"{tokens.max():,.0f}; {num_cut or 'none'} {cut}."
    )
    figure = new_figure(theme=theme, height=220, alt=alt)
    figure.add_bar(
        x=(edges[:-1] + edges[1:]) / 2,
        y=counts,
        width=np.diff(edges) * 0.92,
        marker_color=[tones.neutral if right - 1 <= max_length else tones.warning for right in edges[1:]],
        customdata=[
            f"{low:,.0f}" if low == high else f"{low:,.0f} to {high:,.0f}"
            for low, high in zip(lows, highs, strict=True)
        ],
        hovertemplate="%{customdata} tokens: %{y:,d} texts<extra></extra>",
    )
    if edges[-1] > max_length:
        figure.add_vline(x=max_length + 0.5, line={"color": tones.warning, "width": 1.5, "dash": "dash"})
    figure.add_annotation(
        text=f"<b>{num_cut:,}</b> of {counted} {cut}" if num_cut else f"none of {counted} {cut}",
        x=1,
        xref="paper",
        xanchor="right",
        y=1,
        yref="paper",
        yanchor="bottom",
        showarrow=False,
        font={"color": tones.warning if num_cut else tones.muted},
    )
    longest = f"; longest {tokens.max():,.0f}" if tokens.max() >= edges[-1] else ""
    figure.update_xaxes(
        range=[0, edges[-1]], nticks=7, showline=True, title_text=f"tokens in a text{longest}"
    )
    figure.update_yaxes(showgrid=True, nticks=4, tickformat=",d", title_text="texts")
    figure.update_layout(margin={"t": 30}, bargap=0)
    return figure


def _edges(tokens: npt.NDArray[np.float64], max_length: int) -> npt.NDArray[np.float64]:
    """Edges of equal bins of whole tokens, one of them right behind `max_length`; first edge at most 1.

    ``right - 1`` of the bin that ends at the limit is `max_length`, so no bin mixes kept and cut texts.
    """
    reach = max(float(np.quantile(tokens, 0.99)) * 1.1, 8.0)
    if tokens.max() <= 1.5 * reach:
        reach = float(tokens.max())
    if tokens.max() > max_length:
        reach = max(reach, 1.2 * max_length)
    step = max(1, int(np.ceil(reach / _MOST_BINS)))
    first = (max_length + 1) % step - step
    return np.arange(first, reach + 1 + step, step, dtype=float)
