"""Find the peak learning rate that serves each neural arm by default.

``python -m benchmarks.learning_rates`` trains every arm with the built-in model at every rate of its grid on
500 examples of two real sets, two seeds each, five epochs, batch 16, and takes the rate with the highest mean
accuracy on validation; the contrastive arm, which is made for few labels, on 48 examples. Test examples are
never scored. The answers are `planning.presets.DEFAULT_RATES` and, for an architecture's own head,
`OWN_HEAD_RATES`. ``--arms`` measures some arms anew and keeps what is known of the others.
"""

import argparse
import json
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import torch

from benchmarks.real_sets import real_set
from tl_core.catalogue.base_models import BUILTIN, Pooling
from tl_core.catalogue.locating import obtain
from tl_core.datasets.dataset import Dataset, build_dataset
from tl_core.datasets.identity import derive_seeds
from tl_core.experiments.training_context import make_objective
from tl_core.files.reading import read_table
from tl_core.schema import ArmKind, ColumnChoice, EvalFinished, LearningRates, TrainingConfig
from tl_core.splits.splitting import make_split, train_subset
from tl_core.text.network import NETWORKS
from tl_core.text.network.encoding import tokenize
from tl_core.training.compute import Compute
from tl_core.training.devices import choose_device, choose_precision
from tl_core.training.fit import fit
from tl_core.training.meters import Clock

SETS = ("trec6", "cr")
TRAIN_SIZE = 500
FEW_SHOT_SIZE = 48
NUM_SEEDS = 2
TRAINING = TrainingConfig(epochs=5, num_evaluations=1, max_eval_examples=512)


def _together(*rates: float) -> list[LearningRates]:
    return [LearningRates(encoder=rate, head=rate) for rate in rates]


GRIDS: dict[Pooling, dict[ArmKind, list[LearningRates]]] = {
    Pooling.MEAN: {
        ArmKind.FINE_TUNED: [
            LearningRates(encoder=encoder, head=head)
            for encoder, head in ((3e-5, 5e-3), (5e-5, 1e-3), (5e-5, 5e-3), (5e-5, 2e-2), (1e-4, 5e-3))
        ],
        ArmKind.SCRATCH: [
            *_together(3e-4, 5e-4, 1e-3),
            LearningRates(encoder=3e-4, head=5e-3),
            LearningRates(encoder=5e-4, head=5e-3),
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


def final_evaluation(
    dataset: Dataset, pooling: Pooling, kind: ArmKind, rates: LearningRates, seed: int, cache: Path
) -> EvalFinished:
    """Train one arm once and return its evaluation on validation after the last step."""
    compute = Compute.choose(TRAINING)
    folder = obtain(BUILTIN)
    seeds = derive_seeds(seed)
    split = make_split(dataset)
    labels = dataset.info.columns.labels
    model = NETWORKS.build(kind, folder, pooling, labels, init_seed=seeds.init)
    examples = tokenize(dataset.table, folder, TRAINING.max_length, cache / dataset.info.fingerprint)
    size = FEW_SHOT_SIZE if kind is ArmKind.CONTRASTIVE else TRAIN_SIZE
    train = train_subset(dataset, split, size, seeds.subset)
    objective = make_objective(kind, examples.select(train), compute, TRAINING.max_eval_examples)
    events = fit(
        model,
        examples.select(train),
        examples.select(split.validation),
        TRAINING,
        rates,
        order_seed=seeds.order,
        compute=compute,
        clock=Clock(),
        objective=objective,
    )
    return [event for event in events if isinstance(event, EvalFinished)][-1]


def measure(kinds: Collection[ArmKind]) -> Iterator[dict[str, Any]]:
    """Yield one row per head, arm of these kinds and rate."""
    datasets = [load(name) for name in SETS]
    combinations = [
        (pooling, kind, rates)
        for pooling, grid in GRIDS.items()
        for kind, tried in grid.items()
        for rates in tried
        if kind in kinds
    ]
    with tempfile.TemporaryDirectory() as cache:
        for pooling, kind, rates in combinations:
            accuracies = {
                dataset.info.name: [
                    final_evaluation(dataset, pooling, kind, rates, seed, Path(cache)).accuracy
                    for seed in range(NUM_SEEDS)
                ]
                for dataset in datasets
            }
            row = {
                "pooling": pooling.value,
                "arm": kind.value,
                "encoder": rates.encoder,
                "head": rates.head,
                "validation_accuracy": accuracies,
                "mean": fmean(np.concatenate(list(accuracies.values())).tolist()),
            }
            print(json.dumps(row), flush=True)
            yield row


def best(rows: list[dict[str, Any]], pooling: Pooling) -> dict[str, dict[str, Any]]:
    """Return the row with the highest mean of each arm under one head."""
    return {
        kind.value: max(
            (row for row in rows if row["pooling"] == pooling.value and row["arm"] == kind.value),
            key=lambda row: row["mean"],
        )
        for kind in GRIDS[pooling]
    }


def main() -> None:
    """Measure, choose and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--arms", nargs="+", type=ArmKind, default=list(ArmKind))
    kinds, target = parser.parse_args().arms, Path(__file__).with_suffix(".json")
    known = json.loads(target.read_text())["rows"] if target.exists() else []
    rows = [*(row for row in known if ArmKind(row["arm"]) not in kinds), *measure(kinds)]
    chosen = {pooling.value: best(rows, pooling) for pooling in GRIDS}
    device = choose_device()
    answer = {
        "how": "highest mean accuracy on validation over sets and seeds; test examples are never scored",
        "base_model": BUILTIN,
        "sets": SETS,
        "train_size": TRAIN_SIZE,
        "few_shot_train_size": FEW_SHOT_SIZE,
        "num_seeds": NUM_SEEDS,
        "training": TRAINING.model_dump(mode="json"),
        "device": device.type,
        "precision": choose_precision(device).value,
        "num_threads": torch.get_num_threads(),
        "chosen": chosen,
        "rows": rows,
    }
    target.write_text(json.dumps(answer, indent=2) + "\n")
    print(json.dumps(chosen, indent=2))


if __name__ == "__main__":
    main()
