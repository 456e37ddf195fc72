"""Any finished runs of one split side by side, whichever experiments they were made in."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from tl_core.charts.text import short_hash
from tl_core.errors import ComparisonError
from tl_core.evaluation.flags import find_flags
from tl_core.evaluation.predictions import ArmPredictions
from tl_core.evaluation.verdicts import ArmSummary, compare, summarise
from tl_core.results.comparison import groups_unknown
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
from tl_core.schema import Arm, Flag, Metric, State, Verdict
from tl_core.store.rows import RunRow
from tl_core.store.workspace import Workspace
from tl_core.words import plural


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
        On every pair that shares a seed, by the keys of both groups, both ways round.
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
    verdicts, refusals = _verdicts(workspace, groups, predictions, metric)
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
) -> tuple[dict[tuple[str, str], Verdict], dict[tuple[str, str], str]]:
    words = {group.key: group.spoken for group in groups}
    flags: list[Flag] = []
    for group in groups:
        budget = group.runs[0].config.training.budget
        arm = Arm.parse(group.key)
        raised = find_flags(arm, [run.health for run in group.runs], budget)
        experiment = workspace.database.get_experiment(group.runs[0].config.experiment_id)
        raised += groups_unknown(experiment, arm, group.runs)
        seeds = tuple(predictions[group.key].seeds)
        if len(seeds) != len(group.runs):  # a run that counts for every seed is flagged in every one
            raised = tuple(flag.model_copy(update={"seeds": seeds}) for flag in raised)
        flags += raised

    verdicts, refused = {}, {}
    for one, other in combinations(predictions.values(), 2):
        if set(one.seeds) & set(other.seeds):
            for a, b in ((one, other), (other, one)):
                # Train sizes may be the very thing that is compared here; the groups' names then say so.
                b = replace(b, train_size=a.train_size)
                try:
                    verdicts[a.arm, b.arm] = compare(a, b, metric=metric, flags=flags, arm_names=words)
                except ComparisonError as refusal:
                    refused[a.arm, b.arm] = refusal

    return verdicts, {pair: f"{reason.message} {reason.remedy}" for pair, reason in refused.items()}
