"""Experiments on a tiny base model, carried out in this process."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.files.tables import dataset
from tests.plans import plan_as_asked
from tests.store.opening import open_workspace
from tl_core.datasets.dataset import Dataset
from tl_core.errors import TlError
from tl_core.experiments.carry_out import carry_out_run
from tl_core.intake.intake import store_dataset
from tl_core.jobs.queue import Queue
from tl_core.planning.plan import parse_arms, queue_runs
from tl_core.schema import ExperimentConfig, SplitRule, State, Task
from tl_core.store.identifiers import new_id
from tl_core.store.rows import Job
from tl_core.store.tables import JobKind
from tl_core.store.workspace import Workspace

ALL_ARMS = ("majority", "tfidf", "scratch", "frozen_random", "frozen", "fine_tuned")


def make_workspace(root: Path) -> Workspace:
    return open_workspace(root)


def queue_experiment(
    workspace: Workspace,
    base_model: Path,
    arms: Sequence[str] = ALL_ARMS,
    training: dict[str, Any] | None = None,
    made: Dataset | None = None,
    rule: SplitRule | None = None,
    **asked: Any,
) -> ExperimentConfig:
    """Queue an experiment, by default on 60 texts of two classes: 33 train, 9 validation, 18 test."""
    intake = store_dataset(workspace, made or dataset({"good": 36, "bad": 24}), rule)
    experiment = plan_as_asked(
        experiment_id=new_id("exp"),
        name="made",
        dataset=intake.dataset.info,
        split=intake.split.info,
        task=Task.SENTIMENT,
        base_model=str(base_model),
        arms=parse_arms(arms),
        **{"max_length": 16, "min_steps": 15, "num_seeds": 1, "epochs": 4, **asked, **(training or {})},
    )
    queue_runs(workspace, experiment)
    return experiment


def claim(workspace: Workspace) -> Job | None:
    return Queue(workspace.database).claim([JobKind.RUN])


def carry_out_all(workspace: Workspace, at_most: int = 100) -> None:
    """Do what the supervisor and its processes do, run by run."""
    for _ in range(at_most):
        job = claim(workspace)
        if job is None:
            return
        try:
            carry_out_run(workspace, job, lambda: False)
        except TlError as error:
            Queue(workspace.database).finish(job.id, State.FAILED, str(error))
        else:
            Queue(workspace.database).finish(job.id, State.FINISHED)
