"""How groups of runs look that are of one kind of arm, and differ in their settings."""

from collections.abc import Mapping

from tl_core.charts.colors import ArmStyle, Theme, arm_color, arm_dash, readable
from tl_core.schema import Arm, ArmKind


def group_styles(names: Mapping[str, str], theme: Theme = "light") -> dict[str, ArmStyle]:
    """Style of every group by its key: the hue of its kind of arm, shade and dash by its place in the kind.

    A group keeps its look as long as those before it stay; beyond four of a kind, dashes alone tell them
    apart.

    Parameters
    ----------
    names
        Display names by key; a key has the form of an arm's name.
    theme
        Light or dark.
    """
    ranks: dict[ArmKind, int] = {}
    styles = {}
    for key, label in names.items():
        arm = Arm.parse(key)
        rank = ranks.get(arm.kind, 0)
        ranks[arm.kind] = rank + 1
        color = arm_color(arm, theme, rank)
        styles[key] = ArmStyle(label, color, arm_dash(arm, rank), readable(color, theme))
    return styles
