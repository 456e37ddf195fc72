"""What a verdict says: its sentence, and its one status, the worst that a reader must know of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tl_core.schema import AnyMetric, Arm, Flag, Metric, ScoringRule, Status, Verdict

FAILURES: Final = ("collapsed", "did_not_learn", "worse_than_majority")
"""Codes of the flags that say that an arm did not learn the task."""
LEVEL: Final = 0.05
ONE_SEED: Final = "one seed, so this says nothing about other trainings"

_LOST, _IMPROVING = "did_not_finish", "still_improving"
_PLAIN = {
    "better": Status(code="better", severity="success", words="better: the interval excludes zero"),
    "worse": Status(code="worse", severity="failure", words="worse: the interval excludes zero"),
    "no_difference_shown": Status(
        code="no_difference_shown", severity="neutral", words="no difference shown: the interval holds zero"
    ),
    "equivalent": Status(
        code="equivalent",
        severity="neutral",
        words="equivalent: the 90 % interval lies within the margin",
    ),
}
_MAX_DECIMALS = 4
METRIC_WORDS: dict[AnyMetric, str] = {
    Metric.ACCURACY: "accuracy",
    Metric.MACRO_F1: "macro-F1",
    ScoringRule.LOG_LOSS: "log loss",
    ScoringRule.BRIER: "Brier score",
}
_UNITS: dict[AnyMetric, str] = {
    Metric.ACCURACY: " points",
    Metric.MACRO_F1: " points",
    ScoringRule.LOG_LOSS: " nats",
    ScoringRule.BRIER: "",
}
_RELATIONS: dict[AnyMetric, str] = {
    Metric.ACCURACY: "is {difference} points {more} accurate than",
    Metric.MACRO_F1: "scores {difference} points {more} in macro-F1 than",
    ScoringRule.LOG_LOSS: "has a log loss {difference} nats {more} than",
    ScoringRule.BRIER: "has a Brier score {difference} {more} than",
}
_COMPARATIVES: dict[AnyMetric, dict[int, str]] = {
    Metric.ACCURACY: {1: "more", -1: "less"},
    **{metric: {1: "higher", -1: "lower"} for metric in (Metric.MACRO_F1, *ScoringRule)},
}


def judge(verdict: Verdict, names: Mapping[str, str]) -> Status:
    """Find the worst thing to be known of a verdict; without any, its conclusion.

    From the worst: an arm failed; seeds are missing; an arm carries another flag; there is one seed; the
    difference does not hold once corrected for the other pairs; an arm was still improving; the difference
    lies within the margin.

    Parameters
    ----------
    names
        The arms as subjects of a clause, by name.
    """
    others = (*FAILURES, _LOST, _IMPROVING)
    weakness = (
        _failed(verdict, names)
        or _flagged(verdict, names, lambda flag: flag.code == _LOST)
        or _flagged(verdict, names, lambda flag: flag.code not in others)
    )
    if weakness:
        return weakness
    if is_about_models(verdict):
        advice = "Train with more seeds: it is about these two trained models alone."
        return Status(code="one_seed", severity="warning", words=ONE_SEED, advice=advice)
    words = _correction_words(verdict)
    if words:
        advice = "More seeds or more test examples would settle it."
        evidence = f"p = {verdict.p_value:.3f} alone, {verdict.p_holm:.3f} once corrected"
        return Status(code="not_corrected", severity="warning", words=words, evidence=evidence, advice=advice)
    improving = _flagged(verdict, names, lambda flag: flag.code == _IMPROVING)
    if improving:
        return improving
    if verdict.is_difference and verdict.is_within_margin:
        words = f"within the margin of {margin_words(verdict)}"
        return Status(code="within_margin", severity="warning", words=words)
    return _PLAIN[verdict.conclusion]


def _winner_of(verdict: Verdict) -> str | None:
    """Name the arm that is ahead, where one is."""
    return {"better": verdict.a, "worse": verdict.b}.get(verdict.conclusion)


def is_about_models(verdict: Verdict) -> bool:
    """Whether another seed could have told another story: one seed, of an arm that seeds change."""
    return verdict.scope == "models" and not verdict.is_deterministic


def margin_words(verdict: Verdict) -> str:
    """Write the margin with its unit."""
    size = 100 * (verdict.margin or 0.0)
    return f"{size:g} {'point' if size == 1 else 'points'}"


def _rank_of(flag: Flag) -> int:
    """Place a flag among others, from the worst: a failure, missing seeds, others, still improving."""
    if flag.code in FAILURES:
        return FAILURES.index(flag.code)
    return len(FAILURES) + {_LOST: 0, _IMPROVING: 2}.get(flag.code, 1)


def _failure_words(flags: Sequence[Flag], names: Mapping[str, str], winner: str | None) -> str:
    """Say which arms failed and what that makes of a comparison; empty if none did.

    The failure of the arm behind makes a win unfair. That of the winner alone does not: it won all the same.
    """
    failed = [arm for arm in names if any(flag.arm == arm for flag in _failures(flags))]
    clauses = []
    for arm in failed:
        num_seeds = len({seed for flag in _failures(flags) if flag.arm == arm for seed in flag.seeds})
        how_often = f" in {num_seeds} {'seed' if num_seeds == 1 else 'seeds'}"
        # Other arms than networks may have run once for all seeds.
        clauses.append(f"{names[arm]} failed{how_often if Arm.parse(arm).kind.is_neural else ''}")
    if not failed:
        return ""
    if failed == [winner]:
        return f"{clauses[0]} and is ahead all the same"
    return f"{' and '.join(clauses)}, so this is not a fair comparison yet"


def _failures(flags: Sequence[Flag]) -> list[Flag]:
    return [flag for flag in flags if flag.code in FAILURES]


def _failed(verdict: Verdict, names: Mapping[str, str]) -> Status | None:
    words = _failure_words(verdict.flags, names, _winner_of(verdict))
    if not words:
        return None
    flags = _failures(verdict.flags)
    arms = tuple(dict.fromkeys(flag.arm for flag in flags))
    is_winner_alone = arms == (_winner_of(verdict),)
    evidence = "; ".join(f"{names[flag.arm]} {flag.phrase}: {flag.evidence}" for flag in flags)
    if not any(Arm.parse(arm).kind.is_neural for arm in arms):
        advice, action = "Check the labels and texts, or give it more training examples.", ""
    elif any(flag.action == "more_steps" for flag in verdict.flags):
        advice = "Train all arms again, at learning rates searched on validation and for twice the steps."
        action = "search_rates_longer"
    else:
        advice, action = "Train all arms again, at learning rates searched on validation.", "search_rates"
    return Status(
        code="winner_failed" if is_winner_alone else "baseline_failed",
        severity="warning",
        words=words,
        arms=arms,
        evidence=evidence,
        advice=advice,
        action=action,
    )


def _flagged(verdict: Verdict, names: Mapping[str, str], is_meant: Callable[[Flag], bool]) -> Status | None:
    """Take a flag's own words and remedy; of several the first arm's."""
    flag = next((one for arm in names for one in verdict.flags if one.arm == arm and is_meant(one)), None)
    if flag is None:
        return None
    return Status(
        code=flag.code,
        severity="warning",
        words=f"{names[flag.arm]} {flag.phrase}",
        arms=(flag.arm,),
        evidence=flag.evidence,
        advice=flag.remedy,
        action=flag.action,
    )


def _correction_words(verdict: Verdict) -> str:
    """Say of a difference that it may be one of those that turn up among several pairs; else empty."""
    if verdict.is_difference and verdict.p_holm is not None and verdict.p_holm >= LEVEL:
        return f"not once corrected for {verdict.num_pairs} pairs (Holm p = {verdict.p_holm:.2f})"
    return ""


def describe_arm(arm: Arm, base_model_title: str) -> str:
    """Name an arm so that it can stand alone, as the subject of a sentence.

    >>> describe_arm(Arm.parse("fine_tuned"), "all-MiniLM-L6")
    'fine-tuning all-MiniLM-L6'
    """
    layers = "layer" if arm.num_layers == 1 else f"{arm.num_layers} layers"
    return arm.kind.spec.phrase.format(title=base_model_title, layers=layers)


def describe_second(a: Arm, b: Arm, arm_names: Mapping[str, str]) -> str:
    """Name ``b`` after ``a`` was named: "the same network" only where it is the same one."""
    is_same_network = a.kind.is_neural and a.base_model == b.base_model
    if b.kind.is_scratch and is_same_network:
        return "the same network trained from scratch"
    return arm_names.get(b.name, b.name)


def verdict_sentence(verdict: Verdict, arm_names: Mapping[str, str]) -> str:
    """Write a verdict as one sentence; its own ``sentence`` is not read.

    Parameters
    ----------
    verdict
        What to say.
    arm_names
        Words for the arms by name (``describe_arm``); the name itself stands in for a missing one.
    """
    words, interval, weakness = _parts(verdict, arm_names)
    if is_about_models(verdict):
        examples = f"over {verdict.num_examples:,} test examples"
        proof, basis = f"{interval} {examples}", ONE_SEED
        brackets = f"({proof}; {basis})" if verdict.is_difference else f"({basis})"
    else:
        proof = interval
        brackets = f"({proof}, {counts(verdict)})" if verdict.is_difference else f"({counts(verdict)})"
    claim = f"{words} {brackets}" if verdict.is_difference else f"{words}: {proof} {brackets}"
    return _about(verdict, f"{claim}{weakness}.")


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A verdict's sentence taken apart, for places where its parts stand below each other.

    ``claim`` is a sentence of its own, with all that weakens it; ``interval`` continues it, with its unit.
    """

    claim: str
    interval: str


def take_apart(verdict: Verdict, arm_names: Mapping[str, str]) -> Claim:
    """Say a verdict's claim and its interval apart, in the words of `verdict_sentence`."""
    words, interval, weakness = _parts(verdict, arm_names)
    unit = _UNITS[verdict.metric] if verdict.is_difference else ""
    return Claim(claim=_about(verdict, words + weakness), interval=f"{interval}{unit}")


def _about(verdict: Verdict, words: str) -> str:
    """Begin a sentence, with what it is about if that is no more than two models."""
    if is_about_models(verdict):
        return f"These two trained models: {words}"
    return words[0].upper() + words[1:]


def _parts(verdict: Verdict, arm_names: Mapping[str, str]) -> tuple[str, str, str]:
    """Give the claim without its end, its interval, and all that weakens it."""
    a, b = Arm.parse(verdict.a), Arm.parse(verdict.b)
    first, second = arm_names.get(a.name, a.name), describe_second(a, b, arm_names)
    of_a, of_b = (epochs_words(epochs) for epochs in (verdict.epochs_a, verdict.epochs_b))
    both = f", both{of_a}" if of_a and of_a == of_b else ""
    if not both:
        first, second = first + of_a, second + of_b
    weakness = _weakness(verdict, a, b, arm_names)
    if verdict.is_difference:  # from the side of the one ahead
        sign = 1 if verdict.difference > 0 else -1
        ends = sorted(sign * end for end in verdict.ci95)
        difference, low, high = amounts(verdict.metric, sign * verdict.difference, *ends)
        more = _COMPARATIVES[verdict.metric][sign]
        relation = _RELATIONS[verdict.metric].format(difference=difference, more=more)
        return f"{first} {relation} {second}{both}", f"95 % interval {low} to {high}", weakness
    claim = f"no difference shown between {first} and {second}{both}"
    difference, low, high = amounts(verdict.metric, verdict.difference, *verdict.ci95)
    unit = f"{_UNITS[verdict.metric]} of {METRIC_WORDS[verdict.metric]}"
    interval = f"{difference}{unit}, 95 % interval {low} to {high}"
    if verdict.conclusion == "equivalent" and verdict.ci90:
        claim = f"{first} and {second}{both and f'{both},'} are equivalent within {margin_words(verdict)}"
        low, high = amounts(verdict.metric, *verdict.ci90)
        interval = f"{interval}, and the 90 % interval, {low} to {high}, lies within the margin"
    return claim, interval, weakness


def epochs_words(epochs: tuple[float, float] | None) -> str:
    """Say how long networks trained, from the fewest and the most epochs of a seed; empty if unknown.

    >>> epochs_words((9.0, 14.0))
    ' after 9 to 14 epochs'
    """
    if epochs is None:
        return ""
    low, high = (f"{number:,.0f}" if number >= 10 else f"{number:.2g}" for number in epochs)
    return f" after {low}{'' if low == high else f' to {high}'} {'epoch' if low == high == '1' else 'epochs'}"


def _weakness(verdict: Verdict, a: Arm, b: Arm, arm_names: Mapping[str, str]) -> str:
    """Say that a difference is smaller than what was to matter, and then all else, the worst first."""
    is_small = verdict.is_difference and verdict.is_within_margin
    small = f", which lies within the margin of {margin_words(verdict)}" if is_small else ""
    flagged = _flag_clauses(verdict.flags, subjects_of(a, b, arm_names), _winner_of(verdict))
    is_only_improving = all(flag.code == "still_improving" for flag in verdict.flags)
    corrected = _correction_words(verdict)
    clauses = [corrected, flagged] if is_only_improving else [flagged, corrected]
    said = ", and ".join(filter(None, clauses))
    return small + (f", but {said}" if said else "")


def counts(verdict: Verdict) -> str:
    """Say on how many seeds and test examples a verdict rests; arms that no seed changes ran once."""
    examples = f"{verdict.num_examples:,} test examples"
    if verdict.is_deterministic:
        return f"{examples}; each ran once, for no seed changes it"
    return f"{verdict.num_seeds} {'seed' if verdict.num_seeds == 1 else 'seeds'}, {examples}"


def subjects_of(a: Arm, b: Arm, arm_names: Mapping[str, str]) -> dict[str, str]:
    """Name two arms shortly, by name; two of one kind need their full names to be told apart."""
    return {
        arm.name: arm_names.get(arm.name, arm.name) if a.kind is b.kind else arm.kind.spec.short
        for arm in (a, b)
    }


def say(verdict: Verdict, arm_names: Mapping[str, str]) -> Verdict:
    """Give a verdict its status and its sentence, by all that its other fields say."""
    names = subjects_of(Arm.parse(verdict.a), Arm.parse(verdict.b), arm_names)
    judged = verdict.model_copy(update={"status": judge(verdict, names)})
    return judged.model_copy(update={"sentence": verdict_sentence(judged, arm_names)})


def reservations(
    flags: Sequence[Flag], a: Arm, b: Arm, arm_names: Mapping[str, str], winner: str | None = None
) -> str:
    """Say what flags make of a claim, the worst first: ", but X did this and did that, and Y did that"."""
    clauses = _flag_clauses(flags, subjects_of(a, b, arm_names), winner)
    return f", but {clauses}" if clauses else ""


def _flag_clauses(flags: Sequence[Flag], names: Mapping[str, str], winner: str | None) -> str:
    phrases: dict[str, list[str]] = {}
    own = [flag for arm in names for flag in flags if flag.arm == arm]
    for flag in sorted(own, key=_rank_of):
        phrases.setdefault(flag.arm, []).append(flag.phrase)
    failure = _failure_words(flags, names, winner)
    subjects = dict.fromkeys(phrases, "it") if failure and len(phrases) == 1 else names
    clauses = ", and ".join(f"{subjects[arm]} {' and '.join(said)}" for arm, said in phrases.items())
    return ": ".join(filter(None, [failure, clauses]))


def detection_words(verdict: Verdict) -> str:
    """Say which difference an experiment like this one would have shown."""
    size = verdict.detectable_difference
    if size is None:
        return "No difference is large enough to be shown reliably by so few seeds and test examples."
    (amount,) = amounts(verdict.metric, size)
    unit = _UNITS[verdict.metric]
    return f"Four of five experiments like this one would show a difference of {amount}{unit} or more."


def few_seeds_words(verdict: Verdict) -> str:
    """Say what so few seeds are worth; empty where there are enough of them, or one."""
    if verdict.false_positive_rate is None:
        return ""
    rate = 100 * verdict.false_positive_rate
    return (
        f"{verdict.num_seeds} seeds are few: in simulations of as many, two equal arms were called different "
        f"in up to {rate:.1f} % of the cases."
    )


def pairs_words(verdicts: Sequence[Verdict]) -> str:
    """Say what having compared several pairs means for each; empty for one pair."""
    if len(verdicts) < 2:
        return ""
    return (
        f"{len(verdicts)} pairs were compared and no interval is widened for that. Where the corrected "
        "p-value (Holm) is 0.05 or more, a difference may be one that turns up by chance among so many."
    )


def points(*fractions: float) -> tuple[str, ...]:
    """Write fractions as percentage points with the fewest decimals that show no non-zero one as zero.

    >>> points(0.214, -0.031)
    ('21.4', '−3.1')
    """
    return _typeset([100 * fraction for fraction in fractions], fewest=1)


def amounts(metric: AnyMetric, *values: float) -> tuple[str, ...]:
    """Write values of a metric: points of a fraction, the number itself of a scoring rule."""
    return points(*values) if isinstance(metric, Metric) else _typeset(values, fewest=3)


def _typeset(values: Sequence[float], fewest: int) -> tuple[str, ...]:
    for decimals in range(fewest, _MAX_DECIMALS + 1):
        if all(value == 0 or round(value, decimals) != 0 for value in values):
            break
    # Adding 0.0 turns a rounded -0.0 into 0.0.
    return tuple(f"{round(value, decimals) + 0.0:.{decimals}f}".replace("-", "−") for value in values)
