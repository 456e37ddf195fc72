"""Words for what labels are worth; a sentence never claims more than its interval and flags allow."""

import math
from collections.abc import Mapping

from tl_core.evaluation.data_efficiency import DataEfficiency
from tl_core.evaluation.wording import (
    FEW_GROUPS,
    METRIC_WORDS,
    ONE_SEED,
    epochs_words,
    examples_words,
    flag_reservations,
)
from tl_core.schema import Arm, has_few_groups
from tl_core.words import plural

NOT_SHOWN = "more than the data can show"


def worth_sentence(worth: DataEfficiency, arm_names: Mapping[str, str]) -> str:
    """Say what labels are worth: the claim with its interval, what it rests on, and all that weakens it.

    Parameters
    ----------
    arm_names
        Names of the arms in a sentence, by arm name (`wording.spoken_names`); the arm's own stands in for a
        missing one.
    """
    names = {arm: arm_names.get(arm, arm) for arm in (worth.a, worth.b)}
    first, second = names[worth.a], names[worth.b]
    value = f"{100 * worth.value:.1f}% {METRIC_WORDS[worth.metric]}"
    level = f"{second} reaches {value} with {worth.size:,} labels{epochs_words(worth.epochs_b)}"
    if worth.needed.above == 0:
        got_there = f"is as good with {worth.sizes[0]:,}, the fewest tried"
    elif worth.needed.most == math.inf:
        got_there = f"does not reach it with {worth.sizes[-1]:,}, the most tried"
    else:
        got_there = f"needs {needed_words(worth)}"
    claim = f"{_claim(worth)} ({_proof(worth)})"
    way = f"{level}; {first} {got_there}{epochs_words(worth.epochs_a)}"
    return " ".join(f"{part}." for part in (claim, way, *_reservations(worth, names)))


def worth_headline(worth: DataEfficiency) -> str:
    """Say what labels are worth in a few words; `worth_proof` says on what they rest."""
    return f"{_claim(worth)}."


def worth_proof(worth: DataEfficiency, arm_names: Mapping[str, str]) -> str:
    """Say on what the headline rests, and all that weakens it."""
    return ". ".join((_proof(worth), *_reservations(worth, arm_names)))


def _proof(worth: DataEfficiency) -> str:
    return (
        f"95% interval {saved_interval_words(worth)}, {plural(worth.num_seeds, 'seed')}, "
        f"{examples_words(worth.num_examples, worth.num_groups)}"
    )


def _reservations(worth: DataEfficiency, names: Mapping[str, str]) -> list[str]:
    found = [
        f"{one.words} ({one.evidence})" if one.code.endswith("_failed") else one.words
        for one in flag_reservations(worth.flags, names, worth.a if worth.is_shown else None)
    ]
    if has_few_groups(worth.num_groups):
        found.insert(0, FEW_GROUPS.words)
    return [*found, ONE_SEED] if worth.scope == "models" else found


def needed_words(worth: DataEfficiency) -> str:
    """Say between which measured sizes the means cross: "between 50 and 100"."""
    above, most = worth.needed.above, worth.needed.most
    if above == 0:
        return f"at most {worth.sizes[0]:,}"
    if most == math.inf:
        return f"more than {worth.sizes[-1]:,}"
    return f"{most:,.0f}" if above == most else f"between {above:,.0f} and {most:,.0f}"


def needed_interval_words(worth: DataEfficiency) -> str:
    """Say between which numbers of labels the need lies: "50 to 250"."""
    low, high = worth.needed.low, worth.needed.high
    if low == 0 and high == math.inf:
        return NOT_SHOWN
    if low == 0:
        return f"at most {high:,.0f}"
    return f"more than {low:,.0f}" if high == math.inf else f"{low:,.0f} to {high:,.0f}"


def saved_words(worth: DataEfficiency) -> str:
    """Say how many labels are saved at least, as far as that is shown: "at least 250"."""
    return f"at least {_whole(worth.least_saved)}" if worth.is_shown else "not shown"


def saved_interval_words(worth: DataEfficiency) -> str:
    """Say between which numbers the labels saved lie: "250 to 450"."""
    low, high = worth.size - worth.needed.high, worth.size - worth.needed.low
    if worth.needed.low == 0 and worth.needed.high == math.inf:
        return NOT_SHOWN
    if worth.needed.low == 0:
        return f"at least {_whole(low)}"
    return f"less than {_whole(high)}" if low == -math.inf else f"{_whole(low)} to {_whole(high)}"


def _claim(worth: DataEfficiency) -> str:
    """Claim a number only where the interval shows that labels were saved."""
    a, b = Arm.parse(worth.a), Arm.parse(worth.b)
    is_pretraining = a.kind.is_pretrained and b.kind.is_neural and not b.kind.is_pretrained
    subject = "Pretraining" if is_pretraining else "It"
    if worth.needed.low >= worth.size:
        return f"{subject} saved no labels"
    if not worth.is_shown:
        return f"It is not clear that {'pretraining' if is_pretraining else 'it'} saved labels"
    return f"{subject} saved {saved_words(worth)} labels"


def _whole(number: float) -> str:
    return f"{number:,.0f}".replace("-", "−")
