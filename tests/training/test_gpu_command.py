"""The command for the day when there is a GPU works, and needs little that is not on every such machine."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PARTS = ("beside_trainer", "throughput", "fine_tuning", "answering", "in_a_fork", "out_of_memory", "tests")
ELSEWHERE = ("pyarrow", "duckdb", "sqlalchemy", "streamlit", "datasets", "pandas")
IMPORTED = "tests.training.test_gpu, tl_core.training.features, tl_core.training.change"
"""Trainer, which the command needs too, brings datasets where it is installed."""


def run(*command: str) -> str:
    """Run Python with a single thread; return what it printed."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    ended = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr[-2_000:]
    return ended.stdout


def test_a_rehearsal_goes_through_every_part() -> None:
    answer = json.loads(run("-m", "benchmarks.gpu", "--rehearse"))
    assert answer["is_rehearsal"]
    assert not [name for name in PARTS if "failed" in answer[name]], answer
    assert answer["in_a_fork"]["exit_code"] == 0
    assert answer["tests"]["exit_code"] == 0, "all are skipped"
    assert answer["beside_trainer"]["built-in"]["times_trainer"] > 0


def test_what_trains_networks_brings_no_database_and_no_tables() -> None:
    loaded = run("-c", f"import sys, {IMPORTED}; print(*sys.modules)").split()
    assert not {name.partition(".")[0] for name in loaded} & set(ELSEWHERE)


def test_without_a_gpu_the_command_says_so() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.gpu"],
        cwd=ROOT,
        env=os.environ | {"CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "There is no CUDA device here" in ended.stderr
