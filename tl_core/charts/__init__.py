"""Tables to Plotly figures (floor 2): pure functions, one colour an arm, user text never read as markup."""

from tl_core.charts.agreement import who_is_right
from tl_core.charts.answers import probabilities
from tl_core.charts.arms import arms_overview, difference_interval
from tl_core.charts.classes import per_class_difference
from tl_core.charts.colors import ArmStyle, Theme, arm_color, arm_dash, arm_label, arm_styles
from tl_core.charts.confusion import confusion_difference, confusion_matrix
from tl_core.charts.dataset import class_balance, length_histogram
from tl_core.charts.learning_curves import learning_curves
from tl_core.charts.text import plain

__all__ = [
    "ArmStyle",
    "Theme",
    "arm_color",
    "arm_dash",
    "arm_label",
    "arm_styles",
    "arms_overview",
    "class_balance",
    "confusion_difference",
    "confusion_matrix",
    "difference_interval",
    "learning_curves",
    "length_histogram",
    "per_class_difference",
    "plain",
    "probabilities",
    "who_is_right",
]
