"""Does a network from scratch get a real chance? Hold the default budget against ten times the equal steps.

``python -m benchmarks.budgets`` trains the built-in architecture from scratch as an experiment does, on four
sets with the app's usual split: 500 examples of trec6, all of cr, and both samples. Budgets are the equal
steps of the quick preset, ten times as many, and training to the plateau, which is the default. Beside a
set's difference between the default and the best of the others stands its interval, t over paired seeds:
trainings differ by points. Cost is in steps, which all cost the same. Results so far are kept, so that a run
that was cut off goes on.
"""

import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from scipy import stats

from benchmarks.in_parallel import each
from benchmarks.one_run import carry_out_seed
from benchmarks.real_sets import real_set
from tl_core.arms import ArmKind
from tl_core.catalogue.base_models import BUILTIN
from tl_core.evaluation.flags import RunHealth, find_flags
from tl_core.intake.bundled import SAMPLES
from tl_core.intake.intake import take_in
from tl_core.planning.plan import parse_arms, plan_experiment, plan_training
from tl_core.planning.presets import PRESETS
from tl_core.schema import Arm, BudgetRule, Metric, Preset, Task
from tl_core.settings import Settings
from tl_core.store.identifiers import new_id
from tl_core.store.workspace import Workspace

NUM_SEEDS = {"trec6": 5, "reviews_sentiment": 5, "support_intents": 5, "cr": 3}
TOLERANCE_POINTS = 1.5
SCRATCH = Arm(kind=ArmKind.SCRATCH)
DEFAULT = "to the plateau"
TIMES = {"equal steps": 1, "10 times the steps": 10}
BUDGETS = (DEFAULT, *TIMES)
SETS: dict[str, int | None] = {"trec6": 500, "reviews_sentiment": None, "support_intents": None, "cr": 10**9}
"""Train examples at most; None for what the quick preset takes."""
JSON = Path(__file__).with_suffix(".json")


def trained(name: str, budget: str, seed: int) -> dict[str, Any]:
    """Train once; return the accuracy on test, the steps and what the flags look at."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace.open(Settings.from_environment(folder))
        if name in SAMPLES:
            intake = take_in(workspace, SAMPLES[name].path, name=name)
        else:
            intake = take_in(workspace, real_set(name), name=name)
        usual = PRESETS[Preset.QUICK]
        most = SETS[name] or usual.max_train_size or intake.split.info.train
        rule = BudgetRule.PLATEAU if budget == DEFAULT else BudgetRule.EQUAL_STEPS
        training = plan_training(Preset.QUICK, budget=rule, epochs=usual.epochs * TIMES.get(budget, 1))
        experiment = plan_experiment(
            experiment_id=new_id("exp"),
            name=name,
            dataset=intake.dataset.info,
            split=intake.split.info,
            task=Task.TOPIC,
            base_model=BUILTIN,
            arms=parse_arms(["scratch"]),
            preset=Preset.QUICK,
            num_seeds=seed + 1,
            train_sizes=[min(most, intake.split.info.train)],
            training=training,
            headline_metric=Metric.ACCURACY,
        )
        run = carry_out_seed(workspace, experiment, seed)
        workspace.close()
        return {
            "test_accuracy": run.test.accuracy,
            "steps": run.events[-1].step,
            "train_size": run.config.train_size,
            "num_test": len(run.targets),
            "health": asdict(run.health),
        }


def key(name: str, budget: str, seed: int) -> str:
    """Name one training."""
    return f"{name} | {budget} | seed {seed}"


def summary(known: dict[str, Any]) -> dict[str, Any]:
    """Say of each set that is complete how far the default is from its own best, and what flags say."""
    table: dict[str, Any] = {}
    for name in SETS:
        of_budget = {
            budget: [known.get(key(name, budget, seed)) for seed in range(NUM_SEEDS[name])]
            for budget in BUDGETS
        }
        if not all(all(runs) for runs in of_budget.values()):
            continue
        rows = {
            budget: {
                "mean_test_accuracy": fmean(run["test_accuracy"] for run in runs),
                "steps_by_equal_steps": fmean(
                    run["steps"] / equal["steps"]
                    for run, equal in zip(runs, of_budget["equal steps"], strict=True)
                ),
                "flags": _flags(runs, budget),
            }
            for budget, runs in of_budget.items()
        }
        best = max(TIMES, key=lambda budget: rows[budget]["mean_test_accuracy"])
        ours, others = (
            np.array([run["test_accuracy"] for run in of_budget[budget]]) for budget in (DEFAULT, best)
        )
        gaps = 100 * (others - ours)
        half = stats.t.ppf(0.975, len(gaps) - 1) * gaps.std(ddof=1) / np.sqrt(len(gaps))
        short = float(gaps.mean())
        table[name] = {
            "train_size": of_budget[DEFAULT][0]["train_size"],
            "num_test": of_budget[DEFAULT][0]["num_test"],
            "budgets": rows,
            "num_seeds": len(gaps),
            "best_of_the_others": best,
            "default_below_best_points": short,
            "ci95_points": [short - half, short + half],
            "is_within_tolerance": short <= TOLERANCE_POINTS,
            "is_flagged": bool(rows[DEFAULT]["flags"]),
        }
    return {
        "architecture": BUILTIN,
        "tolerance_points": TOLERANCE_POINTS,
        "num_within_tolerance": sum(row["is_within_tolerance"] for row in table.values()),
        "sets": table,
        "runs": dict(sorted(known.items())),
    }


def _flags(runs: list[dict[str, Any]], budget: str) -> list[str]:
    rule = BudgetRule.PLATEAU if budget == DEFAULT else BudgetRule.EQUAL_STEPS
    flags = find_flags(SCRATCH, [RunHealth(**run["health"]) for run in runs], rule)
    return [f"{flag.code}: {flag.phrase}" for flag in flags]


def main() -> None:
    """Measure what is not yet known, and write the JSON after each training."""
    known: dict[str, Any] = json.loads(JSON.read_text())["runs"] if JSON.exists() else {}
    tasks = [
        (name, budget, seed)
        for name in SETS
        for seed in range(NUM_SEEDS[name])
        for budget in (DEFAULT, *reversed(TIMES))
        if key(name, budget, seed) not in known
    ]
    for task, answer in each(trained, tasks):
        known[key(*task)] = answer
        JSON.write_text(json.dumps(summary(known), indent=1) + "\n")
        print(key(*task), answer["test_accuracy"], answer["steps"], flush=True)
    JSON.write_text(json.dumps(summary(known), indent=1) + "\n")


if __name__ == "__main__":
    main()
