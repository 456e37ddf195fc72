"""Measure an epoch of fine-tuning beside transformers' Trainer, and its share of the matrix rate.

``python -m benchmarks.training`` trains the built-in model on 512 reviews for three epochs, each time in a
process of its own, five times each way and in turn: by this project's loop, by the same in float32, by the
same with one fast way switched off, and by Trainer with dynamic padding and its defaults (float32). The
matrix rate is that of the products of a step, forward and backward, in the loop's precision and on its
shapes. Work is counted in floating-point operations of tokens that are no padding, embeddings left out.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from datasets import Dataset as Rows
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    Trainer,
    TrainingArguments,
)

from tl_core.arms import ArmKind
from tl_core.catalogue.base_models import BUILTIN
from tl_core.catalogue.locating import describe, obtain
from tl_core.intake.bundled import SAMPLES, read_sample
from tl_core.modality import networks_of
from tl_core.models import building
from tl_core.planning.machine import inspect_hardware
from tl_core.planning.presets import default_rates
from tl_core.schema import Precision, TrainingConfig
from tl_core.text import network
from tl_core.training.batching import Examples, epoch_batches
from tl_core.training.compute import Compute
from tl_core.training.fit import fit
from tl_core.training.meters import Clock

NUM_TEXTS, NUM_EPOCHS, BATCH, REPEATS, MAX_LENGTH, SEED = 512, 3, 32, 5, 128, 7
LAYERS, SIZE, INNER, HEADS = 6, 384, 1536, 12
FOLDER = obtain(BUILTIN, lambda done, total: None)
DATASET = read_sample(SAMPLES["reviews_sentiment"]).dataset
TRAINING = TrainingConfig(
    epochs=NUM_EPOCHS, min_steps=15, batch_size=BATCH, num_evaluations=1, max_eval_examples=1
)
FLOAT32 = TRAINING.model_copy(update={"precision": Precision.FLOAT32})
WITHOUT: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "quick_forward": lambda: patch.object(building, "quicken", lambda encoder: None),
    "trimming": lambda: patch.object(network, "trimmed", lambda model, ids: nullcontext()),
}
"""How each fast way is switched off."""


def flops(lengths: np.ndarray[Any, Any]) -> float:
    """Count the operations of a step's products over texts of so many tokens, forward and backward."""
    products = 2 * LAYERS * (4 * SIZE**2 + 2 * SIZE * INNER) * lengths.sum()
    attention = 2 * LAYERS * 2 * SIZE * (lengths.astype(float) ** 2).sum()
    return float(3 * (products + attention))


def matrix_rate(lengths: np.ndarray[Any, Any], dtype: torch.dtype) -> float:
    """Measure operations a second of the products of an epoch's mean batch, layer by layer."""
    num_tokens = int(
        np.mean([lengths[batch].max() * len(batch) for batch in epoch_batches(lengths, BATCH, SEED, 0)])
    )
    seconds = operations = 0.0
    for wide, narrow in ((SIZE, 3 * SIZE), (SIZE, SIZE), (SIZE, INNER), (INNER, SIZE)):
        x, w = torch.randn(num_tokens, wide, dtype=dtype), torch.randn(narrow, wide, dtype=dtype)
        gradient = torch.randn(num_tokens, narrow, dtype=dtype)
        for product in (lambda: x @ w.T, lambda: gradient @ w, lambda: gradient.T @ x):  # noqa: B023
            times = []
            for _ in range(40):
                started = time.perf_counter()
                product()
                times.append(time.perf_counter() - started)
            seconds += statistics.median(times)
            operations += 2 * num_tokens * wide * narrow
    return operations / seconds


def by_fit(examples: Examples, compute: Compute) -> float:
    """Train by this project's loop; return its seconds."""
    pooling = describe(BUILTIN).pooling
    model = networks_of(None).build(
        ArmKind.FINE_TUNED, FOLDER, pooling, DATASET.info.columns.labels, init_seed=SEED
    )
    clock = Clock()
    rates = default_rates(ArmKind.FINE_TUNED, describe(BUILTIN))
    with networks_of(None).narrowed(model, examples, examples):
        for _ in fit(
            model, examples, examples, TRAINING, rates, order_seed=SEED, compute=compute, clock=clock
        ):
            pass
    return clock.train_s


def by_trainer() -> float:
    """Train by Trainer; return its seconds."""
    tokenizer = AutoTokenizer.from_pretrained(FOLDER)
    rows = Rows.from_dict({"text": DATASET.whole_texts()[:NUM_TEXTS], "label": DATASET.targets()[:NUM_TEXTS]})
    encoded = rows.map(
        lambda batch: tokenizer(batch["text"], truncation=True, max_length=MAX_LENGTH), batched=True
    )
    model = AutoModelForSequenceClassification.from_pretrained(
        FOLDER, num_labels=DATASET.info.columns.num_labels, dtype=torch.float32
    )
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder,
            num_train_epochs=NUM_EPOCHS,
            per_device_train_batch_size=BATCH,
            report_to=[],
            save_strategy="no",
            disable_tqdm=True,
            use_cpu=True,
        )
        trainer = Trainer(
            model=model,
            args=arguments,
            train_dataset=encoded,
            data_collator=DataCollatorWithPadding(tokenizer),
        )
        started = time.perf_counter()
        trainer.train()
        return time.perf_counter() - started


def seconds_an_epoch(side: str) -> float:
    """Train as a side does, in a process of its own, as runs have."""
    command = [sys.executable, "-m", "benchmarks.training", "--side", side]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


def main() -> None:
    """Measure and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--side", choices=("trainer", "fit", "float32", *WITHOUT), help="train once; writes nothing"
    )
    side = parser.parse_args().side
    compute = Compute.choose(FLOAT32 if side == "float32" else TRAINING)
    examples = networks_of(None).prepare(DATASET.table, FOLDER, MAX_LENGTH, None).select(np.arange(NUM_TEXTS))
    if side == "trainer":
        print(by_trainer() / NUM_EPOCHS)
        return
    if side is not None:
        with WITHOUT.get(side, nullcontext)():
            print(by_fit(examples, compute) / NUM_EPOCHS)
        return
    seconds: dict[str, list[float]] = {}
    dtypes = {"fit": torch.float32, "float32": torch.float32}
    if compute.precision is Precision.BFLOAT16:
        dtypes["fit"] = torch.bfloat16
    rates: dict[str, list[float]] = {name: [] for name in dtypes}
    for _ in range(REPEATS):
        for name, dtype in dtypes.items():
            rates[name].append(matrix_rate(examples.lengths, dtype))
        for name in ("trainer", "fit", "float32", *WITHOUT):
            seconds.setdefault(name, []).append(seconds_an_epoch(name))
            print(f"{name} {seconds[name][-1]:.2f} s an epoch", flush=True)
    operations = flops(examples.lengths)

    def times(name: str, beside: str = "fit") -> dict[str, Any]:
        ratios = [other / own for other, own in zip(seconds[name], seconds[beside], strict=True)]
        return {"median": statistics.median(ratios), "each": ratios}

    def share(name: str) -> float:
        each = zip(seconds[name], rates[name], strict=True)
        return statistics.median(operations / took / rate for took, rate in each)

    answer: dict[str, Any] = {
        "hardware": inspect_hardware().sentence,
        "precision": compute.precision.value,
        "num_texts": NUM_TEXTS,
        "mean_tokens": float(examples.lengths.mean()),
        "batch_size": BATCH,
        "num_epochs": NUM_EPOCHS,
        "times_trainer": times("trainer"),
        "share_of_matrix_rate": share("fit"),
        "in_float32": {
            "times_trainer": times("trainer", "float32"),
            "share_of_matrix_rate": share("float32"),
        },
        "matrix_gflops": {name: [rate / 1e9 for rate in each] for name, each in rates.items()},
        "seconds_an_epoch": seconds,
        "times_without": {name: times(name) for name in WITHOUT},
    }
    Path(__file__).with_suffix(".json").write_text(json.dumps(answer, indent=2) + "\n")
    print(json.dumps(answer, indent=2))


if __name__ == "__main__":
    main()
