"""From a plan to queued runs, and the quick comparison that a sample can be tried with."""

from collections.abc import Sequence

from tl_core.catalogue.base_models import BUILTIN
from tl_core.intake.bundled import Sample
from tl_core.intake.intake import Intake
from tl_core.jobs import client
from tl_core.planning.plan import DEFAULT_ARMS, expand, num_runs, plan_experiment, plan_training
from tl_core.schema import Arm, ArmKind, ExperimentConfig, Preset, Promise
from tl_core.store.identifiers import new_id
from tl_core.store.workspace import Workspace


def launch(workspace: Workspace, experiment: ExperimentConfig, promise: Promise | None = None) -> None:
    """Queue an experiment's runs, and make sure that somebody carries them out.

    ``promise`` is what a person was told of the time.
    """
    queue_runs(workspace, experiment, promise)
    client.ensure_supervisor(workspace.settings)


def queue_runs(workspace: Workspace, experiment: ExperimentConfig, promise: Promise | None = None) -> None:
    """Queue an experiment's runs, in their order of work; they wait for a supervisor."""
    run_ids = [new_id("run") for _ in range(num_runs(experiment))]
    workspace.database.add_experiment(experiment, expand(experiment, run_ids), promise)


def plan_sample(
    sample: Sample,
    intake: Intake,
    *,
    arms: Sequence[ArmKind] = DEFAULT_ARMS,
    epochs: float | None = None,
    num_seeds: int | None = None,
) -> ExperimentConfig:
    """Freeze a comparison of a sample with the built-in model; the quick preset says what is not asked."""
    return plan_experiment(
        experiment_id=new_id("exp"),
        name=sample.name,
        dataset=intake.dataset.info,
        split=intake.split.info,
        task=sample.task,
        base_model=BUILTIN,
        arms=[Arm(kind=kind) for kind in arms],
        preset=Preset.QUICK,
        num_seeds=num_seeds,
        training=plan_training(Preset.QUICK, epochs=epochs),
    )
