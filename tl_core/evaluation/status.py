"""The one status of a result: of all that a reader must know of a verdict the worst, and what to do of it.

Every place that shows a verdict shows this status; a win is clean only where nothing weakens it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from tl_core.schema import Arm, Flag, Status, Verdict

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
    words = correction_words(verdict)
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


def winner_of(verdict: Verdict) -> str | None:
    """Name the arm that is ahead, where one is."""
    return {"better": verdict.a, "worse": verdict.b}.get(verdict.conclusion)


def is_about_models(verdict: Verdict) -> bool:
    """Whether another seed could have told another story: one seed, of an arm that seeds change."""
    return verdict.scope == "models" and not verdict.is_deterministic


def margin_words(verdict: Verdict) -> str:
    """Write the margin with its unit."""
    size = 100 * (verdict.margin or 0.0)
    return f"{size:g} {'point' if size == 1 else 'points'}"


def rank_of(flag: Flag) -> int:
    """Place a flag among others, from the worst: a failure, missing seeds, others, still improving."""
    if flag.code in FAILURES:
        return FAILURES.index(flag.code)
    return len(FAILURES) + {_LOST: 0, _IMPROVING: 2}.get(flag.code, 1)


def failure_words(flags: Sequence[Flag], names: Mapping[str, str], winner: str | None) -> str:
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
    words = failure_words(verdict.flags, names, winner_of(verdict))
    if not words:
        return None
    flags = _failures(verdict.flags)
    arms = tuple(dict.fromkeys(flag.arm for flag in flags))
    is_winner_alone = arms == (winner_of(verdict),)
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


def correction_words(verdict: Verdict) -> str:
    """Say of a difference that it may be one of those that turn up among several pairs; else empty."""
    if verdict.is_difference and verdict.p_holm is not None and verdict.p_holm >= LEVEL:
        return f"not once corrected for {verdict.num_pairs} pairs (Holm p = {verdict.p_holm:.2f})"
    return ""
