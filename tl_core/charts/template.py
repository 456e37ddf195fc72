"""What all figures share: one Plotly template a theme, and the empty figure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
import plotly.io as pio

from tl_core.charts.colors import BACKGROUND, TEXT, Theme
from tl_core.charts.text import one_line, plain

MARGIN_PX = 8
FONT_PX = 13
BUDGET_PX = 20
"""Height of the line that names the budget."""
# The dashboard's own face first; where it is absent (a saved report) the reader's.
FONT_FAMILY = '"Source Sans", "Source Sans 3", "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'


_FONT_SIZE = re.compile(r"font-size:(\d+)px")
# Where a figure's JSON counts in pixels: by the name, and everything in these groups.
_PIXELS = frozenset({"size", "height", "xshift", "yshift", "standoff", "ticklabelstandoff", "xgap", "ygap"})
_FEWEST_TICKS = 3
_PIXEL_GROUPS = frozenset({"margin", "line"})


@dataclass(frozen=True, kw_only=True)
class Tones:
    """The colours that belong to no arm.

    Attributes
    ----------
    background, text
        Those of the page.
    muted
        Axis labels and notes; contrast to the background at least 4.5 to 1.
    line
        Axes and reference lines.
    grid
        The faintest lines.
    neutral
        Bars that stand for no arm; contrast at least 3 to 1.
    warning
        What is lost or cut; contrast at least 3 to 1.
    gain
        What is won, told from `warning` by readers of any colour vision; contrast at least 3 to 1.
    """

    background: str
    text: str
    muted: str
    line: str
    grid: str
    neutral: str
    warning: str
    gain: str


TONES: Mapping[Theme, Tones] = {
    "light": Tones(
        background=BACKGROUND["light"],
        text=TEXT["light"],
        muted="#636D7B",
        line="#B9C1CC",
        grid="#E9EDF2",
        neutral="#7480A6",
        warning="#C2410C",
        gain="#0B6FB8",
    ),
    "dark": Tones(
        background=BACKGROUND["dark"],
        text=TEXT["dark"],
        muted="#98A3B1",
        line="#465264",
        grid="#232C38",
        neutral="#8F9BC4",
        warning="#FB923C",
        gain="#3E9CE6",
    ),
}


def new_figure(*, theme: Theme, height: int, alt: str) -> go.Figure:
    """Start a figure: the theme's template, a height in pixels, and its alternative text.

    Parameters
    ----------
    theme
        Light or dark.
    height
        Height in pixels; the width is the container's.
    alt
        One sentence for readers who cannot see the figure. It is plain text, kept as
        ``figure.layout.meta["alt"]``; escape it for the medium that it is shown in.
    """
    figure = go.Figure()
    figure.update_layout(template=_name(theme), height=height, meta={"alt": alt})
    return figure


def empty_figure(message: str, *, theme: Theme) -> go.Figure:
    """Make a low figure that says, without axes, why there is nothing to see."""
    figure = new_figure(theme=theme, height=120, alt=message)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    add_note(figure, message, theme=theme, x=0.5, y=0.5, xref="paper", yref="paper")
    return figure


class _Settled(go.Figure):  # type: ignore[misc]
    """A figure whose dictionary is made once."""

    def to_dict(self) -> dict[str, Any]:
        made: dict[str, Any] | None = self.__dict__.get("_made")
        if made is None:
            made = self.__dict__["_made"] = super().to_dict()
        return made


def settled(figure: go.Figure) -> go.Figure:
    """Return the same figure, which nobody may change any more: what is sent of it is made once.

    Plotly copies every value of a figure each time that it is sent: half of the time of *Results*.
    """
    figure.__class__ = _Settled
    return figure


def enlarged(figure: go.Figure, factor: float) -> go.Figure:
    """Return the same figure for readers at the other end of a room: type, lines, marks and margins grow.

    Parameters
    ----------
    factor
        By how much; the width stays the container's.
    """
    layout = figure.layout.to_plotly_json()
    template = _scaled(figure.layout.template.layout.to_plotly_json(), factor)
    larger = go.Figure(_scaled({**figure.to_plotly_json(), "layout": {**layout, "template": None}}, factor))
    return larger.update_layout(template={"layout": template})


def _scaled(node: Any, factor: float, name: str = "", parent: str = "") -> Any:
    """Scale every length in pixels below a node of a figure's JSON."""
    if isinstance(node, dict):
        return {key: _scaled(value, factor, key, name) for key, value in node.items()}
    if isinstance(node, list | tuple) and any(isinstance(one, dict | str) for one in node):
        return [_scaled(one, factor, name, parent) for one in node]
    if isinstance(node, str):
        return _FONT_SIZE.sub(lambda found: f"font-size:{round(factor * int(found[1]))}px", node)
    if isinstance(node, bool):
        return node
    if name == "nticks":  # larger type leaves room for fewer
        return max(_FEWEST_TICKS, round(node / factor))
    if isinstance(node, int | float) and (name in _PIXELS or parent in _PIXEL_GROUPS and name != "color"):
        return round(factor * node) if isinstance(node, int) else factor * node
    return node


def name_budget(figure: go.Figure, budget: str) -> go.Figure:
    """Write below a figure by which rule the networks in it trained, in the same place everywhere.

    Parameters
    ----------
    budget
        The rule in a few words; nothing is written if it is empty or the figure has nothing to show.
    """
    if not budget or not figure.data:
        return figure
    title = {
        "text": f"budget: {plain(budget)}",
        "font": {"size": 11, "weight": "normal", "color": figure.layout.template.layout.xaxis.tickfont.color},
        "x": 1,
        "xanchor": "right",
        "y": 0,
        "yref": "container",
        "yanchor": "bottom",
        "automargin": True,
        "pad": {"t": 4, "b": 4, "r": MARGIN_PX},
    }
    if figure.layout.xaxis.automargin is False:  # nothing then makes room below the axis but the margin
        figure.update_layout(margin_b=figure.layout.margin.b + BUDGET_PX)
    meta = {**figure.layout.meta, "alt": f"{figure.layout.meta['alt']} Budget: {one_line(budget)}."}
    return figure.update_layout(title=title, height=figure.layout.height + BUDGET_PX, meta=meta)


def add_note(figure: go.Figure, markup: str, *, theme: Theme, **position: object) -> None:
    """Write small grey text; `markup` is already escaped, `position` is what Plotly's annotations take."""
    note: dict[str, object] = {"font": {"color": TONES[theme].muted, "size": 12}, **position}
    figure.add_annotation(text=markup, showarrow=False, **note)


def _name(theme: Theme) -> str:
    return f"transfer_{theme}"


def _template(tones: Tones) -> go.layout.Template:
    axis = {
        "showgrid": False,
        "zeroline": False,
        "showline": False,
        "ticks": "",
        "fixedrange": True,  # a page scrolls under the finger; nothing here needs zooming
        "linecolor": tones.line,
        "gridcolor": tones.grid,
        "tickfont": {"color": tones.muted, "size": 12},
        "title": {"font": {"color": tones.muted, "size": 12}, "standoff": 8},
    }
    return go.layout.Template(
        layout={
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"family": FONT_FAMILY, "size": FONT_PX, "color": tones.text},
            "margin": {"l": MARGIN_PX, "r": MARGIN_PX, "t": MARGIN_PX, "b": MARGIN_PX, "pad": 0},
            "showlegend": False,
            "dragmode": False,
            "hovermode": "closest",
            "hoverlabel": {
                "bgcolor": tones.background,
                "bordercolor": tones.line,
                "font": {"family": FONT_FAMILY, "size": FONT_PX, "color": tones.text},
                "align": "left",
                "namelength": -1,
            },
            "xaxis": {**axis, "automargin": True},
            "yaxis": {**axis, "automargin": True},
        }
    )


for _theme, _tones in TONES.items():
    pio.templates[_name(_theme)] = _template(_tones)
