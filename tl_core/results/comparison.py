"""An experiment's runs, gathered into summaries and verdicts."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise, product

import numpy as np

from tl_core.arms import ARMS
from tl_core.catalogue.locating import describe
from tl_core.errors import ComparisonError
from tl_core.evaluation.families import PairTests, as_family
from tl_core.evaluation.flags import find_flags
from tl_core.evaluation.predictions import ArmPredictions
from tl_core.evaluation.verdicts import ArmSummary, compare, summarise
from tl_core.evaluation.wording import beside_words, conclude, points, seen_words, spoken_names
from tl_core.jobs.client import observe
from tl_core.modality import noun_of
from tl_core.results.runs import (
    UNREADABLE,
    Damage,
    FinishedRun,
    kept_evaluation,
    other_test_examples,
    read_finished_run,
    reason_of,
    stack_runs,
)
from tl_core.results.split_family import Asked, asked_elsewhere
from tl_core.schema import Arm, ExperimentConfig, Flag, RunConfig, State, Verdict
from tl_core.store.rows import RunRow
from tl_core.store.run_folder import RunFolder
from tl_core.store.workspace import Workspace

Key = tuple[str, int]
"""Arm name and train size."""

_RANK = [spec.kind for spec in ARMS]


@dataclass(frozen=True, kw_only=True, eq=False)
class ExperimentResults:
    """What an experiment has shown so far.

    Attributes
    ----------
    runs
        Every run as it really stands, in the order of work.
    finished
        The finished ones, read.
    unreadable
        Why the folder of a finished run could not be read, by run id; such a run counts nowhere.
    predictions, summaries, flags
        By arm and train size, over the finished seeds.
    verdicts
        For each train size the headline pair first, then every other pair, on the headline metric. All but
        the primary one are corrected for what else was asked of the same test examples.
    refusals
        Why there is no verdict on a pair whose runs may not be compared, each sentence once.
    titles
        Base model titles by arm name.
    asked
        What else was asked of the same test examples.
    """

    experiment: ExperimentConfig
    runs: tuple[RunRow, ...]
    finished: tuple[FinishedRun, ...]
    unreadable: dict[str, str]
    predictions: dict[Key, ArmPredictions]
    summaries: dict[Key, ArmSummary]
    flags: dict[Key, tuple[Flag, ...]]
    verdicts: tuple[Verdict, ...]
    refusals: tuple[str, ...]
    titles: dict[str, str]
    asked: Asked = Asked(is_first=True)

    @property
    def headline(self) -> Verdict | None:
        """The verdict on the headline pair at the largest train size that has one, or None."""
        return _headline(self.experiment, self.verdicts)

    @property
    def is_done(self) -> bool:
        """Whether no run will change any more."""
        return all(run.state.is_final for run in self.runs)

    @property
    def damage(self) -> tuple[Damage, ...]:
        """What of the finished runs' folders is damaged or missing, first of those that count nowhere."""
        lost = [
            Damage(run_id=run_id, message=reason, counts=False) for run_id, reason in self.unreadable.items()
        ]
        return (*lost, *(one for run in self.finished for one in run.damage))

    @property
    def floor(self) -> float | None:
        """Value on test of always answering the largest class; None before a run has finished."""
        return self.finished[0].floor if self.finished else None

    def runs_of(self, arm: str, train_size: int) -> list[FinishedRun]:
        """Return the finished runs of one arm at one train size, by seed."""
        return [
            run for run in self.finished if (run.config.arm.name, run.config.train_size) == (arm, train_size)
        ]


def ranked(arms: Sequence[Arm]) -> list[Arm]:
    """Order arms as they are shown: what is expected to win first, the floor last."""
    return sorted(
        arms,
        key=lambda arm: (
            _RANK.index(arm.kind),
            arm.num_layers or 0,
            arm.base_model or "",
            arm.is_balanced,
            arm.name,
        ),
    )


def headline_pair(arms: Sequence[Arm]) -> tuple[Arm, Arm] | None:
    """Choose the pair an experiment is about.

    That is fine-tuned against from scratch if both are there, of the same base model and balance if there is
    such a pair, the experiment's own first; otherwise the first two of `ranked`.
    """
    order = ranked(arms)
    tuned = [arm for arm in order if arm.kind.is_fine_tuned]
    scratch = [arm for arm in order if arm.kind.is_scratch]
    about = sorted(
        product(tuned, scratch),
        key=lambda pair: (
            pair[0].base_model != pair[1].base_model,
            pair[0].is_balanced != pair[1].is_balanced,
        ),
    )
    return next(iter([*about, *pairwise(order)]), None)


def gather(
    workspace: Workspace,
    experiment_id: str,
    read: Callable[[RunFolder], FinishedRun] = read_finished_run,
) -> ExperimentResults:
    """Read an experiment's finished runs and compare its arms.

    Parameters
    ----------
    read
        `read_finished_run`, or what remembers its answers: a finished run never changes.

    Raises
    ------
    NotFoundError
        If there is no such experiment.
    """
    alone = gather_alone(workspace, experiment_id, read)
    on_split = workspace.database.list_on_split(alone.experiment.split.hash)
    return in_family(
        alone,
        asked_elsewhere(
            workspace,
            alone.experiment,
            on_split,
            lambda key: tests_of(alone if key == experiment_id else gather_alone(workspace, key, read)),
        ),
    )


def gather_alone(
    workspace: Workspace, experiment_id: str, read: Callable[[RunFolder], FinishedRun]
) -> ExperimentResults:
    """Do the same as `gather` does, as if nothing else had been asked of the test examples."""
    experiment = workspace.database.get_experiment(experiment_id)
    runs = tuple(observe(workspace.settings, run) for run in workspace.database.list_runs(experiment_id))
    finished, unreadable = _read_finished(workspace, experiment, runs, read)
    by_key: dict[Key, list[FinishedRun]] = {}
    for run in sorted(finished, key=lambda run: run.config.seed):
        by_key.setdefault((run.config.arm.name, run.config.train_size), []).append(run)
    predictions = {key: stack_seeds(experiment, group) for key, group in by_key.items()}
    flags = {key: _flags(experiment, group, runs, unreadable) for key, group in by_key.items()}
    titles = arm_titles(experiment)
    verdicts, refusals = _verdicts(experiment, predictions, flags, titles)
    return ExperimentResults(
        experiment=experiment,
        runs=runs,
        finished=finished,
        unreadable=unreadable,
        predictions=predictions,
        summaries={k: summarise(arm, experiment.headline_metric) for k, arm in predictions.items()},
        flags=flags,
        verdicts=verdicts,
        refusals=refusals,
        titles=titles,
    )


def tests_of(alone: ExperimentResults) -> list[PairTests]:
    """Return what an experiment has asked of the test examples."""
    primary = primary_verdict(alone)
    return [PairTests.of(verdict, is_headline=verdict is primary) for verdict in alone.verdicts]


def in_family(alone: ExperimentResults, asked: Asked) -> ExperimentResults:
    """Correct an experiment's verdicts for all that was asked of the same test examples, and say them so.

    The headline gets its second clause here.
    """
    words = spoken_names(alone.titles)
    primary = primary_verdict(alone) if asked.is_first else None
    verdicts = []
    for verdict in alone.verdicts:
        update = {
            "is_interim": _is_interim(alone.runs, verdict, is_primary=verdict is primary),
            "num_planned": alone.experiment.num_seeds,
            "looks": asked.looks,
        }
        verdicts.append(verdict.model_copy(update=update))
    place = None if primary is None else alone.verdicts.index(primary)
    corrected = as_family(
        verdicts, words, primary=None if place is None else verdicts[place], others=asked.others
    )
    below = below_tfidf(alone, corrected, words)
    corrected = tuple(
        conclude(one.model_copy(update={"flags": (*one.flags, *found)}), words)
        if (found := weighing_on(one, below))
        else one
        for one in corrected
    )
    flags = dict(alone.flags)
    for (arm, size), flag in below.items():
        flags[arm, size] = (*flags[arm, size], flag)
    headline = _headline(alone.experiment, corrected)
    if headline is not None:
        size, first = headline.train_size, headline.a
        against = {one.b: one for one in corrected if (one.a, one.train_size) == (first, size)}
        beside = beside_clause(headline, validation_means(alone, size), against.get, words)
        seen = _seen(alone.experiment, headline)
        said = conclude(headline.model_copy(update={"beside": beside, "seen": seen}), words)
        corrected = tuple(said if one is headline else one for one in corrected)
    return replace(alone, verdicts=corrected, flags=flags, asked=asked)


def _headline(experiment: ExperimentConfig, verdicts: Sequence[Verdict]) -> Verdict | None:
    names = tuple(arm.name for arm in headline_pair(experiment.arms) or ())
    about = [verdict for verdict in verdicts if (verdict.a, verdict.b) == names]
    return max(about, key=lambda verdict: verdict.train_size, default=None)


def primary_verdict(alone: ExperimentResults) -> Verdict | None:
    """Return the verdict on the headline pair at the largest train size that was planned, if it is there."""
    headline = alone.headline
    is_there = headline is not None and headline.train_size == max(alone.experiment.train_sizes)
    return headline if is_there else None


def _is_interim(runs: Sequence[RunRow], verdict: Verdict, *, is_primary: bool) -> bool:
    """Whether planned runs are still to come that could change a verdict: of its family, or its own alone."""
    if is_primary:
        return is_coming(runs, (verdict.a, verdict.b), verdict.train_size)
    return any(not run.state.is_final for run in runs)


def is_coming(runs: Sequence[RunRow], arms: Collection[str], train_size: int) -> bool:
    """Whether runs of these arms at a train size are still to come."""
    return any(
        run.config.arm.name in arms and run.config.train_size == train_size
        for run in runs
        if not run.state.is_final
    )


def below_tfidf(
    alone: ExperimentResults, verdicts: Sequence[Verdict], words: Mapping[str, str]
) -> dict[Key, Flag]:
    """Flag the networks that are below TF-IDF, corrected as every claim is, by arm and train size."""
    flags = {}
    for verdict in verdicts:
        low, high = verdict.ci95
        for network, tfidf, is_below in ((verdict.a, verdict.b, high < 0), (verdict.b, verdict.a, low > 0)):
            if (
                is_below
                and verdict.is_difference
                and Arm.parse(network).kind.is_neural
                and Arm.parse(tfidf).kind.is_baseline
            ):
                _, least, most = points(0.0, *sorted(map(abs, verdict.ci95)))
                flags[network, verdict.train_size] = Flag(
                    code="below_tfidf",
                    arm=network,
                    phrase=f"is below {words[tfidf]}, which needs no network",
                    evidence=f"95% interval {least} to {most} points below",
                    remedy=f"Use {words[tfidf]}, or another base model.",
                    seeds=alone.predictions[network, verdict.train_size].seeds,
                )
    return flags


def weighing_on(verdict: Verdict, below: Mapping[Key, Flag]) -> list[Flag]:
    """Pick the flags of a verdict's arms; that on TF-IDF itself says it already."""
    if any(Arm.parse(arm).kind.is_baseline for arm in (verdict.a, verdict.b)):
        return []
    keys = ((arm, verdict.train_size) for arm in (verdict.a, verdict.b))
    return [below[key] for key in keys if key in below]


def beside_clause(
    headline: Verdict,
    means: Mapping[str, float],
    find: Callable[[str], Verdict | None],
    words: Mapping[str, str],
) -> str:
    """Hold the headline's first arm against the best arm without pretraining, chosen on validation.

    Where that is the headline's second arm, against the next: the first question must not stand alone.

    Parameters
    ----------
    means
        The main metric on validation by arm.
    find
        Gives the verdict on the headline's first arm against another.
    words
        Words for the arms by name.
    """
    if not Arm.parse(headline.a).kind.is_pretrained:
        return ""
    plain = {arm: mean for arm, mean in means.items() if not Arm.parse(arm).kind.is_pretrained}
    if not plain:
        return "No model without pretraining was trained beside it."
    best = max(plain, key=plain.__getitem__)
    if len(plain) == 1 and best == headline.b:
        return "No other model without pretraining was trained beside it."
    said, rank = "", "the best on validation without pretraining"
    if best == headline.b:
        said, rank = f"{words[best]} is also the best on validation without pretraining.", "the next"
        del plain[best]
        best = max(plain, key=plain.__getitem__)
    found = find(best)
    return f"{said} {beside_words(found, words, rank) if found else ''}".strip()


def _seen(experiment: ExperimentConfig, headline: Verdict) -> str:
    """Say what the pretraining of a result's arms is known to have seen."""
    arms = [Arm.parse(name) for name in (headline.a, headline.b)]
    models = dict.fromkeys(
        arm.base_model or experiment.base_model
        for arm in arms
        if arm.kind.is_neural and arm.kind.is_pretrained
    )
    known = [describe(model) for model in models]
    return " ".join(
        filter(
            None, (seen_words(model.title, model.overlaps, noun_of(model.modality).many) for model in known)
        )
    )


def validation_means(results: ExperimentResults, train_size: int) -> dict[str, float]:
    """Average the main metric on validation (fraction) over each arm's finished runs at a train size."""
    values: dict[str, list[float]] = {}
    for run in results.finished:
        kept = kept_evaluation(run.config, run.events)
        if kept is not None and run.config.train_size == train_size:
            value = kept.value(results.experiment.headline_metric)
            values.setdefault(run.config.arm.name, []).append(value)
    return {arm: float(np.mean(found)) for arm, found in values.items()}


def arm_titles(experiment: ExperimentConfig) -> dict[str, str]:
    """Return the title of each arm's base model, by arm name; two models never have the same one."""
    base_models = {arm.name: arm.base_model or experiment.base_model for arm in experiment.arms}
    titles = model_titles(base_models.values())
    return {arm: titles[model] for arm, model in base_models.items()}


def model_titles(base_models: Iterable[str]) -> dict[str, str]:
    """Title base models by id; the id itself where several share a title, as two folders of one name do."""
    titles = {model: describe(model).title for model in base_models}
    counts = Counter(titles.values())
    return {model: title if counts[title] == 1 else model for model, title in titles.items()}


def _read_finished(
    workspace: Workspace,
    experiment: ExperimentConfig,
    runs: Sequence[RunRow],
    read: Callable[[RunFolder], FinishedRun],
) -> tuple[tuple[FinishedRun, ...], dict[str, str]]:
    """Read the finished runs; one whose folder is incomplete or damaged keeps no other from being read."""
    finished, unreadable = [], {}
    for run in runs:
        if run.state is not State.FINISHED:
            continue
        folder = workspace.run_folder(run.run_id)
        try:
            one = read(folder)
            if _planned(one.config) != _planned(run.config):
                raise folder.damage_to("run.json", "it tells of another run than was planned")
            if len(one.targets) != experiment.split.test:
                what = f"it has {len(one.targets):,} of {experiment.split.test:,} test predictions"
                raise folder.damage_to("predictions.parquet", what)
        except UNREADABLE as error:
            unreadable[run.run_id] = reason_of(error)
        else:
            finished.append(one)
    return tuple(finished), unreadable


def _planned(config: RunConfig) -> tuple[object, ...]:
    """Return what was fixed before a run began; its learning rates may be found by itself."""
    return config.arm, config.seed, config.train_size, config.split_hash, config.labels


def stack_seeds(experiment: ExperimentConfig, runs: Sequence[FinishedRun]) -> ArmPredictions:
    """Stack the runs of one arm; the single run of a deterministic arm counts for every seed."""
    first = runs[0]
    for run in runs[1:]:
        has_same_ids = np.array_equal(run.example_ids, first.example_ids)
        if not (has_same_ids and np.array_equal(run.targets, first.targets)):
            raise other_test_examples(
                run,
                first.config.arm.name,
                "Delete that run on the page Models or with `tl_core delete`; that seed is then left out.",
            )
    has_one = first.config.train_size == experiment.split.train
    stacked = replace(stack_runs(first.config.arm.name, runs), has_one_train_set=has_one)
    if _runs_once(experiment, first.config):
        return stacked.repeated_for(range(experiment.num_seeds))
    return stacked


def groups_unknown(experiment: ExperimentConfig, arm: Arm, runs: Sequence[FinishedRun]) -> tuple[Flag, ...]:
    """Flag runs of an earlier version on a split with groups: they do not say what belongs together."""
    unaware = tuple(run.config.seed for run in runs if not run.knows_groups)
    if not (experiment.split.num_groups and unaware):
        return ()
    flag = Flag(
        code="groups_unknown",
        arm=arm.name,
        phrase="was tested on examples that may belong together, which an earlier version did not note",
        remedy="Train it again: until then, the interval takes them for independent.",
        seeds=unaware,
    )
    return (flag,)


def _runs_once(experiment: ExperimentConfig, config: RunConfig) -> bool:
    """Whether one run stands for every seed: nothing in it depends on one."""
    return not config.arm.kind.is_neural and config.train_size == experiment.split.train


def _flags(
    experiment: ExperimentConfig,
    finished: list[FinishedRun],
    runs: Sequence[RunRow],
    unreadable: Collection[str],
) -> tuple[Flag, ...]:
    """Raise what weakens a claim about one arm at one train size, the runs that are missing included.

    Without them the worst trainings of an unstable arm would simply be missing from its mean.
    """
    config = finished[0].config
    raised = find_flags(config.arm, [run.health for run in finished], experiment.training.budget)
    raised += groups_unknown(experiment, config.arm, finished)
    if _runs_once(experiment, config):
        every_seed = tuple(range(experiment.num_seeds))
        return tuple(flag.model_copy(update={"seeds": every_seed}) for flag in raised)
    own = [run for run in runs if (run.config.arm, run.config.train_size) == (config.arm, config.train_size)]
    counted = tuple(run.config.seed for run in finished)
    return (*raised, *lost_runs(config.arm.name, own, counted, unreadable))


def lost_runs(
    arm: str, planned: Sequence[RunRow], counted: tuple[int, ...], unreadable: Collection[str]
) -> tuple[Flag, ...]:
    """Flag an arm of whose planned runs some failed, were cancelled or cannot be read.

    Parameters
    ----------
    arm
        Its name in the verdicts.
    planned
        Every run of it, at one train size.
    counted
        Seeds of those that count.
    unreadable
        Ids of those that cannot be read.
    """
    num_failed, num_cancelled = (
        sum(run.state is state for run in planned) for state in (State.FAILED, State.CANCELLED)
    )
    num_damaged = sum(run.run_id in unreadable for run in planned)
    phrase, which = f"did not finish in {num_failed + num_cancelled} of {len(planned)} seeds", "missing"
    if not num_failed:
        phrase, which = f"was cancelled in {num_cancelled} of {len(planned)} seeds", "cancelled"
    elif num_cancelled:
        phrase = f"{phrase}, {num_cancelled} of them cancelled"
    lost = Flag(
        code="did_not_finish",
        arm=arm,
        phrase=phrase,
        remedy=f"Run the {which} seeds again: what is missing may be the worst ones.",
        seeds=counted,
    )
    damaged = Flag(
        code="unreadable",
        arm=arm,
        phrase=f"could not be read in {num_damaged} of {len(planned)} seeds",
        remedy="Put the damaged files back from a copy, or delete those runs and train their seeds again.",
        seeds=counted,
    )
    return (*([lost] if num_failed + num_cancelled else []), *([damaged] if num_damaged else []))


def _verdicts(
    experiment: ExperimentConfig,
    predictions: dict[Key, ArmPredictions],
    flags: dict[Key, tuple[Flag, ...]],
    titles: dict[str, str],
) -> tuple[tuple[Verdict, ...], tuple[str, ...]]:
    """Compare every pair at every train size, uncorrected; say why where two may not be compared."""
    headline = headline_pair(experiment.arms)
    pairs = sorted(combinations(ranked(experiment.arms), 2), key=lambda pair: pair != headline)
    words = spoken_names(titles)
    verdicts, refusals = [], []
    for size in experiment.train_sizes:
        for a, b in pairs:
            one, other = predictions.get((a.name, size)), predictions.get((b.name, size))
            if one is None or other is None or not set(one.seeds) & set(other.seeds):
                continue
            raised = (*flags[a.name, size], *flags[b.name, size])
            try:
                verdicts.append(
                    compare(
                        one,
                        other,
                        metric=experiment.headline_metric,
                        margin=experiment.margin,
                        flags=raised,
                        arm_names=words,
                    )
                )
            except ComparisonError as refusal:
                refusals.append(f"{refusal.message} {refusal.remedy}")
    return tuple(verdicts), tuple(dict.fromkeys(refusals))
