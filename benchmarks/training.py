"""Measure an epoch of fine-tuning beside transformers' Trainer, and its share of the matrix rate.

``python -m benchmarks.training`` trains the built-in model on 512 reviews for one epoch, three times each way
and in turn: by this project's loop, by the same with one fast way switched off at a time, and by Trainer with
dynamic padding and its defaults (float32). The matrix rate is that of the products of a step, forward and
backward, in the loop's precision and on its shapes. Work is counted in floating-point operations of tokens
that are no padding, embeddings left out.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
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

NUM_TEXTS, BATCH, REPEATS, MAX_LENGTH, SEED = 512, 32, 3, 128, 7
LAYERS, SIZE, INNER, HEADS = 6, 384, 1536, 12
FOLDER = obtain(BUILTIN, lambda done, total: None)
DATASET = read_sample(SAMPLES["reviews_sentiment"]).dataset
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


def by_fit(examples: Examples, compute: Compute, training: TrainingConfig) -> float:
    """Train for an epoch by this project's loop; return its seconds."""
    pooling = describe(BUILTIN).pooling
    model = networks_of(None).build(
        ArmKind.FINE_TUNED, FOLDER, pooling, DATASET.info.columns.labels, init_seed=SEED
    )
    clock = Clock()
    rates = default_rates(ArmKind.FINE_TUNED, pooling)
    with networks_of(None).narrowed(model, examples, examples):
        for _ in fit(
            model, examples, examples, training, rates, order_seed=SEED, compute=compute, clock=clock
        ):
            pass
    return clock.train_s


def by_trainer() -> float:
    """Train for an epoch by Trainer; return its seconds."""
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
            num_train_epochs=1,
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


def main() -> None:
    """Measure and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=("fit", "trainer"), help="one side, several times; writes nothing")
    only = parser.parse_args().only
    examples = networks_of(None).prepare(DATASET.table, FOLDER, MAX_LENGTH, None).select(np.arange(NUM_TEXTS))
    training = TrainingConfig(
        epochs=1, min_steps=15, batch_size=BATCH, num_evaluations=1, max_eval_examples=1
    )
    compute = Compute.choose(training)
    sides: dict[str, Callable[[], float]] = {"fit": partial(by_fit, examples, compute, training)}
    seconds: dict[str, list[float]] = {}
    off = {f"without_{name}": switch for name, switch in WITHOUT.items()}
    for _ in range(REPEATS):
        for name in ("trainer", "fit", *off):
            if only is None or name == only:
                with off.get(name, nullcontext)():
                    took = by_trainer() if name == "trainer" else sides["fit"]()
                seconds.setdefault(name, []).append(took)
                print(f"{name} {took:.2f} s", flush=True)
    dtype = torch.bfloat16 if compute.precision is Precision.BFLOAT16 else torch.float32
    rate = matrix_rate(examples.lengths, dtype)
    answer: dict[str, Any] = {
        "hardware": inspect_hardware().sentence,
        "precision": compute.precision.value,
        "num_texts": NUM_TEXTS,
        "mean_tokens": float(examples.lengths.mean()),
        "batch_size": BATCH,
        "matrix_gflops": rate / 1e9,
        "seconds": seconds,
    }
    if "fit" in seconds:
        answer["share_of_matrix_rate"] = flops(examples.lengths) / statistics.median(seconds["fit"]) / rate
    if only is None:
        ratios = [t / f for t, f in zip(seconds["trainer"], seconds["fit"], strict=True)]
        answer["times_trainer"] = {"median": statistics.median(ratios), "each": ratios}
        answer["times_without"] = {
            name: statistics.median(s / f for s, f in zip(seconds[name], seconds["fit"], strict=True))
            for name in off
        }
        Path(__file__).with_suffix(".json").write_text(json.dumps(answer, indent=2) + "\n")
    print(json.dumps(answer, indent=2))


if __name__ == "__main__":
    main()
