"""One colour an arm, everywhere: hue says the kind of arm, shade and dash say the base model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from tl_core.arms import ARMS, ArmKind
from tl_core.schema import Arm

Theme = Literal["light", "dark"]

PALETTE: dict[Theme, dict[ArmKind, str]] = {
    "light": {spec.kind: spec.color for spec in ARMS},
    "dark": {spec.kind: spec.color_on_dark for spec in ARMS},
}
"""Okabe and Ito's colour-blind safe hues, with a stronger blue, a darker yellow for white paper and a purple
that is far darker, or bluer, than theirs. The darker yellow comes close to the orange for readers without
green-sensitive cones, one more reason why every mark is named beside it."""
BACKGROUND: dict[Theme, str] = {"light": "#FFFFFF", "dark": "#0F141B"}
TEXT: dict[Theme, str] = {"light": "#10161F", "dark": "#E4E9F0"}

# How far a shade moves towards the text colour, and its line, by the base model's rank. Dots are left to
# the floor line.
_SHADES = (0.0, 0.3, 0.5, 0.62)
_DASHES = ("solid", "dash", "dashdot", "longdash", "longdashdot")
_DEEPEST_STEP = 0.6
_BALANCED_STEP = 0.35
_TEXT_CONTRAST = 4.5


@dataclass(frozen=True)
class ArmStyle:
    """How one arm looks in every figure.

    Attributes
    ----------
    label
        Display name; may hold the person's own text and is not escaped.
    color
        Hex colour of lines, dots and bars.
    dash
        Plotly's name of the line's dash.
    ink
        `color` moved towards the text colour until it reads as text: contrast at least 4.5 to 1.
    """

    label: str
    color: str
    dash: str
    ink: str


def arm_color(arm: Arm, theme: Theme, base_model_rank: int = 0) -> str:
    """Colour of an arm as ``#RRGGBB``.

    Parameters
    ----------
    arm
        Its kind decides the hue; its base model decides nothing here.
    theme
        The background that the colour must stand out from.
    base_model_rank
        Place of the arm's base model among those of the experiment; 0 keeps the palette's own colour, the
        following ones move towards the text colour.
    """
    shade = _SHADES[min(base_model_rank, len(_SHADES) - 1)]
    return mix(PALETTE[theme][arm.kind], TEXT[theme], shade)


def arm_dash(arm: Arm, base_model_rank: int = 0) -> str:
    """Name Plotly's dash of an arm's line: solid for the first base model and for arms without one."""
    return _DASHES[base_model_rank % len(_DASHES)] if arm.kind.is_neural else "solid"


def arm_label(arm: Arm, titles: Mapping[str, str]) -> str:
    """Short display label; names the base model where the arm does.

    >>> arm_label(Arm.parse("fine_tuned:distilbert-base-uncased"), {})
    'Fine-tuned · distilbert-base-uncased'

    Parameters
    ----------
    arm
        The arm.
    titles
        Base model id to its display title; an id that is missing stands for itself.
    """
    layers = "layer" if arm.num_layers == 1 else f"{arm.num_layers} layers"
    label = f"{arm.kind.spec.label.format(layers=layers)}{', balanced' if arm.is_balanced else ''}"
    return label if arm.base_model is None else f"{label} · {titles.get(arm.base_model, arm.base_model)}"


def arm_styles(arms: Sequence[Arm], titles: Mapping[str, str], theme: Theme = "light") -> dict[str, ArmStyle]:
    """Style of every arm by its name; equal base models share shade and dash across kinds of arms.

    Parameters
    ----------
    arms
        All arms of the experiment, so that a figure of some of them keeps their colours.
    titles
        Base model id to its display title.
    theme
        Light or dark.
    """
    base_models = [None, *dict.fromkeys(arm.base_model for arm in arms if arm.base_model is not None)]
    if all(arm.base_model is not None for arm in arms if arm.kind.is_neural):
        base_models.remove(None)
    ranks = {base_model: rank for rank, base_model in enumerate(base_models)}
    steps = sorted({arm.num_layers for arm in arms if arm.num_layers is not None})
    styles = {}
    for arm in arms:
        rank = ranks.get(arm.base_model, 0)
        color = arm_color(arm, theme, rank)
        if (
            arm.num_layers is not None and len(steps) > 1
        ):  # the more are drawn anew, the further goes the shade
            share = _DEEPEST_STEP * steps.index(arm.num_layers) / (len(steps) - 1)
            color = mix(color, TEXT[theme], share)
        if arm.is_balanced:
            color = mix(color, TEXT[theme], _BALANCED_STEP)
        styles[arm.name] = ArmStyle(
            arm_label(arm, titles), color, arm_dash(arm, rank), readable(color, theme)
        )
    return styles


@cache
def readable(color: str, theme: Theme) -> str:
    """Move `color` towards the text colour just far enough to be read as text (WCAG 2.2, 1.4.3)."""
    shades = (mix(color, TEXT[theme], step / 20) for step in range(21))
    return next(shade for shade in shades if contrast(shade, BACKGROUND[theme]) >= _TEXT_CONTRAST)


def text_on(color: str) -> str:
    """White where it can be read on `color`, else black."""
    return "#FFFFFF" if contrast("#FFFFFF", color) >= _TEXT_CONTRAST else "#000000"


def mix(color: str, other: str, share: float) -> str:
    """`color` with a `share` (0 to 1) of `other`, channel by channel."""
    channels = zip(_channels(color), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in channels)


def faded(color: str, opacity: float) -> str:
    """`color` as CSS ``rgba()`` with an opacity from 0 to 1."""
    red, green, blue = _channels(color)
    return f"rgba({red},{green},{blue},{opacity:g})"


def contrast(color: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.2, definition "contrast ratio")."""
    darker, lighter = sorted((_luminance(color), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: str) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.2, definition "relative luminance")."""
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (channel / 255 for channel in _channels(color))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _channels(color: str) -> tuple[int, int, int]:
    """Red, green and blue of ``#RRGGBB``, each 0 to 255."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)
