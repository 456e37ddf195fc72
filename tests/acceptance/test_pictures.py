"""The whole command line on real pictures, with the built-in model.

Ants and bees are pictures of ImageNet, which the network has probably seen: what it reaches there is no
evidence of transfer, and a result on ImageNet itself is not claimed.
"""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from tests.shared_data import shared_data

pytestmark = pytest.mark.acceptance

TIMEOUT_S = 3600


def compare(place: Path, archive: Path, *options: str) -> dict[str, Any]:
    """Run ``tl_core compare`` with three seeds and equal steps; return its JSON."""
    out = place / "comparison.json"
    command = [sys.executable, "-m", "tl_core", "compare", str(archive), "--budget", "equal_steps"]
    common = ["--seeds", "3", "--workspace", str(place / "workspace"), "--json", str(out)]
    environment = os.environ | {"TL_SUPERVISOR_IDLE_S": "2", "HF_HUB_OFFLINE": "1"}
    subprocess.run([*command, *common, *options], check=True, timeout=TIMEOUT_S, env=environment)
    report: dict[str, Any] = json.loads(out.read_text())
    for arm in report["arms"]:
        print(f"{archive.stem} {arm['arm']}: test accuracy {accuracies(report, arm['arm'])}")
    for verdict in report["verdicts"]:
        print(verdict["sentence"])
    return report


def accuracies(report: dict[str, Any], arm: str) -> list[float]:
    runs = next(one for one in report["arms"] if one["arm"] == arm)["runs"]
    return [round(run["test"]["accuracy"], 3) for run in runs]


def test_ants_and_bees_are_told_apart_by_what_imagenet_taught(tmp_path: Path) -> None:
    archive = shared_data("images", "hymenoptera.zip")
    arms = "histogram,frozen_random,frozen,scratch,fine_tuned"
    report = compare(tmp_path, archive, "--arms", arms, "--max-length", "160")
    assert (report["split"]["test"], report["dataset"]["num_examples"]) == (153, 397)
    assert fmean(accuracies(report, "fine_tuned")) >= 0.90
    assert fmean(accuracies(report, "frozen")) >= 0.90
    assert fmean(accuracies(report, "frozen_random")) < 0.75
    assert "has seen ImageNet, so pictures like those flatter it." in json.dumps(report)


def test_on_small_photos_pretraining_is_ahead_by_more_than_chance(tmp_path: Path) -> None:
    archive = shared_data("images", "cifar5.zip")
    report = compare(tmp_path, archive, "--arms", "scratch,fine_tuned", "--max-length", "64")
    (verdict,) = report["verdicts"]
    assert (verdict["a"], verdict["b"]) == ("fine_tuned", "scratch")
    assert verdict["ci95"][0] > 0


def test_cats_and_dogs_can_be_the_first_task_of_birds(tmp_path: Path) -> None:
    with zipfile.ZipFile(shared_data("images", "cifar5.zip")) as source:
        for name, labels in (("pets", ("cat", "dog")), ("birds", ("bird", "horse"))):
            with zipfile.ZipFile(tmp_path / f"{name}.zip", "w") as target:
                for member in source.namelist():
                    parts = Path(member).parts
                    if len(parts) > 2 and parts[1] in labels:
                        target.writestr(member, source.read(member))
    first = compare(tmp_path, tmp_path / "pets.zip", "--arms", "fine_tuned", "--max-length", "64")
    run = next(one for one in first["arms"] if one["arm"] == "fine_tuned")["runs"][0]["run_id"]
    arms = f"scratch,fine_tuned,fine_tuned:run:{run}"
    second = compare(tmp_path, tmp_path / "birds.zip", "--arms", arms, "--max-length", "64")
    (again,) = [one["arm"] for one in second["arms"] if one["arm"].startswith("fine_tuned:")]
    assert fmean(accuracies(second, again)) > fmean(accuracies(second, "scratch"))
    (stages,) = second["first_tasks"]
    print("what is left of the first task:", stages["left"])
    assert stages["first_run_id"] == run
    assert stages["left"]
