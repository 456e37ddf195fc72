"""Signs that an arm was not trained well enough for a claim about it, from numbers of its runs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tl_core.evaluation.metrics import Floats
from tl_core.schema import Arm, BudgetRule, Flag, SplitName

COLLAPSED_SHARE = 0.99
LARGE_CLASS_SHARE = 0.95
LEARNED_GAIN = 0.10
MATERIAL_SHARE_OF_FALL = 0.02
HARDLY_KNOWN_TEXTS = 0.5

FLAG_WORDS = {
    "collapsed": "one label for all",
    "did_not_learn": "did not learn",
    "still_improving": "still improving",
    "worse_than_majority": "below the largest class",
    "hardly_any_known_feature": "hardly a known word",
    "below_tfidf": "below TF-IDF",
    "did_not_finish": "seeds missing",
    "unreadable": "seeds unreadable",
}
"""A few words for each flag, where its phrase has no room."""


@dataclass(frozen=True, kw_only=True)
class RunHealth:
    """What the flags need to know of one run.

    Attributes
    ----------
    seed
        Index of the run's seed.
    majority_share
        Share of the largest class among its training examples, 0 to 1.
    train_accuracy
        Accuracy on its own training examples at the end; None for arms that report none.
    validation_losses
        Losses of its evaluations on validation, in their order; empty for arms without evaluations.
    validation_values
        The headline metric in the same evaluations, a fraction.
    has_levelled_off
        Whether it ended because validation had levelled off, and not at a number of steps.
    predicted_class_counts
        For each split it predicted (validation, test): the number of predictions per class.
    test_value, majority_test_value
        The headline metric on test, and what always answering the largest class reaches there.
    hardly_known
        Share of the texts of validation and test of which hardly a word or character occurs in train; empty
        for arms that do not count words.
    """

    seed: int
    majority_share: float
    train_accuracy: float | None = None
    validation_losses: tuple[float, ...] = ()
    validation_values: tuple[float, ...] = ()
    has_levelled_off: bool = False
    predicted_class_counts: tuple[tuple[int, ...], ...] = ()
    test_value: float
    majority_test_value: float
    hardly_known: tuple[tuple[SplitName, float], ...] = ()


def find_flags(arm: Arm, runs: Sequence[RunHealth], budget: BudgetRule) -> tuple[Flag, ...]:
    """Raise each flag that at least one run of an arm shows; the majority arm gets none.

    The phrase names how many seeds show it where there are several, and the numbers that show it, as means
    over those seeds.
    """
    if arm.kind.is_floor:
        return ()
    improving = _NOT_LEVELLED_OFF if budget is BudgetRule.PLATEAU else _STILL_IMPROVING
    rules = (_COLLAPSED, _DID_NOT_LEARN, improving, _WORSE_THAN_MAJORITY, _HARDLY_ANY_KNOWN_FEATURE)
    flags = []
    for rule in rules:
        shown = [run for run in runs if rule.shows(run)]
        if shown:
            how_often = f" ({len(shown)} of {len(runs)} seeds)" if len(runs) > 1 else ""
            flags.append(
                Flag(
                    code=rule.code,
                    arm=arm.name,
                    phrase=rule.phrase + how_often,
                    evidence=rule.evidence(shown),
                    remedy=rule.remedy,
                    action=rule.action,
                    seeds=tuple(run.seed for run in shown),
                )
            )
    return tuple(flags)


def collapsed(run: RunHealth) -> bool:
    """Whether one class got nearly all predictions of a split although no class is nearly all examples."""
    if run.majority_share >= LARGE_CLASS_SHARE:
        return False
    return any(max(counts) >= COLLAPSED_SHARE * sum(counts) > 0 for counts in run.predicted_class_counts)


def did_not_learn(run: RunHealth) -> bool:
    """Whether the run is not clearly above the largest class on its own training examples.

    Clearly: by 10 points, or by half of what is left to 1 where that is less.
    """
    if run.train_accuracy is None:
        return False
    return run.train_accuracy - run.majority_share < min(LEARNED_GAIN, (1 - run.majority_share) / 2)


def still_improving(run: RunHealth) -> bool:
    """Whether the last evaluation was the best, and by more than noise.

    The gain over the best evaluation before the last quarter must exceed twice the standard deviation
    that noise alone gives the difference of two evaluations, and 2% of the fall since the first one.
    Under a rate that decays linearly to 0, a loss that approaches its end exponentially gains 2% in the
    last quarter if about an eighth of the way was still ahead.
    """
    losses = np.asarray(run.validation_losses)
    if len(losses) < 2 or losses.argmin() != len(losses) - 1:
        return False
    material = MATERIAL_SHARE_OF_FALL * (losses[0] - losses[-1])
    return bool(_gain_of_last_quarter(losses) > max(material, 2 * np.sqrt(2) * _noise(losses)))


def cut_off(run: RunHealth) -> bool:
    """Whether a network that was to train until it levels off had not done so at its step limit."""
    return bool(run.validation_losses) and not run.has_levelled_off


def _gain_of_last_quarter(losses: Floats) -> float:
    """Say by how much the last loss is below the lowest before the last quarter."""
    return float(losses[: -max(1, len(losses) // 4)].min() - losses[-1])


def worse_than_majority(run: RunHealth) -> bool:
    """Whether always answering the largest class reaches more on test."""
    return run.test_value < run.majority_test_value


def hardly_any_known_feature(run: RunHealth) -> bool:
    """Whether most texts of validation or of test hold hardly a word or character known from train."""
    return any(share >= HARDLY_KNOWN_TEXTS for _name, share in run.hardly_known)


def _noise(losses: Floats) -> float:
    """Estimate the standard deviation of a loss around its smooth course, in the second half.

    Second differences of independent noise have 6 times its variance and none of a straight course
    (Gasser, Sroka and Jennen-Steinmetz 1986, Biometrika 73, 625-633). 0 with fewer than 3 evaluations.
    """
    second_differences = np.diff(losses[len(losses) // 2 :], n=2)
    if second_differences.size == 0:
        return 0.0
    return float(np.sqrt((second_differences**2).mean() / 6))


def _one_answer(runs: Sequence[RunHealth]) -> str:
    shares = [max(max(c) / sum(c) for c in run.predicted_class_counts if sum(c)) for run in runs]
    return f"one label in {100 * np.mean(shares):.1f}% of the answers"


def _train_accuracy(runs: Sequence[RunHealth]) -> str:
    right = np.mean([run.train_accuracy for run in runs if run.train_accuracy is not None])
    largest = np.mean([run.majority_share for run in runs])
    return f"{100 * right:.1f}% right, largest class {100 * largest:.1f}%"


def _last_gain(runs: Sequence[RunHealth]) -> str:
    gain = np.mean([_gain_of_last_quarter(np.asarray(run.validation_losses)) for run in runs])
    return f"the last evaluation was the best, loss down by {gain:.2g} in the last quarter"


def _last_rise(runs: Sequence[RunHealth]) -> str:
    """Hold the last quarter of the evaluations against the one before, in means."""
    rises = []
    for run in runs:
        values, quarter = np.asarray(run.validation_values), max(1, len(run.validation_values) // 4)
        rises.append(values[-quarter:].mean() - values[-2 * quarter : -quarter].mean())
    change = 100 * float(np.mean(rises))
    side = "above" if change >= 0 else "below"
    return f"the last quarter of the evaluations is {abs(change):.1f} points {side} the quarter before"


def _against_majority(runs: Sequence[RunHealth]) -> str:
    own = np.mean([run.test_value for run in runs])
    return f"{100 * own:.1f} against {100 * np.mean([run.majority_test_value for run in runs]):.1f}%"


def _unknown_texts(runs: Sequence[RunHealth]) -> str:
    means = {
        name: np.mean([dict(run.hardly_known)[name] for run in runs]) for name, _share in runs[0].hardly_known
    }
    shares = " and ".join(f"{100 * mean:.1f}% of the {name} texts" for name, mean in means.items())
    return f"hardly a word known in {shares}"


@dataclass(frozen=True, kw_only=True)
class _Rule:
    code: str
    shows: Callable[[RunHealth], bool]
    phrase: str
    evidence: Callable[[Sequence[RunHealth]], str]
    remedy: str
    action: Literal["", "more_steps", "search_rates"]


_COLLAPSED = _Rule(
    code="collapsed",
    shows=collapsed,
    phrase="gave almost every example the same label",
    evidence=_one_answer,
    remedy="Search the learning rates of all models on validation.",
    action="search_rates",
)
_DID_NOT_LEARN = _Rule(
    code="did_not_learn",
    shows=did_not_learn,
    phrase="did not learn the training examples",
    evidence=_train_accuracy,
    remedy="Search the learning rates of all models on validation, and train them for longer.",
    action="more_steps",
)
_STILL_IMPROVING = _Rule(
    code="still_improving",
    shows=still_improving,
    phrase="was still improving when it stopped",
    evidence=_last_gain,
    remedy="Train all models for more epochs, or each until it stops improving.",
    action="more_steps",
)
_NOT_LEVELLED_OFF = _Rule(
    code="still_improving",
    shows=cut_off,
    phrase="had not levelled off when it reached the step limit",
    evidence=_last_rise,
    remedy="Raise the step limit of all models.",
    action="more_steps",
)
_WORSE_THAN_MAJORITY = _Rule(
    code="worse_than_majority",
    shows=worse_than_majority,
    phrase="did worse than always answering the largest class",
    evidence=_against_majority,
    remedy="Check the labels, search the learning rates of all models, or give them more training examples.",
    action="search_rates",
)


_HARDLY_ANY_KNOWN_FEATURE = _Rule(
    code="hardly_any_known_feature",
    shows=hardly_any_known_feature,
    phrase="knew hardly a word of most texts that it was judged on",
    evidence=_unknown_texts,
    remedy="Use test texts of the language and kind that it was trained on, or train it on texts like them.",
    action="",
)
