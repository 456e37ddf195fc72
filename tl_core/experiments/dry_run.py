"""The process of a plan's check: ``python -m tl_core.experiments.dry_run --workspace DIR < PLAN``.

A plan is a line with the seconds that the check may take, and JSON.

Each arm with a network is trained for a few steps by the loop that its runs will use, on the longest texts
and on typical ones. One that passes leaves its measurements in the workspace, one that does not the reason.
"""

import argparse
import importlib
import logging
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from itertools import count, pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch

from tl_core.datasets.dataset import Dataset, read_dataset
from tl_core.datasets.selection import TARGET, content_columns
from tl_core.errors import TlError, is_out_of_memory
from tl_core.experiments.fork_server import WARM
from tl_core.experiments.training_context import Trainee, TrainingContext
from tl_core.jobs.dry_run import ArmCheck, check_path, neural_arms, passed_checks, problem_path
from tl_core.planning.plan import expand, num_runs
from tl_core.schema import ExperimentConfig, RunConfig, StepLogged, TrainingConfig
from tl_core.settings import Settings
from tl_core.splits.splitting import read_split
from tl_core.store.files import replacing
from tl_core.store.workspace import Workspace
from tl_core.training.compute import Compute
from tl_core.training.devices import device_name, memory_mib
from tl_core.training.meters import Clock

TYPICAL_BATCHES = 5
"""Beside one batch of the longest texts, which is there for the memory."""
MAX_TEXT_CHARACTERS = 200

logger = logging.getLogger(__name__)


def main(command_line: Sequence[str] | None = None) -> int:
    """Check the plan on standard input; the exit code is 0 whether its arms pass or not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--ready-s", type=int, default=0, help="seconds to wait for a plan; 0: for ever")
    arguments = parser.parse_args(command_line)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    signal.alarm(arguments.ready_s)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    for module in WARM:
        importlib.import_module(module)
    limit_s, _, plan = sys.stdin.read().partition("\n")
    if not plan:  # whoever has started it is gone, or has another plan
        return 0
    signal.alarm(int(limit_s))  # whoever has started it may be gone by then
    experiment = ExperimentConfig.model_validate_json(plan)
    workspace = Workspace.open(Settings.from_environment(arguments.workspace))
    check_arms(workspace, experiment)
    workspace.close()
    return 0


def check_arms(workspace: Workspace, experiment: ExperimentConfig) -> None:
    """Check each arm that has not passed yet, and keep what it has shown."""
    passed = passed_checks(workspace, experiment)
    dataset = read_dataset(workspace.dataset_folder(experiment.dataset_fingerprint))
    table = _rows(workspace, experiment, dataset)
    runs = expand(experiment, [f"check_{place}" for place in range(num_runs(experiment))])
    for arm in neural_arms(experiment):
        if arm.name in passed:
            continue
        config = next(run for run in runs if run.arm == arm)
        check = _check(
            config.model_copy(update={"training": _short(config.training)}),
            table,
            dataset.info.columns.modality,
        )
        place = check_path if check.is_passed else problem_path
        with replacing(place(workspace, experiment, arm)) as file:
            file.write(check.model_dump_json().encode())


def _rows(workspace: Workspace, experiment: ExperimentConfig, dataset: Dataset) -> pa.Table:
    """Take one batch of the longest train examples, then typical batches, evenly over the train split.

    Returns
    -------
    A table of ``(1 + TYPICAL_BATCHES) * batch_size`` rows; a small train split gives some of them twice.
    """
    folder = workspace.dataset_folder(experiment.dataset_fingerprint)
    train = dataset.table.take(pa.array(read_split(folder, experiment.split.hash).train))
    batch_size = experiment.training.batch_size
    longest = np.argsort(-dataset.content.rough_sizes(train), kind="stable")
    spread = np.linspace(0, train.num_rows - 1, TYPICAL_BATCHES * batch_size).round().astype(np.int64)
    rows = np.concatenate([np.resize(longest, batch_size), spread])
    return train.select([*content_columns(train), TARGET]).take(pa.array(rows))


def _check(config: RunConfig, table: pa.Table, modality: str | None) -> ArmCheck:
    """Carry one arm's batches through; what goes wrong becomes a sentence."""
    try:
        return _measure(config, table, modality)
    except TlError as error:
        problem, remedy = error.message, error.remedy
    except Exception as error:
        logger.exception("%s did not pass", config.arm.name)
        problem, remedy = _explain(error)
    return ArmCheck(kind=config.arm.kind, base_model=str(config.base_model), problem=problem, remedy=remedy)


def _explain(error: Exception) -> tuple[str, str]:
    if is_out_of_memory(error):
        return (
            "The memory is too small even for one example at a time.",
            "Keep less of each example, or choose a smaller base model.",
        )
    first = (str(error).strip().splitlines() or [""])[0][:MAX_TEXT_CHARACTERS]
    return (
        f"A batch failed with {type(error).__name__}: {first}",
        "Choose another base model, or leave this model out.",
    )


def _measure(config: RunConfig, table: pa.Table, modality: str | None) -> ArmCheck:
    """Train with the whole batch, or with smaller and smaller pieces of it, as a run would."""
    for memory_attempt in count():
        compute = Compute.choose(config.training, memory_attempt=memory_attempt)
        try:
            return _train(config, table, modality, compute)
        except (RuntimeError, MemoryError) as error:
            if compute.micro_batch_size == 1 or not is_out_of_memory(error):
                raise
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
    raise AssertionError("a micro-batch of 1 has either passed or raised")


def _train(config: RunConfig, table: pa.Table, modality: str | None, compute: Compute) -> ArmCheck:
    """Build the network, train it for a few steps and say what they have cost."""
    if compute.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(compute.device)
    every = np.arange(table.num_rows)
    with tempfile.TemporaryDirectory() as scratch:
        context = TrainingContext.of(config, compute, Path(scratch), modality)
        model, clock = context.build(config), Clock()
        inputs = context.prepare(table)
        trainee = Trainee.of(context, config, model, inputs, num_train=table.num_rows, clock=clock)
        events = list(trainee.train(every, every, config.learning_rates, clock))
    logged = [event for event in events if isinstance(event, StepLogged)]
    step_s, tokens_per_s = typical_speed(logged) if logged else (0.0, 0.0)
    return ArmCheck(
        kind=config.arm.kind,
        base_model=str(config.base_model),
        device=device_name(compute.device),
        step_s=step_s,
        tokens_per_s=tokens_per_s,
        memory_mib=max((event.memory_mib for event in logged), default=memory_mib(compute.device)),
    )


def typical_speed(logged: Sequence[StepLogged]) -> tuple[float, float]:
    """Return the mean seconds of a typical step, and tokens a second in these.

    The first step is left out, and that with the most tokens, the batch of the longest texts: much of a
    step's time is the same however many tokens it has, so that long batches have more of them a second.
    """
    steps = [
        (after.tokens_seen - before.tokens_seen, after.train_s - before.train_s)
        for before, after in pairwise(logged)
    ]
    tokens, seconds = np.array(sorted(steps)[: max(1, len(steps) - 1)]).T
    return float(seconds.mean()), float(tokens.sum() / seconds.sum())


def _short(training: TrainingConfig) -> TrainingConfig:
    """Keep all that decides a step, for one pass over the few batches with an evaluation at its end."""
    few = {
        "epochs": 1.0,
        "min_steps": 1,
        "num_evaluations": 1,
        "cap_factor": 1.0,
        "max_eval_examples": training.batch_size,
    }
    return training.model_copy(update=few)


if __name__ == "__main__":
    code = main()
    logging.shutdown()
    sys.stdout.flush()
    os._exit(code)  # somebody waits for the end, and taking torch down in order takes a second
