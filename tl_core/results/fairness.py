"""What was the same for all arms of an experiment, and what was not."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tl_core.catalogue.locating import describe
from tl_core.charts.text import device_words, energy_words, short_hash
from tl_core.modality import content_of
from tl_core.results.comparison import ExperimentResults, ranked
from tl_core.results.configuration import write_rate
from tl_core.results.runs import FinishedRun, name_seeds, text_limit
from tl_core.schema import ArmKind, BudgetRule, LearningRates, Precision, SplitName

SHOWN_VERSIONS = ("torch", "transformers", "python")
_NAMED_RUNS = 4
BUDGET_WORDS = {BudgetRule.EQUAL_STEPS: "equal steps", BudgetRule.PLATEAU: "until it stops improving"}
_PRECISIONS = {Precision.FLOAT32: "float32", Precision.BFLOAT16: "bfloat16", None: "unknown"}


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One thing that could make a comparison unfair.

    Attributes
    ----------
    name, value
        What it is, and what it was.
    difference
        Which runs differ from which others; empty if all are alike or a difference is meant to be.
    """

    name: str
    value: str
    difference: str = ""


def fairness_facts(results: ExperimentResults, train_size: int, arm_names: Mapping[str, str]) -> list[Fact]:
    """List the facts over the finished runs of one train size.

    Parameters
    ----------
    arm_names
        Display names by arm name.
    """
    runs = [run for run in results.finished if run.config.train_size == train_size]
    neural = [run for run in runs if run.config.arm.kind.is_neural]
    trained = [run for run in neural if run.config.arm.kind.is_whole]
    same = _Comparer(arm_names)
    facts = [
        *_examples(results, train_size, arm_names),
        _budget(trained, results, same),
        _rates(trained, results, arm_names),
    ]
    if any(run.config.arm.kind.is_on_pairs for run in neural):
        # What a contrastive arm does otherwise is meant to be, so it is no difference.
        value = "Contrastive: the same steps with as many texts in each, as pairs"
        facts.append(Fact(name="Pairs", value=value))
    facts += [
        same.over("Precision", trained or neural, lambda run: _PRECISIONS[run.record.precision]),
        same.over("Threads", neural, lambda run: str(run.record.num_threads or "unknown")),
        same.over("Device", neural, lambda run: device_words(run.record.device)),
        same.over("Energy", neural, lambda run: energy_words(run.record.energy_method or "not measured")),
        _versions(runs, same),
    ]
    if neural:
        facts += _reading(runs, neural, results, same)
    if any(run.config.balances_classes for run in runs):
        learning = [run for run in runs if not run.config.arm.kind.is_floor]
        facts.append(
            same.over(
                "Classes in training",
                [run for run in learning if not run.config.arm.is_balanced],
                lambda run: "all count alike" if run.config.balances_classes else "count as they occur",
            )
        )
    if any(run.record.weight_column is not None for run in runs):
        column = same.over("Example weights", runs, lambda run: run.record.weight_column or "none")
        value = f"{column.value}, in training only; on test all examples count the same"
        facts.append(replace(column, value=value))
    return facts


@dataclass(frozen=True)
class _Comparer:
    arm_names: Mapping[str, str]

    def over(self, name: str, runs: Sequence[FinishedRun], value_of: Callable[[FinishedRun], str]) -> Fact:
        """State one value, or who has which."""
        groups: dict[str, list[FinishedRun]] = {}
        for run in runs:
            groups.setdefault(value_of(run), []).append(run)
        if len(groups) < 2:
            return Fact(name=name, value=next(iter(groups), "not trained yet"))
        by_size = sorted(groups.items(), key=lambda group: len(group[1]), reverse=True)
        (common, _), *others = by_size
        odd = "; ".join(f"{value} in {self._name(members)}" for value, members in others)
        return Fact(
            name=name, value=f"{common}, with exceptions", difference=f"{odd}; {common} in the others"
        )

    def _name(self, runs: Sequence[FinishedRun]) -> str:
        names = [f"{self.arm_names[run.config.arm.name]}, seed {run.config.seed}" for run in runs]
        rest = len(names) - _NAMED_RUNS
        return " and ".join(names[:_NAMED_RUNS]) + (f" and {rest} more" if rest > 0 else "")


def _examples(results: ExperimentResults, train_size: int, arm_names: Mapping[str, str]) -> list[Fact]:
    """Say which examples there are, which seeds every arm has, and whether seeds learn from different ones.

    A seed that an arm lacks is left out of its comparisons. Where all seeds learn from the same examples, no
    interval counts which were drawn.
    """
    split, num_seeds = results.experiment.split, results.experiment.num_seeds
    train = f"{train_size:,} of {split.train:,}" if train_size < split.train else f"{split.train:,}"
    sizes = f"{train} training, {split.validation:,} validation and {split.test:,} test"

    lacks = []
    for arm in ranked(results.experiment.arms):
        predictions = results.predictions.get((arm.name, train_size))
        there = () if predictions is None else predictions.seeds
        missing = [str(seed) for seed in range(num_seeds) if seed not in there]
        if missing:
            lacks.append(f"{arm_names[arm.name]} has no {name_seeds(missing)}")

    if num_seeds == 1:
        drawn = f"{train_size:,}"
    elif train_size < split.train:
        drawn = f"{train_size:,} of {split.train:,}, other ones for each seed"
    else:
        drawn = f"the same {train_size:,} for every seed"
    return [
        Fact(name="Split", value=f"{sizes} examples, the same for all models ({short_hash(split.hash)})"),
        Fact(name="Seeds", value=f"{num_seeds}, the same for all models", difference="; ".join(lacks)),
        Fact(name="Training examples", value=drawn),
    ]


def _budget(neural: Sequence[FinishedRun], results: ExperimentResults, same: _Comparer) -> Fact:
    training = results.experiment.training
    if training.budget is BudgetRule.PLATEAU:
        rule = BUDGET_WORDS[training.budget]
        value = f"{rule}: patience {training.patience} evaluations, batch {training.batch_size}"
        return Fact(name="Budget", value=value)
    steps = same.over("Budget", neural, lambda run: str(run.events[-1].step))
    return Fact(
        name="Budget",
        value=f"equal steps: {steps.value}, batch {training.batch_size}",
        difference=steps.difference,
    )


def _reading(
    runs: Sequence[FinishedRun], neural: Sequence[FinishedRun], results: ExperimentResults, same: _Comparer
) -> list[Fact]:
    """Say what the networks read with, and how much of a text: they have a limit, TF-IDF has none."""
    base_model = same.over("Base model", neural, lambda run: results.titles[run.config.arm.name])
    owner = "each base model's own" if base_model.difference else "the base model's"
    has_scratch = any(run.config.arm.kind.is_scratch for run in neural)
    vocabulary = f"{owner}{', also for From scratch' if has_scratch else ''}"
    content = content_of(describe(results.experiment.base_model).modality)
    limit = same.over(content.limit_name, neural, lambda run: f"{text_limit(run):,} {content.limit_unit}")
    if content.is_pictorial:
        return [base_model, limit, _augmentation(neural, same)]
    has_tfidf = any(run.config.arm.kind is ArmKind.TFIDF for run in runs)
    whole = "; TF-IDF reads whole texts" if has_tfidf else ""
    return [
        base_model,
        Fact(name="Vocabulary", value=vocabulary),
        replace(limit, value=f"{limit.value}{_reached(neural)}{whole}"),
    ]


def _augmentation(neural: Sequence[FinishedRun], same: _Comparer) -> Fact:
    """Say whether pictures were changed while networks trained; frozen ones see each as it is."""
    return same.over(
        "Augmentation",
        [run for run in neural if not run.config.arm.kind.is_frozen] or neural,
        lambda run: "on" if run.config.training.augments else "off",
    )


def _reached(neural: Sequence[FinishedRun]) -> str:
    """Say how many texts are as long as the limit, which may have cut them; empty if no run noted it."""
    shares = [run.record.at_limit for run in neural if run.record.at_limit]
    if not shares:
        return ""
    train, test = (
        100 * float(np.mean([one[name] for one in shares])) for name in (SplitName.TRAIN, SplitName.TEST)
    )
    if train == test == 0:
        return ", which no text reaches"
    return f", which {train:.1f}% of the training texts and {test:.1f}% of the test texts reach"


def _rates(neural: Sequence[FinishedRun], results: ExperimentResults, arm_names: Mapping[str, str]) -> Fact:
    """Say each arm's rates and how they were chosen; by another rule for one arm is a difference."""
    used: dict[str, list[FinishedRun]] = {}
    for run in neural:
        used.setdefault(run.config.arm.name, []).append(run)

    by_arm, searched, by_hand = [], [], []
    for arm in ranked(results.experiment.arms):
        runs = used.get(arm.name)
        if not runs:
            continue
        chosen = dict.fromkeys(run.config.learning_rates for run in runs)
        written = " or ".join(_rate(rates) for rates in chosen if rates)
        by_arm.append(f"{arm_names[arm.name]} {written}")
        if runs[0].record.rate_search:
            searched.append(runs[0])
        else:
            by_hand.append(arm_names[arm.name])

    value, difference = " · ".join(by_arm), ""
    if searched:
        value = f"{value}; {search_words(searched)}"
        if edge := [arm_names[run.config.arm.name] for run in searched if is_at_edge(run)]:
            value = f"{value}. The best of {' and '.join(edge)} was at the edge of what was tried"
        if by_hand:
            difference = f"set by hand for {', '.join(by_hand)}, chosen on validation for the others"
    return Fact(name="Learning rates", value=value or "none needed", difference=difference)


def search_words(runs: Sequence[FinishedRun]) -> str:
    """Say by which rule rates were chosen and what it took; one run for each arm that searched."""
    searches = [run.record.rate_search for run in runs if run.record.rate_search]
    num_tries = max(len(one.tried) for one in searches)
    seconds = sum(one.train_s for one in searches)
    examples = max(one.num_examples for one in searches)
    return (
        f"recorded ones, unless others of {num_tries} were ahead by more than chance on {examples:,} "
        f"validation examples. The search took {seconds:,.0f} s of training, which is not included in other "
        "times"
    )


def is_at_edge(run: FinishedRun) -> bool:
    """Whether the rates that a run's search chose are the smallest or the largest that were tried."""
    search = run.record.rate_search
    if search is None or len(search.tried) < 2:
        return False
    return run.config.learning_rates in (search.tried[0].rates, search.tried[-1].rates)


def _rate(rates: LearningRates) -> str:
    if rates.head == 0:
        return write_rate(rates.encoder)
    if rates.encoder in (0, rates.head):
        return write_rate(rates.head)
    return f"{write_rate(rates.encoder)}, head {write_rate(rates.head)}"


def _versions(runs: Sequence[FinishedRun], same: _Comparer) -> Fact:
    """State the versions that are always shown, and any other that is not the same in all runs."""
    known = {name for run in runs for name in run.record.versions}
    facts = [same.over(name, runs, _version(name)) for name in sorted(known)]
    shown = sorted((f for f in facts if f.name in SHOWN_VERSIONS), key=lambda f: SHOWN_VERSIONS.index(f.name))
    return Fact(
        name="Versions",
        value=", ".join(f"{fact.name} {fact.value}" for fact in shown) or "unknown",
        difference="; ".join(f"{fact.name} {fact.difference}" for fact in facts if fact.difference),
    )


def _version(package: str) -> Callable[[FinishedRun], str]:
    return lambda run: run.record.versions.get(package, "unknown")
