"""What the results say about each answer to "what is transfer learning?", in sentences."""

from dataclasses import dataclass, replace

from tl_core.evaluation.data_efficiency_words import worth_sentence
from tl_core.evaluation.wording import METRIC_WORDS, describe_arm, epochs_words, take_apart
from tl_core.results.data_efficiency import find_data_efficiency
from tl_core.results.pooled import (
    FLOORS,
    FROZEN,
    SCRATCH,
    TUNED,
    WIPED,
    Answer,
    Pooled,
    ends_of,
    find_verdict,
    labels_against_knowledge,
)
from tl_core.schema import Arm, Status, Verdict


@dataclass(frozen=True, kw_only=True)
class Said:
    """One thing that the results say; nothing in it is escaped.

    Attributes
    ----------
    claim
        A sentence of its own, with all that weakens it.
    proof
        The interval, seeds and examples behind it; empty for what follows from another claim.
    status
        That of the verdict that it says; None where it says none.
    """

    claim: str
    proof: str = ""
    status: Status | None = None


def tell(answer: Answer, pooled: Pooled) -> list[Said]:
    """Say what the results so far say about an answer, the most telling first."""
    match answer:
        case Answer.SCRATCH:
            said = [_level(pooled, arm, pooled.largest) for arm in (SCRATCH, *FLOORS)]
        case Answer.ADAPTING:
            said = [difference(pooled, TUNED, SCRATCH), _level(pooled, TUNED, pooled.largest)]
        case Answer.WIPING:
            said = [difference(pooled, TUNED, SCRATCH), difference(pooled, FROZEN, WIPED)]
        case Answer.MORE_LABELS:
            said = _tell_of_more_labels(pooled)
    return [one for one in said if one is not None]


def conclude(pooled: Pooled) -> list[Said]:
    """Say what the results say about transfer learning itself, in the order of the argument."""
    main = find_verdict(pooled, TUNED, SCRATCH)
    if main is None:
        return []
    said = [_apart(main, pooled)]

    status = main.status
    if status.code == "baseline_failed":
        said.append(Said(claim=f"So nothing follows about these weights yet: {status.words}."))
    else:
        after = epochs_words(main.epochs_a) if main.epochs_a == main.epochs_b else ""
        but = f"; but {status.words}" if status.severity == "warning" else ""
        said.append(Said(claim=f"{_CLOSINGS[main.conclusion].format(after=after)}{but}."))

    labels = labels_against_knowledge(pooled)
    if labels is not None:
        said.append(Said(claim=_labels_words(labels, pooled)))
    return said


_CLOSINGS = {
    "better": "So in this setting{after}, starting from these weights was worth that much",
    "worse": "So in this setting{after}, starting from these weights did harm",
    "no_difference_shown": (
        "So in this setting{after} it is not shown that adapting pays; that is no proof that it does not"
    ),
    "equivalent": "So in this setting{after}, these weights as a start make no difference that would matter",
}


def difference(pooled: Pooled, a: Arm, b: Arm) -> Said | None:
    """Say how two arms differ at the largest train size; None while they have no common seed."""
    verdict = find_verdict(pooled, a, b)
    return _apart(verdict, pooled) if verdict else None


def _apart(verdict: Verdict, pooled: Pooled) -> Said:
    arms = [Arm.parse(name) for name in (verdict.a, verdict.b)]
    words = {arm.name: describe_arm(arm, pooled.title_of(arm)) for arm in arms}
    parts = take_apart(verdict, words)
    counts = counts_words(verdict.num_seeds, verdict.num_examples)
    return Said(claim=f"{parts.claim}.", proof=f"{parts.interval}, {counts}", status=verdict.status)


def _tell_of_more_labels(pooled: Pooled) -> list[Said | None]:
    """Hold few labels with knowledge against many without, and say what each number of them comes to."""
    said: list[Said | None] = []
    verdict = labels_against_knowledge(pooled)
    if verdict is not None:
        few, many = ends_of(pooled)
        sizes = f"With {few:,} train examples for fine-tuning and {many:,} for training from scratch"
        apart = _apart(verdict, pooled)
        said.append(replace(apart, claim=f"{sizes}: {apart.claim[0].lower()}{apart.claim[1:]}"))

    worths = find_data_efficiency(pooled, TUNED.name, SCRATCH.name)
    if worths:
        words = {arm.name: describe_arm(arm, pooled.title) for arm in (TUNED, SCRATCH)}
        said.append(Said(claim=worth_sentence(worths[0], words)))
    return [*said, *(_level(pooled, SCRATCH, size) for size in reversed(ends_of(pooled)))]


def _labels_words(verdict: Verdict, pooled: Pooled) -> str:
    """Say whether more labels made up for starting without knowledge, with the verdict's status."""
    few, many = ends_of(pooled)
    status, times = verdict.status, round(many / few)
    if status.code == "baseline_failed":
        return f"Whether more labels make up for it cannot be said yet: {status.words}."
    tuned = f"fine-tuning with {few:,} train examples{epochs_words(verdict.epochs_a)}"
    scratch = f"from scratch with {many:,}{epochs_words(verdict.epochs_b)}"
    words = {
        "better": (
            f"{tuned[0].upper()}{tuned[1:]} beats {scratch}: about {times} times as many labels did not make "
            "up for it"
        ),
        "worse": f"More labels made up for it: {scratch} beats {tuned}",
        "no_difference_shown": (
            f"More labels may make up for it: no difference is shown between {scratch} and {tuned}"
        ),
        "equivalent": (
            f"More labels made up for it: no difference that would matter lies between {scratch} and {tuned}"
        ),
    }[verdict.conclusion]
    return f"{words}; but {status.words}." if status.severity == "warning" else f"{words}."


def _level(pooled: Pooled, arm: Arm, size: int) -> Said | None:
    """Say what one arm reaches."""
    if (arm.name, size) not in pooled.predictions:
        return None
    summary = pooled.summary((arm.name, size))
    words = describe_arm(arm, pooled.title)
    low, high = (_percent(end) for end in summary.ci95)
    metric = METRIC_WORDS[summary.metric]
    phrases = " and ".join(flag.phrase for flag in pooled.flags.get((arm.name, size), ()))
    but = f", but {phrases}" if phrases else ""
    return Said(
        claim=(
            f"{words[0].upper()}{words[1:]} reaches {_percent(summary.mean)} {metric} on test with {size:,} "
            f"train examples{epochs_words(pooled.predictions[arm.name, size].epochs_range)}{but}."
        ),
        proof=f"95 % interval {low} to {high}, {counts_words(len(summary.seeds), summary.num_examples)}",
    )


def counts_words(num_seeds: int, num_examples: int) -> str:
    """Say on how many seeds and test examples something rests."""
    seeds = "one seed, so not about other trainings" if num_seeds == 1 else f"{num_seeds} seeds"
    return f"{seeds}, {num_examples:,} test examples"


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.1f} %"
