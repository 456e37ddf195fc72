"""Related tasks: direct against two-stage transfer, and what a second task leaves of the first."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tl_core.evaluation.families import PairTests, as_family
from tl_core.evaluation.flags import find_flags
from tl_core.evaluation.predictions import ArmPredictions
from tl_core.evaluation.verdicts import ArmSummary, compare, summarise
from tl_core.evaluation.wording import METRIC_WORDS, epochs_words
from tl_core.results.comparison import ExperimentResults, gather_alone, groups_unknown, tests_of
from tl_core.results.overlaps import Overlap, find_overlap
from tl_core.results.pooled import Pooled
from tl_core.results.pooled_sentences import Said
from tl_core.results.runs import (
    UNREADABLE,
    Damage,
    FinishedRun,
    logits_of,
    read_finished_run,
    reason_of,
    run_behind,
)
from tl_core.results.split_family import asked_on, first_on
from tl_core.schema import Arm, ExperimentConfig, Flag, Metric, RunConfig, Verdict
from tl_core.store.ledger import Ledger
from tl_core.store.run_folder import RunFolder
from tl_core.store.workspace import Workspace

HEAD_BEFORE, HEAD_AFTER = "fine_tuned:before", "fine_tuned:after"
PROBE_BEFORE, PROBE_AFTER = "frozen:before", "frozen:after"
STAGES = {
    HEAD_BEFORE: "Own head, before",
    HEAD_AFTER: "Own head, after",
    PROBE_BEFORE: "New head, before",
    PROBE_AFTER: "New head, after",
}
"""Display names of what is left, in the form of arms' names: before and after the second task."""
_LEFT = ("head_after", "probe_before", "probe_after")
"""Parts of ``first_task.parquet``."""
_PHRASES = {
    HEAD_BEFORE: "the model before",
    HEAD_AFTER: "the model after both tasks",
    PROBE_BEFORE: "a new head before",
    PROBE_AFTER: "a new head after both tasks",
}
_PAIRS = ((HEAD_AFTER, HEAD_BEFORE), (PROBE_AFTER, PROBE_BEFORE))
_NOT_OF_TRAINING = ("below_tfidf", "groups_unknown")
"""Codes of flags that are about a task's own test examples, which say nothing of another task's."""


@dataclass(frozen=True, kw_only=True, eq=False)
class TwoStages:
    """An arm that starts from a run of another task.

    Attributes
    ----------
    arm
        The two-stage arm.
    direct
        The arm that starts from where the first task had started, whether or not it has run.
    first
        The first task's run.
    left
        Predictions on the first task's test split by the keys of `STAGES`, seeds of the second task; empty
        before one has been measured.
    verdicts
        After against before, with the first task's own head and with a new one; empty before one has been
        measured. They belong to the family of the first task's test examples: beside its experiments' pairs,
        all that is shown together of what second tasks have left.
    epochs
        The fewest and the most passes over the second task's train examples; None before a run has finished.
    overlap
        Texts that the two tasks share; None if a dataset is gone.
    """

    arm: Arm
    direct: Arm
    first: FinishedRun
    left: Mapping[str, ArmPredictions]
    verdicts: tuple[Verdict, ...]
    epochs: tuple[float, float] | None
    overlap: Overlap | None

    @property
    def metric(self) -> Metric:
        """The first task's headline metric."""
        return self.first.config.headline_metric


def find_two_stages(
    pooled: Pooled, results: Sequence[ExperimentResults], workspace: Workspace
) -> list[TwoStages]:
    """Find the arms that were fine-tuned from a run of this workspace, those with results."""
    found = []
    for (arm, size), run_id in _first_runs(pooled, workspace).items():
        try:
            first, experiment = _read_first(workspace, run_id)
        except UNREADABLE:
            continue
        origin = first.config.base_model
        direct = Arm(kind=arm.kind, base_model=None if origin == pooled.experiment.base_model else origin)
        runs = [run.config for one in results for run in one.runs_of(arm.name, size)]
        left = _left(first, runs, workspace.run_folder)
        found.append(
            TwoStages(
                arm=arm,
                direct=direct,
                first=first,
                left=left,
                verdicts=_compare_left(pooled, (arm, size), first, experiment, left, runs),
                epochs=pooled.predictions[arm.name, size].epochs_range,
                overlap=find_overlap(workspace, first.config, runs[0]),
            )
        )
    return [_in_family(one, found, workspace) for one in found]


def find_first_damage(pooled: Pooled, workspace: Workspace) -> tuple[Damage, ...]:
    """Say which runs of a first task cannot be read, so that nothing is told of the arms that start there."""
    lost = []
    for run_id in dict.fromkeys(_first_runs(pooled, workspace).values()):
        try:
            _read_first(workspace, run_id)
        except UNREADABLE as error:
            lost.append(Damage(run_id=run_id, message=reason_of(error), counts=False))
    return tuple(lost)


def _read_first(workspace: Workspace, run_id: str) -> tuple[FinishedRun, ExperimentConfig]:
    """Read a first task's run and its experiment. Raises as `read_finished_run` and `get_experiment` do."""
    first = read_finished_run(workspace.run_folder(run_id))
    return first, workspace.database.get_experiment(first.config.experiment_id)


def _first_runs(pooled: Pooled, workspace: Workspace) -> dict[tuple[Arm, int], str]:
    """Find the runs that arms with results were fine-tuned from, at the largest train size."""
    cells = [(Arm.parse(name), size) for name, size in pooled.predictions if size == pooled.largest]
    behind = {
        (arm, size): run_behind(workspace, arm.base_model) or _recorded(pooled, workspace, arm, size)
        for arm, size in cells
        if arm.kind.is_fine_tuned and arm.base_model is not None
    }
    return {cell: run_id for cell, run_id in behind.items() if run_id is not None}


def _recorded(pooled: Pooled, workspace: Workspace, arm: Arm, size: int) -> str | None:
    """Find the run that an arm's own runs say they started from, where the weights did not come along."""
    for run in pooled.runs:
        if (run.config.arm, run.config.train_size) != (arm, size):
            continue
        with contextlib.suppress(*UNREADABLE):
            run_id = workspace.run_folder(run.run_id).read_record().base_model_facts.get("run_id")
            if run_id and workspace.run_folder(run_id).has_record():
                return run_id
    return None


def _left(
    first: FinishedRun, runs: Sequence[RunConfig], folder_of: Callable[[str], RunFolder]
) -> dict[str, ArmPredictions]:
    """Stack what each seed of the second task has left; the first task's own run counts for all of them."""
    tables: dict[int, pa.Table] = {}
    for run in sorted(runs, key=lambda run: run.seed):
        with contextlib.suppress(*UNREADABLE):  # its run counts, and tells of the damage
            table = folder_of(run.run_id).read_first_task()
            if _is_about(table, first):
                tables.setdefault(run.seed, table)
    if not tables:
        return {}
    seeds = tuple(tables)

    def stack(key: str, split: str) -> ArmPredictions:
        parts = [table.filter(pc.equal(table.column("split"), split)) for table in tables.values()]
        return _predictions(first, key, seeds, np.stack([logits_of(one) for one in parts]))

    before = _predictions(first, HEAD_BEFORE, (0,), first.logits[None])
    return {
        HEAD_BEFORE: before.repeated_for(seeds),
        HEAD_AFTER: stack(HEAD_AFTER, "head_after"),
        PROBE_BEFORE: stack(PROBE_BEFORE, "probe_before").for_seeds(seeds[:1]).repeated_for(seeds),
        PROBE_AFTER: stack(PROBE_AFTER, "probe_after"),
    }


def _is_about(table: pa.Table, first: FinishedRun) -> bool:
    """Whether all three parts of a table are about the first task's test examples and classes."""
    parts = [table.filter(pc.equal(table.column("split"), split)) for split in _LEFT]
    return table.column("logits").type.list_size == len(first.config.labels) and all(
        np.array_equal(part.column("example_id").to_pylist(), first.example_ids) for part in parts
    )


def _predictions(
    first: FinishedRun, key: str, seeds: tuple[int, ...], logits: NDArray[np.float32]
) -> ArmPredictions:
    return ArmPredictions.of(
        arm=key,
        train_size=first.config.train_size,
        seeds=seeds,
        example_ids=first.example_ids,
        targets=first.targets,
        logits=logits,
        split_hash=first.config.split_hash,
        groups=first.groups,
        has_one_train_set=True,  # the first task was trained once
    )


def _compare_left(
    pooled: Pooled,
    cell: tuple[Arm, int],
    first: FinishedRun,
    experiment: ExperimentConfig,
    left: Mapping[str, ArmPredictions],
    finished: Sequence[RunConfig],
) -> tuple[Verdict, ...]:
    """Hold after against before, uncorrected, with all that weakens either training.

    Parameters
    ----------
    cell
        The two-stage arm and its train size.
    experiment
        That of the first task, whose margin holds.
    finished
        The runs of the cell that count.
    """
    arm, size = cell
    planned = [run for run in pooled.runs if (run.config.arm, run.config.train_size) == cell]
    update = {
        "is_interim": not all(run.state.is_final for run in planned),
        "num_planned": len({run.config.seed for run in planned}),
    }
    verdicts = []
    for after, before in _PAIRS if left else ():
        seeds = left[after].seeds
        flags = [
            *(
                _about(flag, before, "on the first task", seeds[:1])
                for flag in _first_flags(first, experiment)
            ),
            *(
                _about(flag, after, "on the second task", flag.seeds)
                for flag in pooled.flags[arm.name, size]
                if flag.code not in _NOT_OF_TRAINING
            ),
            *_not_measured(after, seeds, {run.seed for run in finished}),
        ]
        verdict = compare(
            left[after],
            left[before],
            metric=first.config.headline_metric,
            margin=experiment.margin,
            flags=flags,
            arm_names=_PHRASES,
        )
        verdicts.append(verdict.model_copy(update=update))
    return tuple(verdicts)


def _first_flags(first: FinishedRun, experiment: ExperimentConfig) -> tuple[Flag, ...]:
    """Raise what weakens a claim about the first task's only training."""
    arm = first.config.arm
    raised = find_flags(arm, [first.health], first.config.training.budget)
    return (*raised, *groups_unknown(experiment, arm, [first]))


def _about(flag: Flag, key: str, where: str, seeds: tuple[int, ...]) -> Flag:
    """Turn a flag of a run into one of what is left, and say which task it is about."""
    return flag.model_copy(update={"arm": key, "phrase": f"{flag.phrase}, {where}", "seeds": seeds})


def _not_measured(key: str, seeds: tuple[int, ...], finished: set[int]) -> list[Flag]:
    """Flag the seeds of the second task that finished and tell nothing of the first."""
    missing = finished - set(seeds)
    if not missing:
        return []
    return [
        Flag(
            code="unreadable",
            arm=key,
            phrase=f"was not measured in {len(missing)} of {len(finished)} finished seeds",
            remedy="Train those seeds of the second task again.",
            seeds=seeds,
        )
    ]


def _in_family(stages: TwoStages, found: Sequence[TwoStages], workspace: Workspace) -> TwoStages:
    """Correct what is left of a first task for all that was asked of the same test examples."""
    if not stages.verdicts:
        return stages
    split_hash = stages.first.config.split_hash
    experiment = workspace.database.get_experiment(stages.first.config.experiment_id)
    on_split = workspace.database.list_on_split(split_hash)
    primary = first_on(workspace, experiment, on_split)
    asked = asked_on(
        workspace,
        experiment,
        on_split,
        lambda key: tests_of(gather_alone(workspace, key, read_finished_run)),
    )
    others = [one for key, one in asked if not (key == primary and one.is_headline)]
    others += [
        PairTests.of(verdict)
        for other in found
        if other is not stages and other.first.config.split_hash == split_hash
        for verdict in other.verdicts
    ]
    looks = Ledger(workspace.database).count_looks(split_hash)
    verdicts = [verdict.model_copy(update={"looks": looks}) for verdict in stages.verdicts]
    return replace(stages, verdicts=as_family(verdicts, _PHRASES, others=others))


def tell_left(stages: TwoStages) -> list[Said]:
    """Say what is left of the first task: with its own head, and with a new one on the same features."""
    metric, after = METRIC_WORDS[stages.metric], epochs_words(stages.epochs)
    trained = f"trained once, second task{after}" if after else "trained once"
    return [
        Said(
            claim=verdict.claim,
            proof=(
                f"{metric} before and after: {100 * verdict.value_b:.1f}% and {100 * verdict.value_a:.1f}%; "
                f"{verdict.interval} of the first task, {trained}"
            ),
            status=verdict.status,
        )
        for verdict in stages.verdicts
    ]


def _summary(stages: TwoStages, key: str) -> ArmSummary:
    return summarise(stages.left[key], stages.metric)


def left_seeds(stages: TwoStages) -> pd.DataFrame:
    """List what is left by seed: ``arm`` (key of `STAGES`), ``seed``, ``value``; what has no seed, once."""
    rows = [
        (key, seed, value)
        for key in stages.left
        for summary in [_summary(stages, key)]
        for seed, value in list(zip(summary.seeds, summary.values, strict=True))[: _count(stages, key)]
    ]
    return pd.DataFrame(rows, columns=["arm", "seed", "value"])


def _count(stages: TwoStages, key: str) -> int:
    return 1 if stages.left[key].is_deterministic else stages.left[key].num_seeds


def left_means(stages: TwoStages) -> pd.DataFrame:
    """List means: ``arm`` (key of `STAGES`), ``mean``, ``low``, ``high`` (fractions), ``num_seeds``."""
    rows = [
        (key, summary.mean, *summary.ci95, _count(stages, key))
        for key in stages.left
        for summary in [_summary(stages, key)]
    ]
    return pd.DataFrame(rows, columns=["arm", "mean", "low", "high", "num_seeds"])
