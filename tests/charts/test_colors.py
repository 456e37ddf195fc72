"""Colours of arms: the design's palette, contrast, shades and dashes per base model, colour-blind readers."""

import itertools

import numpy as np
import pytest

from tests.some_arms import EVERY_ARM, some_arm
from tl_core.charts.colors import (
    BACKGROUND,
    PALETTE,
    ArmStyle,
    Theme,
    arm_color,
    arm_dash,
    arm_label,
    arm_styles,
    contrast,
    faded,
    mix,
)
from tl_core.schema import Arm, ArmKind

THEMES: tuple[Theme, ...] = ("light", "dark")
# Linear RGB as seen without red- or green-sensitive cones (Viénot, Brettel and Mollon 1999, full loss).
PROTANOPE = [[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]]
DEUTERANOPE = [[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]]
TO_XYZ = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]


def lab(color: str, seen_by: list[list[float]]) -> np.ndarray:
    """CIE L*a*b* of a hex colour (D65) as `seen_by` lets it through."""
    srgb = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    xyz = np.array(TO_XYZ) @ np.clip(np.array(seen_by) @ linear, 0, 1) / [0.9505, 1.0, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_contrast_of_black_on_white_is_21():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


def test_mix_goes_from_one_colour_to_the_other():
    assert [mix("#102030", "#FFFFFF", share) for share in (0, 1)] == ["#102030", "#FFFFFF"]
    assert mix("#000000", "#FFFFFF", 0.5) == "#808080"


def test_faded_keeps_the_channels():
    assert faded("#0B6FB8", 0.3) == "rgba(11,111,184,0.3)"


def test_light_palette_is_the_design():
    assert arm_color(Arm.parse("fine_tuned"), "light") == "#0B6FB8"
    assert arm_color(Arm.parse("scratch"), "light") == "#D55E00"


@pytest.mark.parametrize("kind", ArmKind)
def test_dark_tones_stand_out_and_are_lighter(kind):
    dark = PALETTE["dark"][kind]

    assert contrast(dark, BACKGROUND["dark"]) >= 3
    assert contrast(dark, "#000000") > contrast(PALETTE["light"][kind], "#000000")


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("kind", ArmKind)
def test_shades_of_further_base_models_stand_out(kind, theme, rank):
    assert contrast(arm_color(some_arm(kind), theme, rank), BACKGROUND[theme]) >= 3


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", [name for arm in EVERY_ARM for name in (arm.name, f"{arm.name}:other")])
def test_ink_reads_as_text(theme, name):
    style = arm_styles([Arm.parse("fine_tuned"), Arm.parse(name)], {}, theme)[name]

    assert contrast(style.ink, BACKGROUND[theme]) >= 4.5


@pytest.mark.parametrize(
    "seen_by", [np.eye(3).tolist(), PROTANOPE, DEUTERANOPE], ids=["all", "protan", "deutan"]
)
@pytest.mark.parametrize("theme", THEMES)
def test_arms_stay_apart_for_colour_blind_readers(theme, seen_by):
    # The design's own pair of orange and dark yellow is told apart by its direct labels alone.
    left_out = {ArmKind.SCRATCH, ArmKind.FROZEN_RANDOM} if theme == "light" else set()
    pairs = [
        pair
        for modality in ("text", "image")  # an arm for each has one colour: they never stand together
        for pair in itertools.combinations([kind for kind in ArmKind if kind.can_read(modality)], 2)
        if set(pair) != left_out
    ]
    seen = {kind: lab(color, seen_by) for kind, color in PALETTE[theme].items()}

    assert min(np.linalg.norm(seen[a] - seen[b]) for a, b in pairs) > 15


def test_base_models_differ_in_shade_and_dash_within_a_kind():
    names = ["fine_tuned", "fine_tuned:b", "fine_tuned:c"]
    styles = arm_styles([Arm.parse(name) for name in names], {})

    assert len({styles[name].color for name in names}) == 3
    assert [styles[name].dash for name in names] == ["solid", "dash", "dashdot"]


def test_equal_base_models_share_the_dash_across_kinds():
    styles = arm_styles([Arm.parse(n) for n in ["fine_tuned", "scratch", "fine_tuned:b", "scratch:b"]], {})

    assert styles["fine_tuned:b"].dash == styles["scratch:b"].dash == "dash"


def test_first_base_model_keeps_the_palette_if_all_are_named():
    styles = arm_styles([Arm.parse("majority"), Arm.parse("fine_tuned:a"), Arm.parse("fine_tuned:b")], {})

    assert styles["fine_tuned:a"] == ArmStyle("Fine-tuned · a", "#0B6FB8", "solid", "#0B6FB8")
    assert styles["majority"].color == "#8A94A0"


def test_dots_are_left_to_the_floor_line():
    assert "dot" not in {arm_dash(Arm.parse("fine_tuned"), rank) for rank in range(10)}
    assert arm_dash(Arm.parse("tfidf"), 1) == "solid"


def test_label_names_the_base_model_by_its_title_or_id():
    assert arm_label(Arm.parse("frozen_random"), {}) == "Random frozen"
    assert arm_label(Arm.parse("fine_tuned:x/y"), {"x/y": "Y small"}) == "Fine-tuned · Y small"
    assert arm_label(Arm.parse("fine_tuned:x/y"), {}) == "Fine-tuned · x/y"
