"""Is the search of learning rates worth having? Hold what it chooses against the recorded rates, on test.

``python -m benchmarks.rate_search`` takes 500 labelled examples of each of five sets, which the app splits
into train and validation, and the set's own test file: as few examples for validation as people have who ask
this. Fine-tuning and from scratch are carried out with the built-in model as an experiment does, at equal
steps, three seeds each: at the recorded rates, and at those that the app's own search comes to on the same
examples. A search is made once for each set and arm, as in an experiment. Where it keeps the recorded rates
both are the same runs. The benefit is the difference of accuracies on test, as the mean over sets with its t
interval over sets; the cost is in trainings and steps, which all cost the same. Results so far are kept, so
that a run that was cut off goes on.
"""

import json
import tempfile
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from benchmarks.in_parallel import each
from benchmarks.learning_rates import SETS
from benchmarks.one_run import carry_out_seed
from benchmarks.real_sets import real_set
from tl_core.arms import ArmKind
from tl_core.catalogue.base_models import BUILTIN
from tl_core.intake.intake import take_in
from tl_core.planning.plan import plan_experiment, plan_training
from tl_core.schema import Arm, BudgetRule, LearningRates, Metric, Preset, Task
from tl_core.settings import Settings
from tl_core.store.identifiers import new_id
from tl_core.store.workspace import Workspace

Training = tuple[str, ArmKind, int, str] | tuple[str, ArmKind, int, str, str]
ARMS = (ArmKind.FINE_TUNED, ArmKind.SCRATCH)
NUM_LABELLED, NUM_SEEDS = 500, 3
LEAST_POINTS = -0.5
"""What the lower end of no arm's benefit may fall below."""
RECORDED, SEARCHED = "recorded", "searched"
JSON = Path(__file__).with_suffix(".json")


def carried_out(name: str, kind: ArmKind, seed: int, way: str, rates: str = "") -> dict[str, Any]:
    """Train once; return the accuracy on test, the rates, the steps and what a search has tried.

    Parameters
    ----------
    way
        `RECORDED` or `SEARCHED`.
    rates
        Those that a search has chosen before, in JSON.
    """
    with tempfile.TemporaryDirectory() as folder:
        some = Path(folder) / "labelled.csv"
        pd.read_csv(real_set(name)).sample(NUM_LABELLED, random_state=0).to_csv(some, index=False)
        workspace = Workspace.open(Settings.from_environment(Path(folder) / "workspace"))
        intake = take_in(workspace, some, name=name, test_path=real_set(name, "test"))
        arm = Arm(kind=kind)
        experiment = plan_experiment(
            experiment_id=new_id("exp"),
            name=name,
            dataset=intake.dataset.info,
            split=intake.split.info,
            task=Task.TOPIC,
            base_model=BUILTIN,
            arms=[arm],
            preset=Preset.STANDARD,
            num_seeds=seed + 1,
            training=plan_training(Preset.STANDARD, budget=BudgetRule.EQUAL_STEPS),
            headline_metric=Metric.ACCURACY,
            learning_rates={arm.name: LearningRates.model_validate_json(rates)} if rates else None,
            should_search_rates=way == SEARCHED and not rates,
        )
        run = carry_out_seed(workspace, experiment, seed)
        workspace.close()
    taken, search = run.config.learning_rates or LearningRates(encoder=0, head=0), run.record.rate_search
    return {
        "test_accuracy": run.test.accuracy,
        "num_train": run.config.train_size,
        "num_validation": len(run.validation_targets),
        "num_test": len(run.targets),
        "steps": run.events[-1].step,
        "rates": taken.model_dump_json(),
        "is_recorded": taken == experiment.learning_rates[arm.name],
        "tried": [one.model_dump(mode="json") for one in search.tried] if search else [],
    }


def key(name: str, kind: ArmKind, seed: int, way: str) -> str:
    """Name one training."""
    return f"{kind} | {name} | {way} | seed {seed}"


def tasks(known: Mapping[str, Any]) -> list[Training]:
    """List the trainings that are still needed, as far as the searches so far tell, searches first."""
    found: list[Training] = []
    for kind, name in product(ARMS, SETS):
        search = known.get(key(name, kind, 0, SEARCHED))
        if search is None:
            found.append((name, kind, 0, SEARCHED))
        elif not search["is_recorded"]:
            found += [(name, kind, seed, RECORDED) for seed in range(NUM_SEEDS)]
            found += [(name, kind, seed, SEARCHED, search["rates"]) for seed in range(1, NUM_SEEDS)]
    return [task for task in found if key(*task[:4]) not in known]


def benefit(known: Mapping[str, Any], name: str, kind: ArmKind) -> dict[str, Any] | None:
    """Say of one set and arm what a search was worth and what it took; None before all of it is known."""
    search = known.get(key(name, kind, 0, SEARCHED))
    if search is None:
        return None
    gains = [0.0] * NUM_SEEDS  # the same runs
    if not search["is_recorded"]:
        pairs = [[key(name, kind, seed, way) for way in (SEARCHED, RECORDED)] for seed in range(NUM_SEEDS)]
        if not all(one in known for pair in pairs for one in pair):
            return None
        gains = [100 * (known[one]["test_accuracy"] - known[other]["test_accuracy"]) for one, other in pairs]
    num_trainings = sum(one["num_trials"] for one in search["tried"])
    return {
        "benefit_points": fmean(gains),
        "by_seed": gains,
        "is_recorded": search["is_recorded"],
        "rates": json.loads(search["rates"]),
        "num_trainings": num_trainings,
        "steps": num_trainings * search["steps"],
        **{part: search[part] for part in ("num_train", "num_validation", "num_test")},
    }


def summary(known: Mapping[str, Any]) -> dict[str, Any]:
    """Average benefit and cost over sets, of the arms that are complete."""
    table: dict[str, Any] = {}
    for kind in ARMS:
        by_set = {name: benefit(known, name, kind) for name in SETS}
        rows = [row for row in by_set.values() if row is not None]
        if len(rows) < len(SETS):
            continue
        values = np.array([row["benefit_points"] for row in rows])
        half = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
        mean = float(values.mean())
        table[kind.value] = {
            "benefit_points": mean,
            "ci95_points": [mean - half, mean + half],
            "is_harmless": bool(mean - half >= LEAST_POINTS),
            "num_changed": sum(not row["is_recorded"] for row in rows),
            "mean_trainings": fmean(row["num_trainings"] for row in rows),
            "mean_steps": fmean(row["steps"] for row in rows),
            "sets": by_set,
        }
    return {
        "base_model": BUILTIN,
        "num_labelled": NUM_LABELLED,
        "num_seeds": NUM_SEEDS,
        "least_points": LEAST_POINTS,
        "arms": table,
        "runs": dict(sorted(known.items())),
    }


def main() -> None:
    """Measure what is not yet known, and write the JSON after each training."""
    known: dict[str, Any] = json.loads(JSON.read_text())["runs"] if JSON.exists() else {}
    while waiting := tasks(known):  # what a search has chosen tells what is to be trained next
        for task, answer in each(carried_out, waiting):
            known[key(*task[:4])] = answer
            JSON.write_text(json.dumps(summary(known), indent=1) + "\n")
            print(key(*task[:4]), answer["test_accuracy"], answer["rates"], flush=True)
    JSON.write_text(json.dumps(summary(known), indent=1) + "\n")


if __name__ == "__main__":
    main()
