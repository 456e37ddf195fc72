"""Looks of groups: the hue says the kind, shade and dash the group."""

import pytest

from tl_core.charts.colors import BACKGROUND, PALETTE, contrast
from tl_core.charts.groups import group_styles
from tl_core.schema import ArmKind

LABELS = {"fine_tuned:a1": "A: Fine-tuned", "fine_tuned:b2": "B: Fine-tuned", "scratch:c3": "From scratch"}


def test_the_first_of_each_kind_has_the_arm_s_own_colour():
    styles = group_styles(LABELS)
    assert styles["fine_tuned:a1"].color == PALETTE["light"][ArmKind.FINE_TUNED]
    assert styles["scratch:c3"].color == PALETTE["light"][ArmKind.SCRATCH]


def test_groups_of_one_kind_differ_in_shade_and_dash():
    one, other, _ = group_styles(LABELS).values()
    assert one.color != other.color
    assert (one.dash, other.dash) == ("solid", "dash")


def test_a_group_keeps_its_look_when_another_joins():
    more = {**LABELS, "fine_tuned:d4": "C: Fine-tuned"}
    assert {key: group_styles(more)[key] for key in LABELS} == group_styles(LABELS)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_label_can_be_read(theme):
    labels = {f"fine_tuned:{place}": str(place) for place in range(6)}
    styles = group_styles(labels, theme).values()
    assert all(contrast(style.ink, BACKGROUND[theme]) >= 4.5 for style in styles)
    assert len({(style.color, style.dash) for style in styles}) >= 5
