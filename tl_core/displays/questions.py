"""The questions that an experiment's results answer, in the order in which they are told."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tl_core.displays import (
    agreement,
    calibration,
    classes,
    confusion,
    data_efficiency,
    learning_curves,
    overview,
    pairs,
    repeated_splits,
    selective_prediction,
    time_to_accuracy,
)
from tl_core.displays.display import Display, Subject


@dataclass(frozen=True)
class Question:
    """What is asked, and the displays that answer it; none where there is nothing to show."""

    words: str
    displays: Callable[[Subject], Sequence[Display]]


def _one(make: Callable[[Subject], Display | None]) -> Callable[[Subject], Sequence[Display]]:
    return lambda subject: [display for display in [make(subject)] if display is not None]


def _of_both(make: Callable[[Subject, str], Display]) -> Callable[[Subject], Sequence[Display]]:
    return lambda subject: [make(subject, arm) for arm in subject.pair]


QUESTIONS = (
    Question("How good is each model?", _one(overview.display)),
    Question("Does it hold on other splits?", _one(repeated_splits.display)),
    Question("How fast did each model learn?", _one(learning_curves.display)),
    Question("How long to the same score?", _one(time_to_accuracy.display)),
    Question("Where do they disagree?", _one(agreement.display)),
    Question("Which classes gain and lose?", _one(classes.display)),
    Question("Which classes are confused?", _of_both(confusion.display_arm)),
    Question("How far can the confidence be trusted?", _of_both(calibration.display_arm)),
    Question("How accurate is it if it can skip hard examples?", _one(selective_prediction.display)),
    Question("How do all pairs compare?", _one(pairs.display)),
    Question("How many labels does pretraining save?", _one(data_efficiency.display)),
)
"""Report and JSON answer all of them."""
