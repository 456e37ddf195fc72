"""How did the training go? The learning curves as a film over training time."""

from tl_core.charts.replay import Y, replay
from tl_core.displays.display import Display, Subject
from tl_core.displays.learning_curves import curve_numbers
from tl_core.results.curves import floor_on_validation, learning_curve_points

LIMITS = (
    "Dots are seeds, lines their means, straight between two evaluations. The last moment shows each run "
    "with the weights that it kept."
)


def display(subject: Subject, type_scale: float = 1.0) -> Display:
    """Let the validation curves of all arms grow together; where nothing took time there are no frames."""
    points = learning_curve_points(subject.runs)
    value: Y = subject.metric.value
    floor = floor_on_validation(subject.runs, subject.label_counts, subject.metric)
    has_film = bool(points["train_s"].gt(0).any())
    return Display(
        key="replay",
        frame=curve_numbers(points, "train_s", value, subject.names) if has_film else None,
        draw=lambda theme: replay(
            points, subject.styles(theme), y=value, floor=floor, type_scale=type_scale, theme=theme
        ),
        limits=LIMITS if has_film else "",
        budget=subject.budget,
    )
