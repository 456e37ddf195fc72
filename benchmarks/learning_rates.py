"""Find the peak learning rate that serves each neural arm by default.

``python -m benchmarks.learning_rates`` trains every arm with the built-in model at every rate of its grid on
500 examples of real sets, five epochs, batch 16, and takes the rate with the highest mean accuracy on
validation: fine-tuning and from scratch on five sets with three seeds each, the same arms under an
architecture's own head, and the contrastive arm on 48 examples, because it is made for few labels, on two
sets with two seeds. Test examples are never scored. The answers are `planning.presets.DEFAULT_RATES` and, for
an architecture's own head, `OWN_HEAD_RATES`.

How much a set that had no say loses is measured by leaving each set out: the rate that is best on the others,
held against the set's own best. Its own best is picked among noisy means, so the regret is, if anything, too
high. Results so far are kept, so that a run that was cut off goes on; ``--arms`` leaves the other arms out.
"""

import argparse
import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from scipy import stats

from benchmarks.in_parallel import each
from benchmarks.real_sets import real_set
from tl_core.catalogue.base_models import BUILTIN, Pooling
from tl_core.catalogue.locating import obtain
from tl_core.datasets.dataset import Dataset, build_dataset
from tl_core.datasets.identity import derive_seeds
from tl_core.errors import DivergedError
from tl_core.experiments.training_context import make_objective
from tl_core.files.reading import read_table
from tl_core.schema import ArmKind, BudgetRule, ColumnChoice, EvalFinished, LearningRates, TrainingConfig
from tl_core.splits.splitting import make_split, train_subset
from tl_core.text.network import NETWORKS
from tl_core.training.compute import Compute
from tl_core.training.devices import choose_device, choose_precision
from tl_core.training.fit import fit
from tl_core.training.meters import Clock

Task = tuple[str, Pooling, ArmKind, float, float, int]
SETS = ("trec6", "cr", "tweeteval_emotion", "rotten_tomatoes_mr", "snips")
FEW_SETS = SETS[:2]
TRAIN_SIZE = 500
FEW_SHOT_SIZE = 48
NUM_SEEDS, FEW_SEEDS = 3, 2
TRAINING = TrainingConfig(epochs=5, num_evaluations=1, max_eval_examples=512, budget=BudgetRule.EQUAL_STEPS)
JSON = Path(__file__).with_suffix(".json")


def _together(*rates: float) -> list[LearningRates]:
    return [LearningRates(encoder=rate, head=rate) for rate in rates]


GRIDS: dict[Pooling, dict[ArmKind, list[LearningRates]]] = {
    Pooling.MEAN: {
        ArmKind.FINE_TUNED: [
            LearningRates(encoder=encoder, head=head)
            for encoder, head in ((3e-5, 5e-3), (5e-5, 1e-3), (5e-5, 5e-3), (1e-4, 5e-3), (2e-4, 5e-3))
        ],
        ArmKind.SCRATCH: [
            *_together(1.5e-4, 3e-4, 5e-4, 1e-3),
            LearningRates(encoder=3e-4, head=5e-3),
        ],
        ArmKind.CONTRASTIVE: [LearningRates(encoder=rate, head=0) for rate in (2e-5, 5e-5, 1e-4)],
    },
    Pooling.OWN: {
        ArmKind.FINE_TUNED: [
            *_together(5e-5, 1e-4, 2e-4),
            LearningRates(encoder=5e-5, head=1e-3),
            LearningRates(encoder=5e-5, head=5e-3),
        ],
        ArmKind.SCRATCH: _together(1e-4, 2e-4, 3e-4, 5e-4),
    },
}
"""Rates to try, by head: one layer on the mean of the hidden states, or the architecture's own head."""


def load(name: str) -> Dataset:
    """Read a set's train file; its official test file stays untouched."""
    return build_dataset(read_table(real_set(name)), name=name, choice=ColumnChoice.of("text", "label"))


def accuracy_of(
    name: str, pooling: Pooling, kind: ArmKind, encoder: float, head: float, seed: int
) -> float | None:
    """Train one arm once and return its accuracy on validation after the last step; None if it diverged."""
    dataset, compute, folder, seeds = (
        load(name),
        Compute.choose(TRAINING),
        obtain(BUILTIN),
        derive_seeds(seed),
    )
    split, labels = make_split(dataset), dataset.info.columns.labels
    model = NETWORKS.build(kind, folder, pooling, labels, init_seed=seeds.init)
    examples = NETWORKS.prepare(dataset.table, folder, TRAINING.max_length, None)
    size = FEW_SHOT_SIZE if kind is ArmKind.CONTRASTIVE else TRAIN_SIZE
    train = examples.select(train_subset(dataset, split, size, seeds.subset))
    objective = make_objective(kind, compute, TRAINING.max_eval_examples, train.weights)
    try:
        with NETWORKS.narrowed(model, train, examples.select(split.validation)):
            events = list(
                fit(
                    model,
                    train,
                    examples.select(split.validation),
                    TRAINING,
                    LearningRates(encoder=encoder, head=head),
                    order_seed=seeds.order,
                    compute=compute,
                    clock=Clock(),
                    objective=objective,
                )
            )
    except DivergedError:
        return None
    return [event for event in events if isinstance(event, EvalFinished)][-1].accuracy


def tasks(kinds: Collection[ArmKind]) -> list[Task]:
    """List every training of some arms, a seed of all before the next."""
    found = []
    for seed in range(NUM_SEEDS):
        for pooling, grid in GRIDS.items():
            for kind, tried in grid.items():
                is_few = pooling is not Pooling.MEAN or kind is ArmKind.CONTRASTIVE
                if kind not in kinds or (is_few and seed >= FEW_SEEDS):
                    continue
                for rates in tried:
                    for name in FEW_SETS if is_few else SETS:
                        found.append((name, pooling, kind, rates.encoder, rates.head, seed))
    return found


def key(name: str, pooling: Pooling, kind: ArmKind, encoder: float, head: float, seed: int) -> str:
    """Name one training."""
    return f"{pooling.value} | {kind.value} | {encoder:g} | {head:g} | {name} | seed {seed}"


def rows_of(known: Mapping[str, float | None]) -> list[dict[str, Any]]:
    """Give a row for each head, arm and rate whose trainings are complete."""
    groups: dict[tuple[Pooling, ArmKind, float, float], dict[str, list[float | None]]] = {}
    for name, pooling, kind, encoder, head, seed in tasks(list(ArmKind)):
        value = known.get(key(name, pooling, kind, encoder, head, seed), -1.0)
        groups.setdefault((pooling, kind, encoder, head), {}).setdefault(name, []).append(value)
    return [
        {
            "pooling": pooling.value,
            "arm": kind.value,
            "encoder": encoder,
            "head": head,
            "validation_accuracy": by_set,
            "mean": fmean(_mean(values) for values in by_set.values()),
        }
        for (pooling, kind, encoder, head), by_set in groups.items()
        if all(value != -1.0 for values in by_set.values() for value in values)
    ]


def best(rows: Sequence[dict[str, Any]], pooling: Pooling) -> dict[str, dict[str, Any]]:
    """Return the row with the highest mean of each arm under one head."""
    return {
        kind.value: max(
            (row for row in rows if row["pooling"] == pooling.value and row["arm"] == kind.value),
            key=lambda row: row["mean"],
        )
        for kind in GRIDS[pooling]
    }


def regrets(rows: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Leave each set out: what the best rate of the others loses on it, in points, by arm."""
    found = {}
    for kind in (ArmKind.FINE_TUNED, ArmKind.SCRATCH):
        own = [row for row in rows if (row["pooling"], row["arm"]) == (Pooling.MEAN.value, kind.value)]
        means = np.array(
            [
                [np.mean([value or 0.0 for value in row["validation_accuracy"][name]]) for name in SETS]
                for row in own
            ]
        )
        by_set = {}
        for place, name in enumerate(SETS):
            chosen = np.delete(means, place, axis=1).mean(axis=1).argmax()
            by_set[name] = {
                "encoder": own[chosen]["encoder"],
                "head": own[chosen]["head"],
                "regret_points": round(100 * float(means[:, place].max() - means[chosen, place]), 2),
            }
        values = np.array([one["regret_points"] for one in by_set.values()])
        half = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
        mean = float(values.mean())
        found[kind.value] = {
            "by_set": by_set,
            "mean_points": round(mean, 2),
            "ci95_points": [round(mean - half, 2), round(mean + half, 2)],
            "highest_points": float(values.max()),
        }
    return found


def _mean(values: Sequence[float | None]) -> float:
    """Average accuracies; a training that diverged counts as 0."""
    return fmean(value or 0.0 for value in values)


def summary(known: Mapping[str, float | None], before: Mapping[str, Any]) -> dict[str, Any]:
    """Put together what is known; until all of it is, what was chosen before stands."""
    rows = rows_of(known)
    is_whole = len(rows) == sum(len(tried) for grid in GRIDS.values() for tried in grid.values())
    if not is_whole:
        return {**before, "runs": dict(sorted(known.items()))}
    device = choose_device()
    return {
        "how": "highest mean accuracy on validation over sets and seeds; test examples are never scored",
        "base_model": BUILTIN,
        "sets": SETS,
        "few_sets": FEW_SETS,
        "train_size": TRAIN_SIZE,
        "few_shot_train_size": FEW_SHOT_SIZE,
        "num_seeds": NUM_SEEDS,
        "few_seeds": FEW_SEEDS,
        "training": TRAINING.model_dump(mode="json"),
        "device": device.type,
        "precision": choose_precision(device).value,
        "chosen": {pooling.value: best(rows, pooling) for pooling in GRIDS},
        "regret": regrets(rows),
        "rows": rows,
        "runs": dict(sorted(known.items())),
    }


def main() -> None:
    """Measure what is not yet known, and write the JSON after each training."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--arms", nargs="+", type=ArmKind, default=list(ArmKind))
    kinds = parser.parse_args().arms
    before = json.loads(JSON.read_text()) if JSON.exists() else {}
    known = dict(before.get("runs", {}))
    waiting = [task for task in tasks(kinds) if key(*task) not in known]
    for task, accuracy in each(accuracy_of, waiting):
        known[key(*task)] = accuracy
        JSON.write_text(json.dumps(summary(known, before), indent=1) + "\n")
        print(key(*task), accuracy, flush=True)
    JSON.write_text(json.dumps(summary(known, before), indent=1) + "\n")


if __name__ == "__main__":
    main()
