"""Asking model folders in a process that does not know the project."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

ASK = Path(__file__).with_name("ask.py")


def ask_elsewhere(
    python: str, folders: Mapping[str, Path], texts: Sequence, labels: Sequence[str], cwd: Path
) -> dict[str, dict[str, list[list[float]] | str]]:
    """Return what each folder answers by each way: probabilities, or what was raised."""
    hidden = ("PYTHONPATH", "TL_WORKSPACE")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    asked = {"folders": {name: str(path) for name, path in folders.items()}, "texts": texts, "labels": labels}
    done = subprocess.run(
        [python, "-I", str(ASK)],
        input=json.dumps(asked),
        cwd=cwd,
        env={**environment, "HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
