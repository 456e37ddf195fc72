"""The whole command line on real labelled sets: three seeds, the built-in model, the sets' own test files."""

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from tests.shared_data import shared_data

TIMEOUT_S = 7200
ARMS = "tfidf,frozen,scratch,fine_tuned"


def compare(tmp_path: Path, name: str, *options: str) -> dict[str, Any]:
    """Run ``tl_core compare`` on a set's train and test file and return its JSON."""
    out = tmp_path / "comparison.json"
    files = [str(shared_data(name, "train.csv")), "--test", str(shared_data(name, "test.csv"))]
    command = [sys.executable, "-m", "tl_core", "compare", *files, "--text", "text", "--label", "label"]
    common = [
        "--budget",
        "equal_steps",
        "--arms",
        ARMS,
        "--seeds",
        "3",
        "--workspace",
        str(tmp_path / "workspace"),
        "--json",
        str(out),
    ]
    environment = {"TL_SUPERVISOR_IDLE_S": "2", "HF_HUB_OFFLINE": "1"}
    subprocess.run(
        [*command, *common, *options], check=True, timeout=TIMEOUT_S, env={**os.environ, **environment}
    )
    report: dict[str, Any] = json.loads(out.read_text())
    for arm in report["arms"]:
        values = [f"{run['test']['accuracy']:.3f}" for run in arm["runs"]]
        print(f"{name} {arm['arm']}: test accuracy {', '.join(values)}")
    for verdict in report["verdicts"]:
        print(verdict["sentence"])
    return report


def mean_accuracy(report: dict[str, Any], arm: str) -> float:
    """Mean test accuracy of an arm over its seeds."""
    runs = next(one for one in report["arms"] if one["arm"] == arm)["runs"]
    return fmean(run["test"]["accuracy"] for run in runs)


@pytest.mark.acceptance
def test_fine_tuned_reaches_90_percent_on_trec6_with_500_examples(tmp_path: Path) -> None:
    report = compare(tmp_path, "trec6", "--train-sizes", "500", "--epochs", "8", "--task", "topic")
    assert report["split"]["test"] == 500
    assert mean_accuracy(report, "fine_tuned") >= 0.90


@pytest.mark.acceptance
def test_fine_tuned_reaches_87_percent_on_cr_with_all_examples(tmp_path: Path) -> None:
    report = compare(tmp_path, "cr", "--preset", "thorough", "--epochs", "4", "--no-search-rates")
    assert report["split"]["test"] == 378
    assert mean_accuracy(report, "fine_tuned") >= 0.87
