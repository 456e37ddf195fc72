"""Checking a plan before it starts: a short process carries some batches of each arm through.

What it finds out lies in the workspace, one small file for each kind of check, so that the same is never
measured twice. A check that failed is done again each time: what was wrong may have been mended since.
"""

import contextlib
import hashlib
import importlib.metadata
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast

from pydantic import ValidationError

from tl_core.jobs.processes import child_environment
from tl_core.schema import Arm, ArmKind, ExperimentConfig, Frozen
from tl_core.store.workspace import Workspace
from tl_core.words import plural

LIMIT_S = 600.0
"""Seconds that a check may take when all base models are on disk."""
DOWNLOAD_LIMIT_S = 3_600.0
"""The same when one has to be downloaded first."""
READY_S = 300
"""Seconds that a process waits for its plan."""
_COMMAND = (sys.executable, "-m", "tl_core.experiments.dry_run")
_ANNOUNCED_S = 60.0
_PIPE_BYTES = 60_000
_GRACE_S = 1.0
_KEYED_PACKAGES = ("torch", "transformers")
_starting = threading.Lock()
_waiting: "dict[Path, subprocess.Popen[bytes]]" = {}
"""Processes that wait for a plan, by workspace."""


class ArmCheck(Frozen):
    """What some batches of one arm have shown.

    Attributes
    ----------
    device
        As in ``run.json``: ``cpu``, ``mps`` or ``cuda: NAME``.
    step_s
        Seconds of one step on texts of typical length, the first step left out.
    tokens_per_s
        Tokens trained on a second in those steps; of a frozen arm's head, which says little.
    memory_mib
        Most memory in use: of the GPU, or of the whole process on a CPU.
    problem, remedy
        Why the arm cannot run, and what helps; empty if it can.
    """

    kind: ArmKind
    base_model: str
    device: str = ""
    step_s: float = 0.0
    tokens_per_s: float = 0.0
    memory_mib: float = 0.0
    problem: str = ""
    remedy: str = ""

    @property
    def is_passed(self) -> bool:
        """Whether the batches went through."""
        return not self.problem


def neural_arms(experiment: ExperimentConfig) -> tuple[Arm, ...]:
    """List the arms that a check is about; the others have nothing that could go wrong."""
    return tuple(arm for arm in experiment.arms if arm.kind.is_neural)


def check_path(workspace: Workspace, experiment: ExperimentConfig, arm: Arm) -> Path:
    """Return the file of an arm's check, named by all that could change its outcome."""
    training = experiment.training
    rates = experiment.learning_rates.get(arm.name)
    facts = {
        "kind": arm.way,
        "base_model": arm.base_model or experiment.base_model,
        "dataset": experiment.dataset_fingerprint,
        "split": experiment.split.hash,
        "training": training.model_dump(mode="json", include={"max_length", "batch_size", "precision"}),
        "step": training.model_dump(mode="json", include={"dropout", "weight_decay", "max_grad_norm"}),
        "rates": rates.model_dump(exclude_none=True) if rates else None,
        "versions": [importlib.metadata.version(name) for name in _KEYED_PACKAGES],
    }
    key = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:24]
    return checks_folder(workspace) / f"{key}.json"


def checks_folder(workspace: Workspace) -> Path:
    """Folder of the checks."""
    return workspace.root / "checks"


def last_begun(workspace: Workspace) -> float:
    """Return when a check was begun last, in seconds since 1970; 0 if none was."""
    try:
        return _log_path(workspace).stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _log_path(workspace: Workspace) -> Path:
    return checks_folder(workspace) / "log.txt"


def passed_checks(workspace: Workspace, experiment: ExperimentConfig) -> dict[str, ArmCheck]:
    """Return the checks that have passed, now or for an earlier plan, by the arm's name."""
    found = {arm.name: _read(check_path(workspace, experiment, arm)) for arm in neural_arms(experiment)}
    return {name: check for name, check in found.items() if check is not None}


def all_passed_checks(workspace: Workspace) -> tuple[ArmCheck, ...]:
    """Return every check that has passed in this workspace."""
    found = (_read(path) for path in sorted(checks_folder(workspace).glob("*.json")))
    return tuple(check for check in found if check is not None)


def _read(path: Path) -> ArmCheck | None:
    try:
        return ArmCheck.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def problem_path(workspace: Workspace, experiment: ExperimentConfig, arm: Arm) -> Path:
    """Return the file that holds an arm's check instead if it has failed."""
    return check_path(workspace, experiment, arm).with_suffix(".problem")


@dataclass(kw_only=True)
class DryRun:
    """A check on its way; without a process there was nothing to check."""

    workspace: Workspace
    experiment: ExperimentConfig
    limit_s: float
    process: "subprocess.Popen[bytes] | None" = None
    _started: float = field(default_factory=time.monotonic, repr=False)

    def has_ended(self) -> bool:
        """Whether the process is gone; it ends by itself once it has taken too long."""
        return self.process is None or self.process.poll() is not None

    @property
    def elapsed_s(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started

    def cancel(self) -> None:
        """End the process, by force after a second, and wait until it is gone."""
        if self.process is None or self.has_ended():
            return
        self.process.terminate()
        try:
            self.process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def checks(self) -> dict[str, ArmCheck]:
        """Return what is known by now, by the arm's name; once it has ended, every neural arm is there."""
        has_ended = self.has_ended()  # asked first, for the last file is written before the end
        found = passed_checks(self.workspace, self.experiment)
        for arm in neural_arms(self.experiment):
            problem = _read(problem_path(self.workspace, self.experiment, arm))
            if arm.name not in found and (problem or has_ended):
                found[arm.name] = problem or self._lost(arm)
        return found

    def _lost(self, arm: Arm) -> ArmCheck:
        """Judge an arm of which the process has said nothing before it ended."""
        problem = "The check ended before it reached this model."
        remedy = (
            "Choose a smaller batch or a smaller model, or keep less of each example: most often the memory"
            " ran out."
        )
        if self.process is not None and self.process.returncode == -signal.SIGALRM:
            problem = f"The check took longer than {plural(round(self.limit_s), 'second')}."
            remedy = "Try again when nothing else is running, or choose a smaller base model."
        return ArmCheck(
            kind=arm.kind,
            base_model=arm.base_model or self.experiment.base_model,
            problem=problem,
            remedy=remedy,
        )


def get_ready(workspace: Workspace) -> None:
    """Have a process import what a check needs, while a plan is still thought about: then it begins at once.

    It ends by itself after `READY_S`, or with this process. The supervisor gets ready for the runs too.
    """
    with _starting:
        process = _waiting.get(workspace.root)
        if process is None or process.poll() is not None:
            _waiting[workspace.root] = _start_process(workspace, subprocess.PIPE)
        elif time.time() > last_begun(workspace) + _ANNOUNCED_S:
            os.utime(_log_path(workspace))


def start_dry_run(workspace: Workspace, experiment: ExperimentConfig, limit_s: float = LIMIT_S) -> DryRun:
    """Start checking the arms that have not passed yet, in a process of its own.

    The plan need not be stored; its dataset and split must be. Where every arm has passed there is no
    process.
    """
    run = DryRun(workspace=workspace, experiment=experiment, limit_s=limit_s)
    if len(passed_checks(workspace, experiment)) < len(neural_arms(experiment)):
        for arm in neural_arms(experiment):
            problem_path(workspace, experiment, arm).unlink(missing_ok=True)
        told = f"{math.ceil(limit_s)}\n{experiment.model_dump_json()}".encode()
        with _starting:
            waiting = _waiting.pop(workspace.root, None)
        run.process = _tell(waiting, told) if waiting else None
        if run.process is None:
            with tempfile.TemporaryFile() as file:
                file.write(told)
                file.seek(0)
                run.process = _start_process(workspace, file)
        os.utime(_log_path(workspace))  # tells the supervisor, even if nothing is printed
    return run


def _start_process(workspace: Workspace, told: int | IO[bytes]) -> "subprocess.Popen[bytes]":
    folder = checks_folder(workspace)
    folder.mkdir(parents=True, exist_ok=True)
    with _log_path(workspace).open("ab") as log:
        process = subprocess.Popen(
            [*_COMMAND, "--workspace", str(workspace.root), "--ready-s", str(READY_S)],
            cwd=folder,
            env=child_environment(workspace.settings),
            stdin=told,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    # Somebody has to collect its exit code when whoever waits for it has gone.
    threading.Thread(target=process.wait, name="dry-run-reaper", daemon=True).start()
    return process


def _tell(process: "subprocess.Popen[bytes]", told: bytes) -> "subprocess.Popen[bytes] | None":
    """Give a process that waits its plan; None if it is gone, or the pipe does not take the plan at once."""
    given = cast("IO[bytes]", process.stdin)
    if process.poll() is None and len(told) <= _PIPE_BYTES:
        with contextlib.suppress(BrokenPipeError), given:
            given.write(told)
            given.flush()
            return process
    with contextlib.suppress(BrokenPipeError):
        given.close()  # which ends it
    return None


def forget_checks(workspace: Workspace, experiment: ExperimentConfig) -> None:
    """Let every arm of a plan be measured anew, as on a machine that was busy the last time."""
    for arm in neural_arms(experiment):
        check_path(workspace, experiment, arm).unlink(missing_ok=True)
