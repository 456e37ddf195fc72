"""Measure how far an export's float32 answers are from those of its run, in float32 and in bfloat16.

``python -m benchmarks.export_tolerance`` trains arms with the built-in network on both bundled samples,
exports each run, and compares the probabilities of its test texts with what the run's own weights give: in
float32, and under bfloat16 autocast, in which runs are scored where the processor has it. A processor that
lacks it makes the same roundings, slowly; so the training is in whatever this machine's runs use.
"""

import argparse
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.comparing import compare
from tl_core.datasets.dataset import read_dataset
from tl_core.export.answers import answers_of
from tl_core.export.folder import write_model
from tl_core.inference.predictor import load_predictor
from tl_core.planning.machine import inspect_hardware
from tl_core.schema import State
from tl_core.settings import Settings
from tl_core.splits.splitting import read_split
from tl_core.store.workspace import Workspace

SAMPLES = Path(__file__).parents[1] / "samples"
NAMES = ("reviews_sentiment", "support_intents")
ARMS = ("frozen", "scratch", "fine_tuned", "contrastive")
NUM_SEEDS, EPOCHS = 3, 8


def differences(workspace: Workspace, run_id: str, folder: Path) -> dict[str, Any]:
    """Compare an export's probabilities with those of the run's weights in each precision."""
    config = workspace.run_folder(run_id).read_record().config
    place = workspace.dataset_folder(config.dataset_fingerprint)
    texts = [read_dataset(place).texts()[row] for row in read_split(place, config.split_hash).test]
    model = workspace.finished_model(run_id)
    write_model(model, folder)
    exported = answers_of(folder)(texts)
    predictor = load_predictor(model)
    found: dict[str, Any] = {"num_texts": len(texts)}
    for dtype in (torch.float32, torch.bfloat16):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=dtype is torch.bfloat16):
            own = predictor.predict(texts)
        apart = np.abs(exported - own)
        found[str(dtype).removeprefix("torch.")] = {
            "largest": float(apart.max()),
            "mean": float(apart.mean()),
            "num_other_labels": int((exported.argmax(axis=1) != own.argmax(axis=1)).sum()),
        }
    return found


def train(name: str, folder: Path, num_seeds: int) -> None:
    """Train every arm on one sample, in a workspace at ``folder``."""
    compare(SAMPLES / f"{name}.csv", None, folder, arms=",".join(ARMS), seeds=num_seeds, epochs=EPOCHS)


def measure(root: Path, exports: Path) -> list[dict[str, Any]]:
    """Compare every finished run with a network of a workspace."""
    os.environ["TL_WORKSPACE"] = str(root)
    workspace = Workspace.open(Settings.from_environment(root))
    rows = []
    for run in workspace.database.list_runs():
        if run.state is State.FINISHED and run.config.arm.kind.is_neural:
            rows.append(
                {
                    "dataset": workspace.database.get_experiment(run.config.experiment_id).dataset_name,
                    "arm": run.config.arm.name,
                    "seed": run.config.seed,
                    "epochs": run.config.training.epochs,
                    **differences(workspace, run.run_id, exports / run.run_id),
                }
            )
    workspace.close()
    return rows


def main() -> None:
    """Measure, print and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=NUM_SEEDS)
    parser.add_argument("--workspace", type=Path, help="measure the finished runs of this one, train nothing")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        roots = [Path(folder) / name for name in NAMES]
        if asked.workspace is None:
            for name, root in zip(NAMES, roots, strict=True):
                train(name, root, asked.seeds)
        else:
            roots = [asked.workspace]
        rows = [row for root in roots for row in measure(root, Path(folder) / "exports")]
    answer: dict[str, Any] = {
        "how": "absolute differences of a probability, export in float32 against the run's own weights",
        "hardware": inspect_hardware().sentence,
        "num_runs": len(rows),
        "largest": {
            precision: max(row[precision]["largest"] for row in rows) for precision in ("float32", "bfloat16")
        },
        "runs": rows,
    }
    print(json.dumps(answer, indent=2))
    Path(__file__).with_suffix(".json").write_text(json.dumps(answer, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
