"""Pack a finished comparison on a bundled sample: ``python -m samples.pack WORKSPACE EXPERIMENT_ID``.

To be run on the machine that made it. Kept are what numbers and figures are made of, in the form that
``tl_core import`` reads, and the models that are small: those without a network, and a frozen one without
the encoder that the built-in package has. Left out are all other weights, logs, and most readings of the
training loss. The same experiment gives the same files.
"""

import argparse
import json
import math
import platform
import shutil
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from tl_core.catalogue.base_models import BUILTIN
from tl_core.catalogue.local_folders import ENCODER
from tl_core.catalogue.locating import find_on_disk
from tl_core.errors import TlError, UserError
from tl_core.intake.bundled import FACTS_FILE, FOLDER, SAMPLES, Example, read_examples, read_sample
from tl_core.intake.bundled_models import LENT, TOKENIZER_FILE, tokenizer_of
from tl_core.planning.machine import inspect_hardware
from tl_core.schema import ArmKind, Event, ExperimentConfig, State, StepLogged
from tl_core.settings import Settings
from tl_core.store.rows import RunRow
from tl_core.store.run_folder import RunFolder
from tl_core.store.workspace import Workspace

KEPT = ("run.json", "experiment.json", "events.jsonl", "predictions.parquet")
MOST_LOSSES = 30
"""Readings of the training loss that are kept of a run, each the mean of what it stands for."""
ALSO_KEPT = ("layers.json", "first_task.parquet")
MAX_BYTES = 2_500_000
_PROJECT = Path(__file__).parents[1] / "pyproject.toml"


def pack(workspace: Workspace, experiment_id: str, folder: Path) -> Path:
    """Write an experiment's runs and how they were made below ``folder``, in place of what is there.

    Raises
    ------
    NotFoundError
        If there is no such experiment.
    UserError
        If it is not on a sample, has unfinished runs, or would carry too much or too private things.
    """
    experiment = workspace.database.get_experiment(experiment_id)
    runs = workspace.database.list_runs(experiment_id)
    _require_finished_on_sample(experiment, runs)
    target = folder / experiment.dataset_name
    shutil.rmtree(target, ignore_errors=True)
    for run in runs:
        (target / run.run_id).mkdir(parents=True)
        folder_here = workspace.run_folder(run.run_id).path
        there = [name for name in ALSO_KEPT if (folder_here / name).exists()]
        for name in (*KEPT, *there):
            shutil.copyfile(folder_here / name, target / run.run_id / name)
        _thin_out(RunFolder(target / run.run_id))
    for run in _with_models(experiment, runs):
        _pack_model(workspace.run_folder(run.run_id).model_dir, target / run.run_id / "model")
    facts = _facts_of(experiment)
    (target / FACTS_FILE).write_text(facts.model_dump_json(indent=2) + "\n", encoding="utf-8")
    _require_harmless(target, workspace)
    read_examples.cache_clear()
    return target


def _with_models(experiment: ExperimentConfig, runs: Sequence[RunRow]) -> list[RunRow]:
    """Choose the runs whose models go along: small ones of the first seed on all train examples."""
    return [
        run
        for run in runs
        if run.config.seed == 0
        and run.config.train_size == max(experiment.train_sizes)
        and (not run.config.arm.kind.is_neural or _is_small(run))
    ]


def _is_small(run: RunRow) -> bool:
    """Whether all of a network but its head is in the built-in package: a frozen one that reads texts."""
    return run.config.arm.kind is ArmKind.FROZEN and run.config.base_model == BUILTIN


def _thin_out(folder: RunFolder) -> None:
    """Join neighbouring readings of the training loss until few are left, and write all of it small."""
    events = folder.read_events()
    num_losses = sum(isinstance(event, StepLogged) for event in events)
    together = max(1, math.ceil(num_losses / MOST_LOSSES))
    kept: list[Event] = []
    waiting: list[StepLogged] = []
    for event in events:
        if not isinstance(event, StepLogged):
            kept.append(event)
            continue
        waiting.append(event)
        if len(waiting) == together:
            kept.append(event.model_copy(update={"loss": fmean(one.loss for one in waiting)}))
            waiting.clear()
    lines = (_short(event, place).model_dump_json() for place, event in enumerate(kept))
    (folder.path / "events.jsonl").write_text("\n".join([*lines, ""]), encoding="utf-8")
    folder.write_predictions(folder.read_predictions())


def _short(event: Event, place: int) -> Event:
    """Give an event a new number, and its times, energy and losses six digits."""
    names = ("train_s", "wall_s", "energy_wh", "loss", "learning_rate", "grad_norm", "memory_mib")
    measured = {name: getattr(event, name, None) for name in names}
    short = {name: float(f"{value:.6g}") for name, value in measured.items() if value is not None}
    return event.model_copy(update={"seq": place, **short})


def _pack_model(model: Path, target: Path) -> None:
    """Copy a model but for what `bundled_models.make_whole` puts back.

    Raises
    ------
    UserError
        If the built-in package could not stand in for it.
    """
    base, encoder = find_on_disk(BUILTIN), model / ENCODER
    left_out = LENT if encoder.is_dir() else ()
    if left_out and (
        base is None or json.loads((encoder / TOKENIZER_FILE).read_text()) != tokenizer_of(base)
    ):
        raise UserError("The built-in package's tokenizer is not that of the frozen network.")
    shutil.copytree(model, target, ignore=lambda folder, _: left_out if Path(folder) == encoder else ())


def _require_finished_on_sample(experiment: ExperimentConfig, runs: Sequence[RunRow]) -> None:
    sample = SAMPLES.get(experiment.dataset_name)
    if sample is None or read_sample(sample).split.info.hash != experiment.split.hash:
        raise UserError(
            f"{experiment.dataset_name} is not a sample as it is.",
            f"Choose an experiment on {' or '.join(SAMPLES)}.",
        )
    unfinished = next((run for run in runs if run.state is not State.FINISHED), None)
    if unfinished:
        raise UserError(f"{unfinished.run_id} ({unfinished.state.value}) is not finished.")


def _facts_of(experiment: ExperimentConfig) -> Example:
    project = tomllib.loads(_PROJECT.read_text(encoding="utf-8"))["project"]
    return Example(
        sample=experiment.dataset_name,
        experiment_id=experiment.experiment_id,
        dataset_fingerprint=experiment.dataset_fingerprint,
        version=project["version"],
        made_on=experiment.created_at[:10],
        hardware=inspect_hardware().sentence,
    )


def _require_harmless(folder: Path, workspace: Workspace) -> None:
    """Refuse a bundle that is too large, or names this machine or a place on it."""
    private = [str(workspace.root), str(Path.home()), str(_PROJECT.parent), platform.node()]
    files = [path for path in folder.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    if size > MAX_BYTES:
        raise UserError(f"The bundle has {size:,} bytes; the most is {MAX_BYTES:,}.")
    for path in files:
        content = path.read_bytes()
        named = next((one for one in private if len(one) > 2 and one.encode() in content), None)
        if named:
            raise UserError(f"Expected no place and no machine in a bundle; {path.name} names {named}.")


def main() -> int:
    """Pack what the command line names and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("experiment_id")
    options = parser.parse_args()
    workspace = Workspace.open(Settings.from_environment(options.workspace))
    try:
        print(pack(workspace, options.experiment_id, FOLDER))
    except TlError as error:
        print(error, file=sys.stderr)
        return 2
    finally:
        workspace.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
