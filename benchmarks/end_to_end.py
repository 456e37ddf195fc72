"""Measure the seconds from pressing start to a first live point, a first verdict and the final one.

``python -m benchmarks.end_to_end`` queues the sentiment sample with the quick preset, the arms majority,
tfidf, scratch and fine_tuned and five seeds in a fresh workspace, exactly as the Setup page does (a few
batches of each network first), and watches the run folders as the Runs and Results pages do. The page has
been open for ten seconds before, in which processes get ready. ``--plateau`` measures the same with each
network trained to its plateau, and adds it to the JSON.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.training import matrix_rate
from tl_core.catalogue.base_models import BUILTIN
from tl_core.catalogue.locating import describe, obtain
from tl_core.datasets.dataset import read_dataset
from tl_core.intake.intake import take_in
from tl_core.jobs.client import ensure_supervisor, stop_supervisor
from tl_core.jobs.dry_run import get_ready, passed_checks, start_dry_run
from tl_core.planning.estimate import estimate
from tl_core.planning.machine import inspect_hardware, read_finished
from tl_core.planning.plan import launch, parse_arms, plan_experiment
from tl_core.planning.presets import PRESETS
from tl_core.results.comparison import gather
from tl_core.schema import BudgetRule, ExperimentConfig, Preset, Span, State, StepLogged, Task, TrainingConfig
from tl_core.settings import Settings
from tl_core.store.identifiers import new_id
from tl_core.store.workspace import Workspace

SAMPLE = Path(__file__).resolve().parent.parent / "samples" / "reviews_sentiment.csv"
ARMS = ("majority", "tfidf", "scratch", "fine_tuned")
NUM_SEEDS = 5
TARGETS_S = {"first_point_s": 6.0, "first_verdict_s": 30.0, "final_verdict_s": 150.0}
THOUGHT_S = 10.0
"""Seconds that a person has the plan before the eyes."""
TYPICAL_TOKENS = np.full(16, 28)
JSON = Path(__file__).with_suffix(".json")
POLL_S = 0.5


def plan(workspace: Workspace, budget: BudgetRule) -> ExperimentConfig:
    """Take the sample in and plan what the quick preset asks for."""
    intake = take_in(workspace, SAMPLE, name=SAMPLE.stem)
    return plan_experiment(
        experiment_id=new_id("exp"),
        name=SAMPLE.stem,
        dataset=intake.dataset.info,
        split=intake.split.info,
        task=Task.SENTIMENT,
        base_model=BUILTIN,
        arms=parse_arms(ARMS),
        preset=Preset.QUICK,
        num_seeds=NUM_SEEDS,
        training=TrainingConfig(epochs=PRESETS[Preset.QUICK].epochs, budget=budget),
    )


def has_live_point(workspace: Workspace, experiment_id: str) -> bool:
    """Whether a neural arm has logged a training loss."""
    started = [run for run in workspace.database.list_runs(experiment_id) if run.state is not State.QUEUED]
    return any(
        isinstance(event, StepLogged)
        for run in started
        for event in workspace.run_folder(run.run_id).read_events()
    )


def check(workspace: Workspace, experiment: ExperimentConfig) -> float:
    """Carry a few batches of each network through, as Design does before it queues; return the seconds."""
    started = time.perf_counter()
    run = start_dry_run(workspace, experiment)
    while not run.has_ended():
        time.sleep(POLL_S)
    problems = [one.problem for one in run.checks().values() if not one.is_passed]
    if problems:
        raise SystemExit(problems[0])
    return time.perf_counter() - started


def measure(workspace: Workspace, budget: BudgetRule) -> dict[str, Any]:
    """Start, watch, and return seconds since the start."""
    experiment = plan(workspace, budget)
    ensure_supervisor(workspace.settings)  # the web server has started it long before
    get_ready(workspace)
    time.sleep(THOUGHT_S)
    started = time.perf_counter()
    moments: dict[str, Any] = {"check_s": check(workspace, experiment)}
    spans = foresee(workspace, experiment)
    launch(workspace, experiment)
    ensure_supervisor(workspace.settings)
    seen: list[State] = []
    while True:
        elapsed = time.perf_counter() - started
        if "first_point_s" not in moments and has_live_point(workspace, experiment.experiment_id):
            moments["first_point_s"] = elapsed
        states = [run.state for run in workspace.database.list_runs(experiment.experiment_id)]
        is_new = states != seen
        seen = states
        if (
            is_new
            and "first_verdict_s" not in moments
            and gather(workspace, experiment.experiment_id).headline
        ):
            moments["first_verdict_s"] = elapsed
        if all(state.is_final for state in states):
            moments["final_verdict_s"] = elapsed
            outcome = _outcome(workspace, experiment.experiment_id)
            return moments | outcome | {"estimate": held_to(workspace, experiment, spans)}
        time.sleep(POLL_S)


def foresee(workspace: Workspace, experiment: ExperimentConfig) -> tuple[Span, ...]:
    """Estimate each run from what the check has measured, as the plan on the page does."""
    base, dataset = describe(BUILTIN), read_dataset(workspace.dataset_folder(experiment.dataset_fingerprint))
    sizes = dataset.content.sizes(dataset.table, obtain(BUILTIN, lambda done, total: None))
    facts = {arm.name: base for arm in experiment.arms if arm.kind.is_neural}
    mean = float(sizes.clip(max=experiment.training.max_length).mean())
    return estimate(experiment, facts, mean, inspect_hardware(), read_finished(workspace)).runs


def held_to(workspace: Workspace, experiment: ExperimentConfig, spans: Sequence[Span]) -> dict[str, Any]:
    """Hold the estimate of each network's run, and the check's speed, to what came."""
    checks, runs = passed_checks(workspace, experiment), list[dict[str, float]]()
    steps: dict[str, list[float]] = {}
    for row in workspace.database.list_runs(experiment.experiment_id):
        if row.config.arm.kind.is_neural and row.started_at and row.finished_at:
            ended, begun = (datetime.fromisoformat(one) for one in (row.finished_at, row.started_at))
            span, took = spans[row.config.position], (ended - begun).total_seconds()
            runs.append({"low_s": span.low_s, "high_s": span.high_s, "took_s": took})
            last = workspace.run_folder(row.run_id).read_events()[-1]
            arm = row.config.arm.name
            steps.setdefault(arm, []).append(last.tokens_seen / last.train_s / checks[arm].tokens_per_s)
    return {
        "runs": runs,
        "share_within": float(np.mean([one["low_s"] <= one["took_s"] <= one["high_s"] for one in runs])),
        "run_speed_by_check_speed": {arm: float(np.median(ratios)) for arm, ratios in steps.items()},
    }


def _outcome(workspace: Workspace, experiment_id: str) -> dict[str, Any]:
    results = gather(workspace, experiment_id)
    headline = results.headline
    return {
        "states": sorted(run.state.value for run in results.runs),
        "sentence": headline.sentence if headline else None,
        "train_s": {run.config.run_id: run.record.train_s for run in results.finished},
        "wall_s": {run.config.run_id: run.record.wall_s for run in results.finished},
        "accuracy": {
            summary.arm: {"mean": summary.mean, "ci95": summary.ci95, "seeds": summary.values}
            for summary in results.summaries.values()
        },
    }


def main() -> None:
    """Measure in a fresh workspace and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plateau", action="store_true", help="train each network to its plateau")
    is_plateau = parser.parse_args().plateau
    rate = matrix_rate(TYPICAL_TOKENS, torch.bfloat16)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.from_environment(folder)
        workspace = Workspace.open(settings)
        try:
            measured = measure(workspace, BudgetRule.PLATEAU if is_plateau else BudgetRule.EQUAL_STEPS)
        finally:
            stop_supervisor(settings)
            workspace.close()
    measured["matrix_gflops"] = rate / 1e9
    before = json.loads(JSON.read_text(encoding="utf-8")) if JSON.exists() else {}
    if is_plateau:
        answer = before | {"to_the_plateau": measured}
    else:
        answer = {
            "hardware": inspect_hardware().sentence,
            "targets_s": TARGETS_S,
            "within_targets": {name: measured[name] <= limit for name, limit in TARGETS_S.items()},
            **measured,
            **{key: before[key] for key in ("to_the_plateau",) if key in before},
        }
    JSON.write_text(json.dumps(answer, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(answer, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
