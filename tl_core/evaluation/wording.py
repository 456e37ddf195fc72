"""Words for arms and verdicts; a sentence never claims more than its interval and flags allow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tl_core.schema import Arm, ArmKind, Flag, Metric, Verdict

_PHRASES = {
    ArmKind.MAJORITY: "always answering the largest class",
    ArmKind.TFIDF: "TF-IDF with logistic regression",
    ArmKind.SCRATCH: "the {title} network trained from scratch",
    ArmKind.FROZEN_RANDOM: "a head on a frozen random network",
    ArmKind.FROZEN: "a head on frozen {title}",
    ArmKind.FINE_TUNED: "fine-tuning {title}",
}
_SHORT = {
    ArmKind.MAJORITY: "the largest class",
    ArmKind.TFIDF: "TF-IDF",
    ArmKind.SCRATCH: "training from scratch",
    ArmKind.FROZEN_RANDOM: "the frozen random network",
    ArmKind.FROZEN: "the frozen network",
    ArmKind.FINE_TUNED: "fine-tuning",
}
_MAX_DECIMALS = 4


def describe_arm(arm: Arm, base_model_title: str) -> str:
    """Name an arm so that it can stand alone, as the subject of a sentence.

    >>> describe_arm(Arm.parse("fine_tuned"), "all-MiniLM-L6")
    'fine-tuning all-MiniLM-L6'
    """
    return _PHRASES[arm.kind].format(title=base_model_title)


def describe_second(a: Arm, b: Arm, labels: Mapping[str, str]) -> str:
    """Name ``b`` after ``a`` was named: "the same network" only where it is the same one."""
    is_same_network = a.kind.is_neural and a.base_model == b.base_model
    if b.kind is ArmKind.SCRATCH and is_same_network:
        return "the same network trained from scratch"
    return labels.get(b.name, b.name)


def verdict_sentence(verdict: Verdict, labels: Mapping[str, str]) -> str:
    """Write a verdict as one sentence; its own ``sentence`` is not read.

    Parameters
    ----------
    verdict
        What to say.
    labels
        Words for the arms by name (``describe_arm``); the name itself stands in for a missing one.
    """
    a, b = Arm.parse(verdict.a), Arm.parse(verdict.b)
    first, second = labels.get(a.name, a.name), describe_second(a, b, labels)
    claim = _no_difference if verdict.conclusion == "no_difference_shown" else _difference
    sentence = claim(verdict, first, second) + _reservations(verdict.flags, a, b, labels) + "."
    if is_about_models(verdict):
        return f"These two trained models: {sentence}"
    return sentence[0].upper() + sentence[1:]


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A verdict's sentence taken apart, for places where its parts stand below each other.

    ``claim`` is a sentence of its own, with all that weakens it; ``interval`` continues it.
    """

    claim: str
    interval: str


def take_apart(verdict: Verdict, labels: Mapping[str, str]) -> Claim:
    """Say a verdict's claim and its interval apart, in the words of `verdict_sentence`."""
    a, b = Arm.parse(verdict.a), Arm.parse(verdict.b)
    first, second = labels.get(a.name, a.name), describe_second(a, b, labels)
    if verdict.conclusion == "no_difference_shown":
        words = f"no difference shown between {first} and {second}"
        difference, low, high = points(verdict.difference, *verdict.ci95)
        interval = f"{difference} points of {METRIC_WORDS[verdict.metric]}, 95 % interval {low} to {high}"
    else:
        relation, interval = _relation(verdict)
        words = f"{first} {relation} {second}"
    words += _reservations(verdict.flags, a, b, labels)
    if is_about_models(verdict):
        return Claim(claim=f"These two trained models: {words}", interval=interval)
    return Claim(claim=words[0].upper() + words[1:], interval=interval)


def _difference(verdict: Verdict, first: str, second: str) -> str:
    relation, interval = _relation(verdict)
    if is_about_models(verdict):
        examples = f"{verdict.num_examples:,} test examples"
        return f"{first} {relation} {second} ({interval} over {examples}; {_ONE_SEED})"
    return f"{first} {relation} {second} ({interval}, {counts(verdict)})"


def _relation(verdict: Verdict) -> tuple[str, str]:
    """Say how a stands to b, and the interval from the side of the one ahead."""
    sign = 1 if verdict.conclusion == "better" else -1
    low, high = sorted(sign * end for end in verdict.ci95)
    difference, low_words, high_words = points(sign * verdict.difference, low, high)
    relation = _RELATIONS[verdict.metric, verdict.conclusion].format(points=difference)
    return relation, f"95 % interval {low_words} to {high_words}"


def _no_difference(verdict: Verdict, first: str, second: str) -> str:
    difference, low, high = points(verdict.difference, *verdict.ci95)
    claim = (
        f"no difference shown between {first} and {second}: "
        f"{difference} points of {METRIC_WORDS[verdict.metric]}, 95 % interval {low} to {high}"
    )
    if is_about_models(verdict):
        return f"{claim} over {verdict.num_examples:,} test examples ({_ONE_SEED})"
    return f"{claim} ({counts(verdict)})"


_ONE_SEED = "one seed, so this says nothing about other trainings"
METRIC_WORDS = {Metric.ACCURACY: "accuracy", Metric.MACRO_F1: "macro-F1"}
_RELATIONS = {
    (Metric.ACCURACY, "better"): "is {points} points more accurate than",
    (Metric.ACCURACY, "worse"): "is {points} points less accurate than",
    (Metric.MACRO_F1, "better"): "scores {points} points higher in macro-F1 than",
    (Metric.MACRO_F1, "worse"): "scores {points} points lower in macro-F1 than",
}


def counts(verdict: Verdict) -> str:
    """Say on how many seeds and test examples a verdict rests; arms that no seed changes ran once."""
    examples = f"{verdict.num_examples:,} test examples"
    if verdict.is_deterministic:
        return f"{examples}; each ran once, for no seed changes it"
    return f"{verdict.num_seeds} {'seed' if verdict.num_seeds == 1 else 'seeds'}, {examples}"


def is_about_models(verdict: Verdict) -> bool:
    """Whether another seed could have told another story: one seed, of an arm that seeds change."""
    return verdict.scope == "models" and not verdict.is_deterministic


def _reservations(flags: Sequence[Flag], a: Arm, b: Arm, labels: Mapping[str, str]) -> str:
    """Say what weakens the claim: ", but X did this and did that, and Y did that"."""
    clauses = []
    for arm in (a, b):
        phrases = [flag.phrase for flag in flags if flag.arm == arm.name]
        if phrases:
            # Two arms of one kind need their full names to be told apart.
            subject = labels.get(arm.name, arm.name) if a.kind is b.kind else _SHORT[arm.kind]
            clauses.append(f"{subject} {' and '.join(phrases)}")
    return f", but {', and '.join(clauses)}" if clauses else ""


def points(*fractions: float) -> tuple[str, ...]:
    """Write fractions as percentage points with the fewest decimals that show no non-zero one as zero.

    >>> points(0.214, -0.031)
    ('21.4', '−3.1')
    """
    hundredfold = [100 * fraction for fraction in fractions]
    for decimals in range(1, _MAX_DECIMALS + 1):
        if all(value == 0 or round(value, decimals) != 0 for value in hundredfold):
            break
    # Adding 0.0 turns a rounded -0.0 into 0.0.
    return tuple(f"{round(value, decimals) + 0.0:.{decimals}f}".replace("-", "−") for value in hundredfold)
