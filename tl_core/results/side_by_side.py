"""Any finished runs of one split side by side, whichever experiments they were made in."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from tl_core.charts.text import short_hash
from tl_core.errors import ComparisonError
from tl_core.evaluation.families import as_family, pair_name
from tl_core.evaluation.flags import find_flags
from tl_core.evaluation.predictions import ArmPredictions
from tl_core.evaluation.verdicts import ArmSummary, compare, summarise
from tl_core.evaluation.wording import conclude
from tl_core.results.comparison import gather_alone, groups_unknown, lost_runs, tests_of
from tl_core.results.grouping import Group, make_groups
from tl_core.results.runs import (
    UNREADABLE,
    Damage,
    FinishedRun,
    other_test_examples,
    read_finished_run,
    reason_of,
    stack_runs,
)
from tl_core.results.split_family import asked_on, first_on
from tl_core.schema import Arm, ExperimentConfig, Flag, Metric, State, Verdict
from tl_core.store.ledger import Ledger
from tl_core.store.rows import RunRow
from tl_core.store.workspace import Workspace
from tl_core.words import plural

LEFT_OUT = "seeds_left_out"


@dataclass(frozen=True, kw_only=True, eq=False)
class SideBySide:
    """Several groups of runs on one split, compared.

    Attributes
    ----------
    groups
        In the order in which they are shown, at least two.
    predictions, summaries
        By group key, on test.
    verdicts
        On every pair that shares a seed, by the keys of both groups, both ways round; corrected for all else
        that was asked on the split, as those of `comparison.gather` are.
    refusals
        Why there is no verdict on a pair that shares a seed: what may not differ and does.
    unreadable
        Why the folder of a chosen run could not be read, by run id; such a run counts nowhere.
    """

    metric: Metric
    groups: tuple[Group, ...]
    predictions: Mapping[str, ArmPredictions]
    summaries: Mapping[str, ArmSummary]
    verdicts: Mapping[tuple[str, str], Verdict]
    refusals: Mapping[tuple[str, str], str]
    unreadable: Mapping[str, str]

    @property
    def damage(self) -> list[Damage]:
        """What of the chosen runs' folders is damaged or missing, first of those that count nowhere."""
        lost = [Damage(run_id=one, message=reason, counts=False) for one, reason in self.unreadable.items()]
        return lost + [one for run in self.runs for one in run.damage]

    @property
    def runs(self) -> list[FinishedRun]:
        """Every run that counts."""
        return [run for group in self.groups for run in group.runs]

    @property
    def labels(self) -> dict[str, str]:
        """Display names by group key, not escaped."""
        return {group.key: group.label for group in self.groups}

    @property
    def names(self) -> dict[str, str]:
        """Short names by group key."""
        return {group.key: group.name for group in self.groups}

    @property
    def class_names(self) -> tuple[str, ...]:
        """The labels of the dataset, in the order of their ids."""
        return self.runs[0].config.labels

    @property
    def floor(self) -> float:
        """Value on test of always answering the largest class of the train examples (fraction)."""
        return next(r.floor for r in self.runs if r.config.headline_metric is self.metric)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The keys of every pair of groups, each pair once."""
        return list(combinations([group.key for group in self.groups], 2))


def finished_of(identifiers: Sequence[str], runs: Iterable[RunRow]) -> list[RunRow]:
    """Pick the finished runs that are named by their own id or their experiment's, in the order of names."""
    finished = [run for run in runs if run.state is State.FINISHED]
    chosen = {
        run.run_id: run
        for identifier in identifiers
        for run in finished
        if identifier in (run.run_id, run.config.experiment_id)
    }
    return list(chosen.values())


def put_side_by_side(workspace: Workspace, chosen: Sequence[RunRow]) -> SideBySide:
    """Read finished runs, pool those that differ in their seed alone, and compare every pair of groups.

    The metric is the headline metric of all runs, or accuracy where they were planned with different ones.

    Raises
    ------
    ComparisonError
        If the runs were tested on different examples, which are named, or are all of one group.
    """
    refuse_different_tests(workspace, chosen)
    finished, unreadable = [], {}
    for run in chosen:
        try:
            finished.append(read_finished_run(workspace.run_folder(run.run_id)))
        except UNREADABLE as error:
            unreadable[run.run_id] = reason_of(error)

    groups = make_groups(finished)
    if len(groups) < 2:
        what = (
            f"All these runs are of {groups[0].label}: there is nothing to compare."
            if groups
            else "None of these runs can be read."
        )
        raise ComparisonError(
            " ".join((what, *unreadable.values())),
            "Add runs of another model, base model or setting.",
        )
    metrics = {run.config.headline_metric for run in finished}
    metric = metrics.pop() if len(metrics) == 1 else Metric.ACCURACY
    predictions = _predictions(workspace, groups)
    experiments = {
        run.config.experiment_id: workspace.database.get_experiment(run.config.experiment_id)
        for run in finished
    }
    verdicts, refusals = _verdicts(workspace, groups, predictions, metric, experiments, unreadable)
    return SideBySide(
        metric=metric,
        groups=groups,
        predictions=predictions,
        summaries={key: summarise(group, metric) for key, group in predictions.items()},
        verdicts=verdicts,
        refusals=refusals,
        unreadable=unreadable,
    )


def refuse_different_tests(workspace: Workspace, chosen: Sequence[RunRow]) -> None:
    """Raise ComparisonError, saying how many runs were tested on what, unless all belong to one split."""
    by_split: dict[str, list[RunRow]] = {}
    for run in chosen:
        by_split.setdefault(run.config.split_hash, []).append(run)
    if len(by_split) < 2:
        return

    read = workspace.database.get_experiment
    datasets = {split: read(runs[0].config.experiment_id).dataset_name for split, runs in by_split.items()}
    is_named = len(set(datasets.values())) == len(datasets)
    tests = [
        f"{plural(len(runs), 'run')} on those of {datasets[split]}"
        + ("" if is_named else f", split {short_hash(split)}")
        for split, runs in by_split.items()
    ]
    raise ComparisonError(
        f"These runs have different test examples: {('; ' if not is_named else ', ').join(tests)}.",
        "Keep the runs of one split: otherwise a gap may come from the examples.",
    )


def _predictions(workspace: Workspace, groups: Sequence[Group]) -> dict[str, ArmPredictions]:
    """Stack each group's runs; a run into which no seed enters counts for every seed of the others."""
    every_seed = sorted({run.config.seed for group in groups for run in group.runs})
    predictions = {}
    for group in groups:
        first, *others = group.runs
        split = workspace.database.get_experiment(first.config.experiment_id).split
        for run in others:
            if not np.array_equal(run.example_ids, first.example_ids):
                raise other_test_examples(run, group.label, "Leave that run out.")
        has_one = first.config.train_size == split.train
        stacked = replace(stack_runs(group.key, group.runs), has_one_train_set=has_one)
        has_no_seed = not group.kind.is_neural and first.config.train_size == split.train and not others
        predictions[group.key] = stacked.repeated_for(every_seed) if has_no_seed else stacked
    return predictions


def _verdicts(
    workspace: Workspace,
    groups: Sequence[Group],
    predictions: Mapping[str, ArmPredictions],
    metric: Metric,
    experiments: Mapping[str, ExperimentConfig],
    unreadable: Collection[str],
) -> tuple[dict[tuple[str, str], Verdict], dict[tuple[str, str], str]]:
    words = {group.key: group.spoken for group in groups}
    planned = {one: workspace.database.list_runs(one) for one in experiments}
    own_runs = {group.key: _planned_of(group, planned) for group in groups}
    flags = [
        flag
        for group in groups
        for flag in _flags(group, own_runs[group.key], predictions[group.key].seeds, experiments, unreadable)
    ]
    margins = {experiment.margin for experiment in experiments.values()}
    margin = None if None in margins else min(one for one in margins if one is not None)
    forward: list[Verdict] = []
    refused: dict[tuple[str, str], str] = {}
    for one, other in combinations(predictions.values(), 2):
        if set(one.seeds) & set(other.seeds):
            # Train sizes may be the very thing that is compared here; the groups' names then say so.
            other = replace(other, train_size=one.train_size)
            try:
                verdict = compare(one, other, metric=metric, margin=margin, flags=flags, arm_names=words)
            except ComparisonError as refusal:
                reason = f"{refusal.message} {refusal.remedy}"
                refused |= {(one.arm, other.arm): reason, (other.arm, one.arm): reason}
            else:
                planned_runs = [run for key in (one.arm, other.arm) for run in own_runs[key]]
                update = {
                    "is_interim": not all(run.state.is_final for run in planned_runs),
                    "num_planned": len({run.config.seed for run in planned_runs}),
                }
                forward.append(verdict.model_copy(update=update))
    verdicts = {}
    for verdict in _in_family(workspace, forward, groups, experiments, words):
        verdicts[verdict.a, verdict.b] = verdict
        verdicts[verdict.b, verdict.a] = conclude(_turned(verdict), words)
    return verdicts, refused


def _planned_of(group: Group, planned: Mapping[str, Sequence[RunRow]]) -> list[RunRow]:
    """Pick the runs that were planned of a group's arm, wherever those that stand in it were made."""
    made_in = {run.config.experiment_id for run in group.runs}
    config = group.runs[0].config
    return [
        row
        for experiment in made_in
        for row in planned[experiment]
        if (row.config.arm, row.config.train_size) == (config.arm, config.train_size)
    ]


def _flags(
    group: Group,
    planned: Sequence[RunRow],
    seeds: tuple[int, ...],
    experiments: Mapping[str, ExperimentConfig],
    unreadable: Collection[str],
) -> tuple[Flag, ...]:
    """Raise what weakens a claim about a group, the seeds that are missing or were left out included."""
    config, arm = group.runs[0].config, Arm.parse(group.key)
    raised = find_flags(arm, [run.health for run in group.runs], config.training.budget)
    raised += groups_unknown(experiments[config.experiment_id], arm, group.runs)
    if len(seeds) != len(group.runs):  # a run that counts for every seed is flagged in every one
        return tuple(flag.model_copy(update={"seeds": seeds}) for flag in raised)
    return (
        *raised,
        *lost_runs(group.key, planned, seeds, unreadable),
        *_left_out(group, planned, seeds, unreadable),
    )


def _left_out(
    group: Group, planned: Sequence[RunRow], seeds: tuple[int, ...], unreadable: Collection[str]
) -> list[Flag]:
    """Flag a group that finished seeds were left out of: who picks seeds can pick the result."""
    finished = {
        row.config.seed for row in planned if row.state is State.FINISHED and row.run_id not in unreadable
    }
    missing = finished - {run.config.seed for run in group.runs}
    if not missing:
        return []
    return [
        Flag(
            code=LEFT_OUT,
            arm=group.key,
            phrase=f"stands without {len(missing)} of {len(finished)} finished seeds",
            remedy="Choose whole experiments: what was left out may be the worst seeds.",
            seeds=seeds,
        )
    ]


def _in_family(
    workspace: Workspace,
    verdicts: Sequence[Verdict],
    groups: Sequence[Group],
    experiments: Mapping[str, ExperimentConfig],
    words: Mapping[str, str],
) -> tuple[Verdict, ...]:
    """Correct verdicts for all that was asked on the split; the primary question stays what it is."""
    experiment = next(iter(experiments.values()))
    on_split = workspace.database.list_on_split(experiment.split.hash)
    asked = asked_on(
        workspace,
        experiment,
        on_split,
        lambda key: tests_of(gather_alone(workspace, key, read_finished_run)),
    )
    first = first_on(workspace, experiment, on_split)
    primary_pair = next(((key, one.pair) for key, one in asked if key == first and one.is_headline), None)
    by_key = {group.key: group for group in groups}
    places = [_place_of(verdict, by_key[verdict.a], by_key[verdict.b]) for verdict in verdicts]
    others = [one for key, one in asked if (key, one.pair) not in (primary_pair, *places)]
    looks = Ledger(workspace.database).count_looks(experiment.split.hash)
    verdicts = [verdict.model_copy(update={"looks": looks}) for verdict in verdicts]
    is_there = primary_pair is not None and primary_pair in places
    primary = verdicts[places.index(primary_pair)] if is_there else None
    return as_family(verdicts, words, primary=primary, others=others)


def _place_of(verdict: Verdict, a: Group, b: Group) -> tuple[str, str] | None:
    """Say which pair of which experiment a verdict is about; None if it is about no such pair, or a part."""
    made_in = {run.config.experiment_id for group in (a, b) for run in group.runs}
    sizes = {run.config.train_size for group in (a, b) for run in group.runs}
    if len(made_in) > 1 or len(sizes) > 1 or any(flag.code == LEFT_OUT for flag in verdict.flags):
        return None
    one, other = (group.runs[0].config.arm.name for group in (a, b))
    return made_in.pop(), pair_name(one, other, sizes.pop())


def _turned(verdict: Verdict) -> Verdict:
    """Say a verdict of the other arm."""
    turned = {
        f"{field}_{side}": getattr(verdict, f"{field}_{other}")
        for field in ("value", "epochs")
        for side, other in (("a", "b"), ("b", "a"))
    }
    return verdict.model_copy(
        update={
            **turned,
            "a": verdict.b,
            "b": verdict.a,
            "difference": -verdict.difference,
            "ci95": _negated(verdict.ci95),
            "ci90": None if verdict.ci90 is None else _negated(verdict.ci90),
        }
    )


def _negated(ends: tuple[float, float]) -> tuple[float, float]:
    return -ends[1], -ends[0]
