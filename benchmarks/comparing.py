"""Running ``tl_core compare`` in a process of its own, as a person does."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any


def compare(train: Path, test: Path | None, workspace: Path, **options: object) -> dict[str, Any]:
    """Compare arms on the columns ``text`` and ``label`` of a file, or of two; return what is written.

    Parameters
    ----------
    options
        Those of the command, with underscores for hyphens; without a budget, networks take equal steps.
    """
    out = workspace / "comparison.json"
    command = [
        sys.executable,
        "-m",
        "tl_core",
        "compare",
        str(train),
        *(["--test", str(test)] if test else []),
    ]
    usual = {"text": "text", "label": "label", "metric": "accuracy", "workspace": workspace, "json": out}
    usual["budget"] = "equal_steps"
    flags = [
        word
        for name, value in (usual | options).items()
        for word in (f"--{name.replace('_', '-')}", str(value))
    ]
    workspace.mkdir(parents=True, exist_ok=True)
    subprocess.run([*command, *flags], check=True)
    report: dict[str, Any] = json.loads(out.read_text())
    return report
