"""Words for what labels are worth; a sentence never claims more than its interval and flags allow."""

import math
from collections.abc import Mapping

from tl_core.evaluation.data_efficiency import DataEfficiency
from tl_core.evaluation.wording import METRIC_WORDS, ONE_SEED, describe_second, epochs_words, reservations
from tl_core.schema import Arm

NOT_SHOWN = "more than the data can show"
_DIGITS = 2


def worth_sentence(worth: DataEfficiency, arm_names: Mapping[str, str]) -> str:
    """Write what labels are worth as one sentence.

    Parameters
    ----------
    arm_names
        Words for the arms by name (``describe_arm``); the name itself stands in for a missing one.
    """
    a, b = Arm.parse(worth.a), Arm.parse(worth.b)
    first, second = arm_names.get(a.name, a.name), describe_second(a, b, arm_names)
    if worth.scope == "models":
        first, second = f"this one training of {first}", f"this one of {second}"
    value = f"{100 * worth.value:.1f} % {METRIC_WORDS[worth.metric]}"
    level = f"with {worth.size:,} labels {second} reaches {value}{epochs_words(worth.epochs_b)}"
    if worth.needed.estimate == 0:
        got_there = f"already reaches more with {worth.sizes[0]:,}, the fewest tried"
    elif worth.needed.estimate == math.inf:
        got_there = f"does not reach that with {worth.sizes[-1]:,}, the most tried"
    else:
        got_there = f"reaches that with about {_round(worth.needed.estimate)}"
    way = f"{first} {got_there}{epochs_words(worth.epochs_a)}"
    basis = f"{worth.num_seeds} seeds, {worth.num_examples:,} test examples"
    if worth.scope == "models":
        basis = f"{ONE_SEED}; {worth.num_examples:,} test examples"
    proof = f"95 % interval {saved_interval_words(worth)}; {basis}"
    winner = worth.a if worth.is_shown else None
    weakness = reservations(worth.flags, a, b, arm_names, winner)
    sentence = f"{level}; {way}: {_claim(worth, a, b)} ({proof}){weakness}"
    return f"{sentence[0].upper()}{sentence[1:]}."


def needed_words(worth: DataEfficiency) -> str:
    """Say how many labels ``a`` needs: "about 68", or that it lies outside of what was measured."""
    if worth.needed.estimate == 0:
        return f"fewer than {worth.sizes[0]:,}"
    if worth.needed.estimate == math.inf:
        return f"more than {worth.sizes[-1]:,}"
    return f"about {_round(worth.needed.estimate)}"


def needed_interval_words(worth: DataEfficiency) -> str:
    """Say between which numbers of labels the need lies: "45 to 110"."""
    low, high = worth.needed.low, worth.needed.high
    if low == 0 and high == math.inf:
        return NOT_SHOWN
    if low == 0:
        return f"at most {_round(high)}"
    return f"at least {_round(low)}" if high == math.inf else f"{_round(low)} to {_round(high)}"


def saved_words(worth: DataEfficiency) -> str:
    """Say how many labels are saved: "about 430"."""
    if worth.saved == -math.inf:
        return "none found"
    return f"{'at least' if worth.needed.estimate == 0 else 'about'} {_round(worth.saved)}"


def saved_interval_words(worth: DataEfficiency) -> str:
    """Say between which numbers the labels saved lie: "390 to 460"."""
    low, high = worth.size - worth.needed.high, worth.size - worth.needed.low
    if worth.needed.low == 0 and worth.needed.high == math.inf:
        return NOT_SHOWN
    if worth.needed.low == 0:
        return f"at least {_round(low)}"
    return f"at most {_round(high)}" if low == -math.inf else f"{_round(low)} to {_round(high)}"


def _claim(worth: DataEfficiency, a: Arm, b: Arm) -> str:
    """Claim a number only where the interval shows that labels were saved."""
    is_pretraining = a.kind.is_pretrained and b.kind.is_neural and not b.kind.is_pretrained
    if worth.needed.low >= worth.size:
        return "pretraining was worth no labels here" if is_pretraining else "it saved no labels"
    if not worth.is_shown:
        subject = "pretraining was worth labels here" if is_pretraining else "it saved labels"
        return f"that {subject} is not shown"
    number = f"{saved_words(worth)} labels"
    claim = f"pretraining was worth {number} here" if is_pretraining else f"it saved {number}"
    return f"{claim}, {NOT_SHOWN}" if worth.needed.estimate == 0 else claim


def _round(number: float) -> str:
    """Write a number with two significant digits, as nobody knows it better."""
    if number == 0:
        return "0"
    place = _DIGITS - 1 - math.floor(math.log10(abs(number)))
    return f"{round(number, min(place, 0)):,.0f}".replace("-", "−")
