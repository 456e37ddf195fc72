"""Related tasks: direct against two-stage transfer, and what a second task leaves of the first."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tl_core.evaluation.predictions import ArmPredictions
from tl_core.evaluation.verdicts import ArmSummary, compare, summarise
from tl_core.evaluation.wording import METRIC_WORDS, epochs_words
from tl_core.results.comparison import ExperimentResults
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
from tl_core.schema import Arm, Metric, RunConfig, Verdict
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
    epochs
        The fewest and the most passes over the second task's train examples; None before a run has finished.
    overlap
        Texts that the two tasks share; None if a dataset is gone.
    """

    arm: Arm
    direct: Arm
    first: FinishedRun
    left: Mapping[str, ArmPredictions]
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
            first = read_finished_run(workspace.run_folder(run_id))
        except UNREADABLE:
            continue
        origin = first.config.base_model
        direct = Arm(kind=arm.kind, base_model=None if origin == pooled.experiment.base_model else origin)
        runs = [run.config for one in results for run in one.runs_of(arm.name, size)]
        found.append(
            TwoStages(
                arm=arm,
                direct=direct,
                first=first,
                left=_left(first, runs, workspace.run_folder),
                epochs=pooled.predictions[arm.name, size].epochs_range,
                overlap=find_overlap(workspace, first.config, runs[0]),
            )
        )
    return found


def find_first_damage(pooled: Pooled, workspace: Workspace) -> tuple[Damage, ...]:
    """Say which runs of a first task cannot be read, so that nothing is told of the arms that start there."""
    lost = []
    for run_id in dict.fromkeys(_first_runs(pooled, workspace).values()):
        try:
            read_finished_run(workspace.run_folder(run_id))
        except UNREADABLE as error:
            lost.append(Damage(run_id=run_id, message=reason_of(error), counts=False))
    return tuple(lost)


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
    )


def tell_left(stages: TwoStages) -> list[Said]:
    """Say what is left of the first task: with its own head, and with a new one on the same features."""
    said = []
    for verdict in left_verdicts(stages):
        before, after = (100 * _summary(stages, key).mean for key in (verdict.b, verdict.a))
        values = f"{METRIC_WORDS[stages.metric]} before and after: {before:.1f}% and {after:.1f}%"
        said.append(
            Said(
                claim=verdict.claim,
                proof=(
                    f"{values}; {verdict.interval} of the first task, "
                    f"second task{epochs_words(stages.epochs)}"
                ),
                status=verdict.status,
            )
        )
    return said


def left_verdicts(stages: TwoStages) -> list[Verdict]:
    """Hold after against before, with the first task's own head and with a new one; none if not measured."""
    pairs = ((HEAD_AFTER, HEAD_BEFORE), (PROBE_AFTER, PROBE_BEFORE)) if stages.left else ()
    return [
        compare(stages.left[after], stages.left[before], metric=stages.metric, arm_names=_PHRASES)
        for after, before in pairs
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
