"""Signs that an arm was not trained well enough for a claim about it, from numbers of its runs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tl_core.evaluation.trend import ALPHA, Trend, judge, second_half
from tl_core.schema import Arm, BudgetRule, Flag, SplitName

COLLAPSED_SHARE = 0.99
LARGE_CLASS_SHARE = 0.95
LEARNED_GAIN = 0.10
BY_HEART = 0.9
"""Accuracy in training from which a network can be said to know its train examples by heart."""
HARDLY_CARRIED_OVER = 0.25
"""Share of what was learned above the largest class in training that must show on validation."""
HARDLY_KNOWN_TEXTS = 0.5

FLAG_WORDS = {
    "collapsed": "one label for all",
    "did_not_learn": "did not learn",
    "never_better": "no better than at the start",
    "learned_by_heart": "learned by heart",
    "still_improving": "still improving",
    "trend_unknown": "perhaps not finished",
    "worse_than_majority": "below the largest class",
    "hardly_any_known_feature": "hardly a known word",
    "below_tfidf": "below TF-IDF",
    "did_not_finish": "seeds missing",
    "unreadable": "seeds unreadable",
    "groups_unknown": "groups unknown",
    "seeds_left_out": "seeds left out",
}
"""A few words for each flag, where its phrase has no room."""


@dataclass(frozen=True, kw_only=True)
class RunHealth:
    """What the flags need to know of one run.

    Attributes
    ----------
    seed
        Index of the run's seed.
    is_ranked
        Whether AUROC is the main metric: then answers say nothing, for a threshold decides them.
    majority_share
        Share of the largest class among its training examples, 0 to 1; if ranked, the AUROC of chance.
    train_floor
        What always answering the largest class reaches on them, where ``train_accuracy`` is another metric.
    train_accuracy
        Accuracy on its own training examples at the end, or the main metric where that is AUROC, balanced
        accuracy or quadratic kappa; None for arms that report none.
    validation_losses
        Losses of its evaluations on validation, in their order; empty for arms without evaluations.
    validation_values
        The headline metric in the same evaluations, a fraction.
    has_levelled_off
        Whether it ended because validation had levelled off, and not at a number of steps.
    predicted_class_counts
        Number of predictions per class on the whole of validation, none if ranked: what offers to train
        again never reads test.
    value, majority_value
        The headline metric on the whole of validation, and what always answering the largest class reaches.
    hardly_known
        Share of the texts of validation and test of which hardly a word or character occurs in train; empty
        for arms that do not count words.
    """

    seed: int
    is_ranked: bool = False
    majority_share: float
    train_floor: float | None = None
    train_accuracy: float | None = None
    validation_losses: tuple[float, ...] = ()
    validation_values: tuple[float, ...] = ()
    has_levelled_off: bool = False
    predicted_class_counts: tuple[int, ...] = ()
    value: float
    majority_value: float
    hardly_known: tuple[tuple[SplitName, float], ...] = ()


def find_flags(arm: Arm, runs: Sequence[RunHealth], budget: BudgetRule) -> tuple[Flag, ...]:
    """Raise each flag that at least one run of an arm shows; the majority arm gets none.

    The phrase names how many seeds show it where there are several, and the numbers that show it, as means
    over those seeds.
    """
    if arm.kind.is_floor:
        return ()
    is_plateau = budget is BudgetRule.PLATEAU
    flags = [] if is_plateau else _flag_trend(arm, runs)
    for rule in _RULES:
        if rule is _NOT_LEVELLED_OFF and not is_plateau:
            continue
        shown = [run for run in runs if rule.shows(run)]
        if shown:
            how_often = f" ({len(shown)} of {len(runs)} seeds)" if len(runs) > 1 else ""
            flags.append(
                Flag(
                    code=rule.code,
                    arm=arm.name,
                    phrase=rule.phrase,
                    how_often=how_often,
                    evidence=rule.evidence(shown),
                    remedy=rule.remedy,
                    action=rule.action,
                    seeds=tuple(run.seed for run in shown),
                )
            )
    return tuple(sorted(flags, key=lambda flag: _ORDER.index(flag.code)))


def _flag_trend(arm: Arm, runs: Sequence[RunHealth]) -> list[Flag]:
    """Say that an arm was still improving at the end of its steps, over all seeds, or that none can tell."""
    curves = [run for run in runs if run.validation_losses]
    if not curves:
        return []
    losses, values = [run.validation_losses for run in curves], [run.validation_values for run in curves]
    trend = judge(losses, values)
    if trend is Trend.SETTLED:
        return []
    is_improving = trend is Trend.IMPROVING
    phrase = "was still improving when it stopped" if is_improving else "may not have finished learning"
    return [
        Flag(
            code="still_improving" if is_improving else "trend_unknown",
            arm=arm.name,
            phrase=phrase,
            evidence=_second_half_words(losses, values),
            remedy="Train all models for more epochs, or each until it stops improving.",
            action="more_steps",
            seeds=tuple(run.seed for run in curves),
        )
    ]


def _second_half_words(losses: Sequence[Sequence[float]], values: Sequence[Sequence[float]]) -> str:
    """Say how the curves moved in the second half of the steps."""
    of_loss, of_metric = second_half([[-one for one in curve] for curve in losses]), second_half(values)
    if of_loss is None or of_metric is None:
        return "too few evaluations to tell"
    level = f"{100 * (1 - 2 * ALPHA):.0f}%:"
    loss = f"loss {-of_loss.gain:+.2f} ({level} {-of_loss.high:.2f} to {-of_loss.low:.2f})"
    gain, low, high = (100 * one for one in (of_metric.gain, of_metric.low, of_metric.high))
    metric = f"main metric {gain:+.1f} points ({level} {low:.1f} to {high:.1f})"
    trends = {loss: of_loss.trend, metric: of_metric.trend}
    telling = [words for words, trend in trends.items() if trend is Trend.IMPROVING] or trends
    return f"{' and '.join(telling)} in the second half".replace("-", "−")


def collapsed(run: RunHealth) -> bool:
    """Whether one class got nearly all predictions although no class is nearly all examples."""
    counts = run.predicted_class_counts
    if run.majority_share >= LARGE_CLASS_SHARE or not counts:
        return False
    return max(counts) >= COLLAPSED_SHARE * sum(counts) > 0


def did_not_learn(run: RunHealth) -> bool:
    """Whether the run is not clearly above the largest class on its own training examples."""
    if run.train_accuracy is None:
        return False
    return run.train_accuracy - _train_floor(run) < _clear_gain(_train_floor(run))


def cut_off(run: RunHealth) -> bool:
    """Whether a network that was to train until it levels off had not done so at its step limit."""
    return bool(run.validation_losses) and not run.has_levelled_off


def never_better(run: RunHealth) -> bool:
    """Whether nothing on validation became better than before the first step.

    The loss ended above where it began, and the metric is not clearly above that start and the largest class.
    Alone the loss says little: a network that grows sure of itself can answer better while it rises.
    """
    if len(run.validation_losses) < 2:
        return False
    is_above = _last_quarter(run.validation_losses) > run.validation_losses[0]
    return is_above and _carried_over(run) < _clear_gain(_floor(run))


def learned_by_heart(run: RunHealth) -> bool:
    """Whether a network is right on its train examples, and on validation hardly above the largest class."""
    if run.train_accuracy is None or not run.validation_values:
        return False
    learned = run.train_accuracy - _train_floor(run)
    return run.train_accuracy >= BY_HEART and _carried_over(run) < HARDLY_CARRIED_OVER * learned


def _carried_over(run: RunHealth) -> float:
    """Return how far the metric on validation ended above the untrained network and the largest class."""
    return _last_quarter(run.validation_values) - _floor(run)


def _train_floor(run: RunHealth) -> float:
    return run.majority_share if run.train_floor is None else run.train_floor


def _floor(run: RunHealth) -> float:
    return max(run.validation_values[0], run.majority_value)


def _clear_gain(floor: float) -> float:
    """Return what counts as clearly above a floor: 10 points, or half of what is left to 1."""
    return min(LEARNED_GAIN, (1 - floor) / 2)


def _last_quarter(curve: Sequence[float]) -> float:
    return float(np.mean(curve[-max(1, len(curve) // 4) :]))


def worse_than_majority(run: RunHealth) -> bool:
    """Whether always answering the largest class reaches more on validation."""
    return run.value < run.majority_value


def hardly_any_known_feature(run: RunHealth) -> bool:
    """Whether most texts of validation or of test hold hardly a word or character known from train."""
    return any(share >= HARDLY_KNOWN_TEXTS for _name, share in run.hardly_known)


def _one_answer(runs: Sequence[RunHealth]) -> str:
    shares = [max(run.predicted_class_counts) / sum(run.predicted_class_counts) for run in runs]
    return f"one label in {100 * np.mean(shares):.1f}% of the answers"


def _train_accuracy(runs: Sequence[RunHealth]) -> str:
    right = np.mean([run.train_accuracy for run in runs if run.train_accuracy is not None])
    largest = np.mean([run.majority_share for run in runs])
    if runs[0].is_ranked:
        return f"AUROC {100 * right:.1f}%, chance {100 * largest:.1f}%"
    return f"{100 * right:.1f}% right, largest class {100 * largest:.1f}%"


def _start_and_end(runs: Sequence[RunHealth]) -> str:
    end, start = (
        np.mean([find(run.validation_losses) for run in runs]) for find in (_last_quarter, lambda one: one[0])
    )
    gain = 100 * np.mean([_carried_over(run) for run in runs])
    points = f"main metric {abs(gain):.1f} points {'above' if gain >= 0 else 'below'} the start"
    return f"loss {start:.2f} before the first step, {end:.2f} in the last quarter; {points}"


def _by_heart(runs: Sequence[RunHealth]) -> str:
    train = np.mean([run.train_accuracy for run in runs if run.train_accuracy is not None])
    end = 100 * np.mean([_last_quarter(run.validation_values) for run in runs])
    floor = 100 * np.mean([_floor(run) for run in runs])
    learned = f"AUROC {100 * train:.1f}%" if runs[0].is_ranked else f"{100 * train:.1f}% right"
    return f"{learned} in training; on validation {end:.1f}%, {floor:.1f}% without learning"


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
    own, largest = (np.mean([getattr(run, name) for run in runs]) for name in ("value", "majority_value"))
    return f"{100 * own:.1f} against {100 * largest:.1f}% on validation"


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
_NEVER_BETTER = _Rule(
    code="never_better",
    shows=never_better,
    phrase="was never clearly better on validation than at the start",
    evidence=_start_and_end,
    remedy="Search the learning rates of all models on validation, or give them more training examples.",
    action="search_rates",
)
_LEARNED_BY_HEART = _Rule(
    code="learned_by_heart",
    shows=learned_by_heart,
    phrase="learned the training examples by heart",
    evidence=_by_heart,
    remedy="Give all models more training examples, or search their learning rates on validation.",
    action="search_rates",
)
_RULES = (
    _COLLAPSED,
    _DID_NOT_LEARN,
    _LEARNED_BY_HEART,
    _NEVER_BETTER,
    _NOT_LEVELLED_OFF,
    _WORSE_THAN_MAJORITY,
    _HARDLY_ANY_KNOWN_FEATURE,
)
_ORDER = (*(rule.code for rule in _RULES), "trend_unknown")
