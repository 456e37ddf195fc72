"""Pictures: at which rates networks learn them, and what pretraining is worth there.

``python -m benchmarks.images rates`` trains the built-in network on the training folders of two real sets,
fine-tuned and from scratch, at a few peak rates each, with two seeds; the answer is the pair of rates with
the highest mean accuracy, on pictures of the training folders that a split holds out; the sets' own tests are
never asked. All have equal steps, and training from scratch on the small photos also the default budget, at
whose steady rate other peaks are too high. Fine-tuning is done with batch norms that keep what pretraining
counted and with such that follow the batches. ``accuracy`` then carries out at those rates
what an experiment does, on ants and bees (160 pixels, three seeds) and on five classes of small photos, and
scores the test parts. ``speed`` compares five models on 400 drawn pictures of four classes,
three seeds, equal steps, as `compare` does it, and takes the time. Results so far are kept in the JSON, so
that a run that was cut off goes on.

The ants and bees are pictures of ImageNet, which the network has probably seen: that they are told apart is
no evidence of transfer.
"""

import io
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from datetime import datetime
from itertools import product
from pathlib import Path
from statistics import fmean
from typing import Any
from unittest.mock import patch

from benchmarks.in_parallel import each
from benchmarks.one_run import carry_out_seed
from benchmarks.real_sets import real_pictures
from samples.draw import THINGS, draw
from tl_core.arms import ArmKind
from tl_core.catalogue.base_models import BUILTIN_IMAGE
from tl_core.images import network
from tl_core.intake.intake import take_in
from tl_core.planning.plan import parse_arms, plan_experiment, plan_training
from tl_core.results.runs import read_finished_run
from tl_core.schema import BudgetRule, LearningRates, Metric, Preset, Task
from tl_core.settings import Settings
from tl_core.store.identifiers import new_id
from tl_core.store.workspace import Workspace

JSON = Path(__file__).with_suffix(".json")
ANTS, SMALL = "hymenoptera", "cifar5"
SETS = (ANTS, SMALL)
GRID = {
    ArmKind.FINE_TUNED: ((1e-5, 3e-3), (3e-5, 3e-3), (1e-4, 3e-3), (3e-4, 3e-3), (1e-3, 3e-3), (3e-3, 3e-3)),
    ArmKind.SCRATCH: ((5e-4, 5e-4), (2e-3, 2e-3), (5e-3, 5e-3), (1e-2, 1e-2), (2e-2, 2e-2), (5e-2, 5e-2)),
}
"""Peak rates of encoder and head."""
NORMS = {ArmKind.FINE_TUNED: ("keep", "follow"), ArmKind.SCRATCH: ("follow",)}
"""What batch norms do with the statistics of pretraining."""
EQUAL, DEFAULT = BudgetRule.EQUAL_STEPS.value, BudgetRule.PLATEAU.value
LEARNED = {
    ArmKind.FINE_TUNED: ((ANTS, EQUAL), (SMALL, EQUAL)),
    ArmKind.SCRATCH: ((ANTS, EQUAL), (SMALL, EQUAL), (SMALL, DEFAULT)),
}
"""Sets and budgets that decide about rates."""
NUM_SEEDS = 2
SIZE_PX, ACCURACY_PX = 128, {ANTS: 160, SMALL: 64}
MOST_TRAINED = 250
EACH_CLASS, SPEED_ARMS = 100, ("majority", "histogram", "frozen", "scratch", "fine_tuned")
ARMS = ("frozen", "frozen_random", "histogram", "fine_tuned", "scratch")


def carried_out(
    name: str,
    arm: str,
    seed: int,
    size: int,
    rates: tuple[float, float] | None = None,
    norms: str = "",
    budget: str = EQUAL,
) -> dict[str, Any]:
    """Carry out one run; return the accuracies and what it took.

    With rates of its own it is one of a search: it sees the training folder alone, at most `MOST_TRAINED`.
    """
    starts = () if norms == "follow" else network.KEEPS_STATISTICS
    with patch.object(network, "KEEPS_STATISTICS", starts), tempfile.TemporaryDirectory() as folder:
        workspace = Workspace.open(Settings.from_environment(folder))
        archive = real_pictures(name)
        intake = take_in(workspace, training_folder(archive, Path(folder)) if rates else archive, name=name)
        most = MOST_TRAINED if rates else intake.split.info.train
        (only,) = parse_arms([arm])
        given = {only.name: LearningRates(encoder=rates[0], head=rates[1])} if rates else None
        experiment = plan_experiment(
            experiment_id=new_id("exp"),
            name=name,
            dataset=intake.dataset.info,
            split=intake.split.info,
            task=Task.OTHER,
            base_model=BUILTIN_IMAGE,
            arms=[only],
            preset=Preset.QUICK,
            num_seeds=seed + 1,
            train_sizes=[min(most, intake.split.info.train)],
            training=plan_training(Preset.QUICK, budget=BudgetRule(budget), max_length=size),
            headline_metric=Metric.ACCURACY,
            learning_rates=given,
            should_search_rates=False,
        )
        run = carry_out_seed(workspace, experiment, seed)
        right = (run.validation_logits.argmax(1) == run.validation_targets).sum()
        workspace.close()
        num_held_out = len(run.validation_targets) + len(run.targets)
        return {
            "held_out_accuracy": (float(right) + run.test.accuracy * len(run.targets)) / num_held_out,
            "test_accuracy": run.test.accuracy,
            "num_train": run.config.train_size,
            "num_validation": len(run.validation_targets),
            "num_test": len(run.targets),
            "steps": run.events[-1].step,
            "train_s": run.events[-1].train_s,
        }


def training_folder(archive: Path, place: Path) -> Path:
    """Write an archive of the pictures of the training folder alone."""
    found = place / archive.name
    with zipfile.ZipFile(archive) as source, zipfile.ZipFile(found, "w") as target:
        for member in source.namelist():
            _, _, inside = member.partition("train/")
            if inside and not member.endswith("/"):
                target.writestr(inside, source.read(member))
    return found


def compared() -> dict[str, Any]:
    """Compare five models on 400 drawings from a shell; return the seconds until something was known."""
    with tempfile.TemporaryDirectory() as folder:
        archive, root = Path(folder) / "drawn.zip", Path(folder) / "workspace"
        with zipfile.ZipFile(archive, "w") as target:
            for thing, number in product(THINGS, range(EACH_CLASS)):
                file = io.BytesIO()
                draw(thing, 1000 + number).save(file, "JPEG")
                target.writestr(f"{thing}/{number}.jpg", file.getvalue())
        command = [
            *(sys.executable, "-m", "tl_core", "compare", str(archive), "--arms", ",".join(SPEED_ARMS)),
            *("--seeds", "3", "--budget", "equal_steps"),
        ]
        environment = os.environ | {"TL_WORKSPACE": str(root)}
        begin = time.time()
        subprocess.run(command, check=True, env=environment)
        whole_s = time.time() - begin
        workspace = Workspace.open(Settings.from_environment(root))
        ended = {
            (run.config.arm.name, run.config.seed): datetime.fromisoformat(run.finished_at or "").timestamp()
            for run in workspace.database.list_runs()
        }
        experiment = workspace.database.list_experiments()[0]
        accuracy = {
            run.config.arm.name: read_finished_run(workspace.run_folder(run.run_id)).test.accuracy
            for run in workspace.database.list_runs()
            if run.config.seed == 0
        }
        workspace.close()
        subprocess.run(
            [sys.executable, "-m", "tl_core.jobs.stop"],
            env=os.environ | {"TL_WORKSPACE": str(root)},
            check=True,
        )
    return {
        "num_train": experiment.split.train,
        "size_px": experiment.training.max_length,
        "first_verdict_s": max(ended["scratch", 0], ended["fine_tuned", 0]) - begin,
        "whole_s": whole_s,
        "test_accuracy_of_seed_0": accuracy,
    }


def key(*parts: object) -> str:
    """Name one run."""
    return " | ".join(map(str, parts))


def summary(known: dict[str, Any]) -> dict[str, Any]:
    """Average over sets and seeds; what is not whole is left out."""
    rates: dict[str, Any] = {}
    for kind, grid in GRID.items():
        means = dict[tuple[str, tuple[float, float]], float]()
        for norms, one in product(NORMS[kind], grid):
            cells = [
                key("rates", name, kind, seed, one, norms, budget)
                for (name, budget), seed in product(LEARNED[kind], range(NUM_SEEDS))
            ]
            if all(cell in known for cell in cells):
                means[norms, one] = fmean(known[cell]["held_out_accuracy"] for cell in cells)
        if len(means) == len(grid) * len(NORMS[kind]):
            norms, (encoder, head) = max(means, key=means.__getitem__)
            tried = [{"norms": norm, "rates": one, "accuracy": mean} for (norm, one), mean in means.items()]
            rates[kind.value] = {"encoder": encoder, "head": head, "norms": norms, "tried": tried}
    accuracy: dict[str, Any] = {}
    for name, arm in product(SETS, ARMS):
        runs = [one for cell, one in known.items() if cell.startswith(key("accuracy", name, arm, ""))]
        if runs:
            accuracy.setdefault(name, {})[arm] = {
                "test_accuracy": fmean(one["test_accuracy"] for one in runs),
                "by_seed": [one["test_accuracy"] for one in runs],
                "num_train": runs[0]["num_train"],
                "num_test": runs[0]["num_test"],
                "train_s": [one["train_s"] for one in runs],
            }
    return {
        "base_model": BUILTIN_IMAGE,
        "rates": rates,
        "accuracy": accuracy,
        "speed": known.get("speed"),
        "runs": dict(sorted(known.items())),
    }


def main() -> None:
    """Measure the part that is named, and write the JSON after each run."""
    part = sys.argv[1]
    known: dict[str, Any] = json.loads(JSON.read_text())["runs"] if JSON.exists() else {}
    if part == "speed":
        known["speed"] = compared()
        JSON.write_text(json.dumps(summary(known), indent=1) + "\n")
        print(json.dumps(known["speed"], indent=1))
        return
    tasks: dict[tuple[Any, ...], str] = {}
    if part == "rates":
        for kind, grid in GRID.items():
            for (name, budget), seed, norms, one in product(
                LEARNED[kind], range(NUM_SEEDS), NORMS[kind], grid
            ):
                task = (name, kind.value, seed, SIZE_PX if name == ANTS else 64, one, norms, budget)
                tasks[task] = key("rates", name, kind, seed, one, norms, budget)
    else:
        for name, arm, seed in product(SETS, ARMS, range(3)):
            if seed == 0 or arm != "histogram":
                tasks[name, arm, seed, ACCURACY_PX[name]] = key("accuracy", name, arm, seed)
    waiting = [task for task, cell in tasks.items() if cell not in known]
    for task, answer in each(carried_out, waiting):
        known[tasks[task]] = answer
        JSON.write_text(json.dumps(summary(known), indent=1) + "\n")
        print(
            tasks[task],
            round(answer["held_out_accuracy"], 3),
            round(answer["test_accuracy"], 3),
            flush=True,
        )


if __name__ == "__main__":
    main()
