"""Finished runs as base models of others: how they are named, and which run is behind a name."""

from collections.abc import Sequence
from dataclasses import dataclass

from tl_core.catalogue.inspecting import require_sound
from tl_core.catalogue.local_folders import encoder_folder, name_folder
from tl_core.catalogue.locating import describe, settle
from tl_core.errors import ModelError
from tl_core.schema import ExperimentConfig, RunConfig, State
from tl_core.store.rows import RunRow
from tl_core.store.workspace import Workspace

RUN = "run:"
"""Stands before a run's id where a base model is asked for."""


@dataclass(frozen=True, kw_only=True)
class FinetunedBaseModel:
    """A finished fine-tuning of this workspace that another run can start from; ``title`` is not escaped."""

    run: RunConfig
    title: str

    @property
    def typed(self) -> str:
        """What is typed for it."""
        return f"{RUN}{self.run.run_id}"


def settle_base_model(workspace: Workspace, typed: str) -> str:
    """Name a base model as runs record it; ``run:RUN_ID`` is a finished run of this workspace.

    A run is named by its content, like any local folder, with what it was trained on in its title.

    Raises
    ------
    ModelError
        As `settle` does, or if the run has no network or its files are damaged.
    NotFoundError
        If there is no such run, or it has not finished.
    """
    if not typed.startswith(RUN):
        return settle(typed)
    run_id = typed.removeprefix(RUN).strip()
    config = workspace.database.get_run(run_id).config
    if not config.arm.kind.is_neural:
        raise ModelError(
            f"{run_id} ({config.arm.name}) has no network to start from.",
            "Choose a fine-tuned run.",
        )
    folder = workspace.finished_model(run_id)
    if not (encoder_folder(folder) / "config.json").exists():
        raise ModelError(f"The weights of {run_id} are missing.", "Choose another run.")
    require_sound(folder, run_id)
    experiment = workspace.database.get_experiment(config.experiment_id)
    return str(name_folder(folder.resolve(), _title(config, experiment)))


def list_finetuned(workspace: Workspace, runs: Sequence[RunRow]) -> tuple[FinetunedBaseModel, ...]:
    """List one finished fine-tuning of each experiment, newest first: its first seed at the largest size."""
    experiments = {one.experiment_id: one for one in workspace.database.list_experiments()}
    chosen: dict[str, RunConfig] = {}
    tuned = [run.config for run in runs if run.state is State.FINISHED and run.config.arm.kind.is_fine_tuned]
    for run in sorted(tuned, key=lambda run: (-run.train_size, run.seed)):
        folder = workspace.run_folder(run.run_id).model_dir
        if run.experiment_id not in chosen and (encoder_folder(folder) / "config.json").exists():
            chosen[run.experiment_id] = run
    return tuple(
        FinetunedBaseModel(run=chosen[one], title=_title(chosen[one], experiment))
        for one, experiment in experiments.items()
        if one in chosen
    )


def _title(config: RunConfig, experiment: ExperimentConfig) -> str:
    return f"{describe(config.base_model or '').title} after {experiment.name}"
