"""A report's own words: what each arm is, and what it does not show."""

from collections.abc import Collection, Mapping, Sequence

from tl_core.catalogue.base_models import BaseModel
from tl_core.catalogue.locating import describe
from tl_core.evaluation.wording import (
    detection_words,
    examples_words,
    is_about_models,
    pairs_words,
    seeds_words,
)
from tl_core.export.report_subject import ReportSubject
from tl_core.intake.bundled import NOT_EVIDENCE, is_sample
from tl_core.planning.presets import default_rates
from tl_core.results.comparison import headline_pair
from tl_core.results.fairness import is_at_edge
from tl_core.results.runs import FinishedRun
from tl_core.schema import ArmKind, RateSearch


def arm_words(kind: ArmKind, title: str) -> str:
    """Say in one sentence what an arm is; ``title`` is its base model's."""
    return kind.spec.in_report.format(title=title)


def limit_words(subject: ReportSubject, base_models: Sequence[BaseModel]) -> list[str]:
    """Say what the report does not show; ``base_models`` are those of the pretrained arms."""
    results = subject.results
    limits = [
        "The result is about this dataset, this split and these models. Other examples or labels may give "
        "another one, and so may examples like these as they change over time."
    ]
    # What fixes have made of a sample is one as well.
    parent = subject.dataset.parent if subject.dataset else None
    if is_sample(results.experiment.dataset_fingerprint) or is_sample(parent):
        limits.append(NOT_EVIDENCE)
    limits += _certainty_limits(subject)
    limits += _rate_limits(subject)
    is_of_texts = describe(results.experiment.base_model).modality is None
    if is_of_texts and any(arm.kind.is_scratch for arm in results.experiment.arms):
        limits.append(
            "The network from scratch uses the pretrained vocabulary. A vocabulary made from these texts "
            "only could be better or worse for it."
        )
    for model in base_models:
        seen = f"What {model.title} has already seen: {model.pretraining}"
        better = "On data like that it looks better than on other data."
        if model.overlaps:
            better = (
                f"It has seen these sets, so results on them may be too good: {', '.join(model.overlaps)}."
            )
        limits.append(f"{seen} {better}")
    limits.append(
        "Fairness towards groups of people, examples made to mislead, and the cost of running a model were "
        "not measured."
    )
    return limits


def _rate_limits(subject: ReportSubject) -> list[str]:
    """Say of each arm's learning rates where they come from, as its runs have recorded it."""
    runs = {
        run.config.arm.name: run
        for run in subject.results.finished
        if run.config.arm.kind.is_whole and run.config.train_size == subject.train_size
    }
    searched: dict[str, RateSearch] = {}
    recorded, by_hand = [], []
    for name, run in runs.items():
        config = run.config
        if run.record.rate_search:
            searched[name] = run.record.rate_search
        elif config.learning_rates == default_rates(config.arm.kind, describe(config.base_model or "")):
            recorded.append(name)
        else:
            by_hand.append(name)

    limits = []
    if searched:
        num_tries = max(len(search.tried) for search in searched.values())
        num_examples = max(search.num_examples for search in searched.values())
        limits.append(
            f"The learning rates{_whose(searched, runs, subject)} were searched: {num_tries} were tried on "
            f"{num_examples:,} validation examples, and others than the recorded ones serve where they were "
            "ahead by more than chance. Warm-up, decay and dropout were not searched."
            f"{_at_the_edge(searched, runs, subject)}"
        )
    if recorded:
        limits.append(
            f"The learning rates{_whose(recorded, runs, subject)} are presets and were not searched on this "
            "dataset. Each model could gain from a search."
        )
    if by_hand:
        limits.append(
            f"The learning rates{_whose(by_hand, runs, subject)} were set by hand, not searched on this "
            "dataset."
        )
    return limits


def _whose(names: Collection[str], runs: Collection[str], subject: ReportSubject) -> str:
    """Name some arms, unless they are all that have rates."""
    if len(names) == len(runs):
        return ""
    return f" of {' and '.join(label for name, label in subject.names.items() if name in names)}"


def _at_the_edge(
    searched: Mapping[str, RateSearch], runs: Mapping[str, FinishedRun], subject: ReportSubject
) -> str:
    """Name the arms whose best rates were the smallest or the largest of those that were tried."""
    at_edge = [label for name, label in subject.names.items() if name in searched and is_at_edge(runs[name])]
    words = (
        f" The best of {' and '.join(at_edge)} was at the edge of what was tried, so a wider search might "
        "find a better one."
    )
    return words if at_edge else ""


def _certainty_limits(subject: ReportSubject) -> list[str]:
    results, verdict = subject.results, subject.verdict
    low, high = verdict.ci95
    limits = [
        f"With {examples_words(verdict.num_examples, verdict.num_groups)} the interval is about "
        f"±{50 * (high - low):.1f} points. {detection_words(verdict)}"
    ]
    if is_about_models(verdict):
        limits.append(
            "With one seed, the interval is about these two trained models only. Another training may turn "
            "out differently."
        )
    elif words := seeds_words(verdict):
        limits.append(words)
    if pairs := pairs_words(results.verdicts):
        pair = [arm.name for arm in headline_pair(results.experiment.arms) or ()]
        chosen = "The pair at the top was fixed before the start."
        if pair != [verdict.a, verdict.b]:
            planned = " and ".join(subject.names[name] for name in pair)
            chosen = (
                f"The pair that was fixed before the start, {planned}, has no result, so another is at the "
                "top."
            )
        limits.append(f"{pairs} {chosen}")
    return limits
