"""What the results say about each answer to "what is transfer learning?", in sentences."""

from dataclasses import dataclass, replace

from tl_core.evaluation.data_efficiency_words import worth_sentence
from tl_core.evaluation.wording import (
    METRIC_WORDS,
    epochs_words,
    examples_words,
    flag_reservations,
    is_about_models,
    spoken_name,
)
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
        A sentence of its own.
    proof
        The interval, seeds and examples behind it; empty for what follows from another claim.
    status
        The worst to be known of it; None where it follows from another claim or nothing weakens it.
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
    said = [_apart(main)]

    if main.status.code == "baseline_failed":
        said.append(Said(claim="So this says nothing about pretraining yet."))
    elif is_about_models(main) and main.is_difference:
        said.append(Said(claim="That is one training of each: nothing follows for others yet."))
    else:
        after = epochs_words(main.epochs_a) if main.epochs_a == main.epochs_b else ""
        said.append(Said(claim=_CLOSINGS[main.conclusion].format(after=after)))

    labels = labels_against_knowledge(pooled)
    if labels is not None:
        said.append(Said(claim=_labels_words(labels, pooled), proof=labels.interval, status=labels.status))
    return said


_CLOSINGS = {
    "better": "In this setting{after}, pretraining was worth that much.",
    "worse": "In this setting{after}, pretraining did harm.",
    "no_difference_shown": "In this setting{after}, it is not clear whether pretraining helps.",
    "equivalent": "In this setting{after}, pretraining makes no difference that matters.",
    "interim": "Runs are still to come, so nothing follows yet.",
}


def difference(pooled: Pooled, a: Arm, b: Arm) -> Said | None:
    """Say how two arms differ at the largest train size; None while they have no common seed."""
    verdict = find_verdict(pooled, a, b)
    return _apart(verdict) if verdict else None


def _apart(verdict: Verdict) -> Said:
    proof = f"{verdict.interval}. {verdict.beside.removesuffix('.')}" if verdict.beside else verdict.interval
    return Said(claim=verdict.claim, proof=proof, status=verdict.status)


def _tell_of_more_labels(pooled: Pooled) -> list[Said | None]:
    """Hold few labels with knowledge against many without, and say what each number of them comes to."""
    said: list[Said | None] = []
    verdict = labels_against_knowledge(pooled)
    if verdict is not None:
        few, many = ends_of(pooled)
        sizes = f"With {few:,} labels for Fine-tuned and {many:,} for From scratch"
        apart = _apart(verdict)
        start = apart.claim.replace("No clear", "no clear", 1)
        said.append(replace(apart, claim=f"{sizes}, {start}"))

    worths = find_data_efficiency(pooled, TUNED.name, SCRATCH.name)
    if worths:
        words = {arm.name: spoken_name(arm, pooled.title) for arm in (TUNED, SCRATCH)}
        said.append(Said(claim=worth_sentence(worths[0], words)))
    return [*said, *(_level(pooled, SCRATCH, size) for size in reversed(ends_of(pooled)))]


def _labels_words(verdict: Verdict, pooled: Pooled) -> str:
    """Say whether more labels made up for starting without knowledge."""
    few, many = ends_of(pooled)
    if verdict.status.code == "baseline_failed":
        return "It is too early to say whether more labels make up for pretraining."
    tuned = f"Fine-tuned with {few:,} labels{epochs_words(verdict.epochs_a)}"
    scratch = f"From scratch with {many:,}{epochs_words(verdict.epochs_b)}"
    return {
        "better": (
            f"{tuned} beats {scratch}: {round(many / few)} times as many labels did not make up for "
            "pretraining."
        ),
        "worse": f"More labels made up for pretraining: {scratch} beats {tuned}.",
        "no_difference_shown": (
            f"More labels may make up for pretraining: no clear difference between {scratch} and {tuned}."
        ),
        "equivalent": f"More labels made up for pretraining: {scratch} and {tuned} are equally good.",
    }[verdict.conclusion]


def _level(pooled: Pooled, arm: Arm, size: int) -> Said | None:
    """Say what one arm reaches."""
    if (arm.name, size) not in pooled.predictions:
        return None
    summary = pooled.summary((arm.name, size))
    name = spoken_name(arm, pooled.title)
    low, high = (_percent(end) for end in summary.ci95)
    weaknesses = flag_reservations(pooled.flags.get((arm.name, size), ()), {arm.name: name})
    metric = METRIC_WORDS[summary.metric]
    return Said(
        claim=f"{name} reaches {_percent(summary.mean)} test {metric} with {size:,} labels"
        f"{epochs_words(pooled.predictions[arm.name, size].epochs_range)}.",
        proof=f"95% interval {low} to {high}, "
        f"{counts_words(len(summary.seeds), summary.num_examples, summary.num_groups)}",
        status=weaknesses[0] if weaknesses else None,
    )


def counts_words(num_seeds: int, num_examples: int, num_groups: int | None) -> str:
    """Say on how many seeds and test examples something rests."""
    seeds = "1 seed" if num_seeds == 1 else f"{num_seeds} seeds"
    return f"{seeds}, {examples_words(num_examples, num_groups)}"


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.1f}%"
