"""What stands in for the process that checks a plan before its start."""

from dataclasses import dataclass, field

from tl_core.jobs.dry_run import ArmCheck, DryRun, check_path, neural_arms, problem_path
from tl_core.schema import ExperimentConfig
from tl_core.store.files import replacing
from tl_core.store.workspace import Workspace


@dataclass(kw_only=True)
class Checking:
    """What stands in for the process of a check: problems by arm, others pass; none at all: it goes on."""

    problems: dict[str, str] | None = field(default_factory=dict)
    num_started: int = 0
    was_cancelled: bool = False

    def start(self, workspace: Workspace, experiment: ExperimentConfig, limit_s: float) -> DryRun:
        self.num_started += 1
        if self.problems is not None:
            self.tell(workspace, experiment, self.problems)
        checking = self

        class Instead(DryRun):
            def has_ended(self) -> bool:
                return checking.problems is not None

            def cancel(self) -> None:
                checking.was_cancelled = True

        return Instead(workspace=workspace, experiment=experiment, limit_s=limit_s)

    @staticmethod
    def tell(workspace: Workspace, experiment: ExperimentConfig, problems: dict[str, str]) -> None:
        for arm in neural_arms(experiment):
            check = ArmCheck(
                kind=arm.kind,
                base_model=arm.base_model or experiment.base_model,
                device="cpu",
                step_s=0.5,
                tokens_per_s=4340,
                memory_mib=1536,
                problem=problems.get(arm.name, ""),
                remedy="Choose fewer tokens.",
            )
            place = check_path if check.is_passed else problem_path
            with replacing(place(workspace, experiment, arm)) as file:
                file.write(check.model_dump_json().encode())
