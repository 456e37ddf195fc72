"""One command that measures training on a GPU and provokes what can go wrong there.

``python -m benchmarks.gpu [--weights FOLDER] > benchmarks/gpu.json`` takes at most eight minutes and prints
one JSON. It needs torch, transformers, tokenizers, safetensors, numpy and this project's tree, and beside
them, as wheels where they are not there: pydantic, psutil, scipy, and pytest for the project's own GPU tests.
``--rehearse`` does the same in seconds on a CPU with tiny networks, so that the command is known to work on
the day when there is a GPU; its numbers mean nothing.

- the project's GPU tests;
- ``fit()`` and transformers' Trainer in bfloat16 with dynamic padding at batch 32, in turn, on networks of
  the built-in model's shape and of bert-base's, with random weights;
- the share of the measured bfloat16 matrix rate in a throughput setting: batches of 256 texts of 128 tokens;
- a fine-tuning of the weights in ``--weights`` (bfloat16 is enough; else random ones) on texts whose second
  token tells the class, and its accuracy;
- texts answered a second on the GPU and on the processor, and how far their logits are apart;
- CUDA in a process that was forked from one that has imported everything, as runs are;
- a batch that does not fit the memory, and a smaller one after it.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import (
    AutoModelForSequenceClassification,
    BertConfig,
    BertModel,
    Trainer,
    TrainingArguments,
)

from tl_core.arms import ArmKind
from tl_core.catalogue.base_models import Pooling
from tl_core.errors import is_out_of_memory
from tl_core.models.building import build_classifier
from tl_core.models.classifiers import Classifier
from tl_core.schema import EvalFinished, LearningRates, TrainingConfig
from tl_core.text.network.examples import TokenExamples
from tl_core.training.compute import Compute
from tl_core.training.devices import choose_device, choose_precision, device_name, memory_mib, synchronize
from tl_core.training.fit import fit, predict_logits
from tl_core.training.meters import Clock

LABELS = ("no", "yes")
RATES = LearningRates(encoder=2e-4, head=1e-3)
CLS, SEP, FIRST_WORD = 101, 102, 2_000
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How much is measured: on a GPU, or in a rehearsal."""

    shapes: dict[str, dict[str, int]]
    num_texts: int
    repeats: int
    large_batch: int
    large_length: int
    large_steps: int
    tuning_texts: int
    matrix: int
    hog_batch: int


FULL = Scale(
    shapes={
        "built-in": {"hidden_size": 384, "layers": 6, "heads": 12, "intermediate_size": 1536},
        "bert-base": {"hidden_size": 768, "layers": 12, "heads": 12, "intermediate_size": 3072},
    },
    num_texts=4_096,
    repeats=3,
    large_batch=256,
    large_length=128,
    large_steps=60,
    tuning_texts=2_000,
    matrix=8_192,
    hog_batch=65_536,
)
REHEARSAL = Scale(
    shapes={"built-in": {"hidden_size": 32, "layers": 2, "heads": 2, "intermediate_size": 64}},
    num_texts=64,
    repeats=0,
    large_batch=16,
    large_length=16,
    large_steps=2,
    tuning_texts=100,
    matrix=64,
    hog_batch=32,
)


def config_of(shape: dict[str, int]) -> BertConfig:
    """Describe a BERT of a shape."""
    return BertConfig(
        hidden_size=shape["hidden_size"],
        num_hidden_layers=shape["layers"],
        num_attention_heads=shape["heads"],
        intermediate_size=shape["intermediate_size"],
    )


def texts(num: int, low: int, high: int, seed: int = 0) -> TokenExamples:
    """Make texts of ``low`` to ``high`` tokens whose second token tells the class."""
    rng = np.random.default_rng(seed)
    lengths, targets = rng.integers(low, high + 1, num), rng.integers(0, 2, num)
    words = [
        np.concatenate([[CLS, 1_996 + target], rng.integers(FIRST_WORD, 30_000, length - 3), [SEP]])
        for target, length in zip(targets, lengths, strict=True)
    ]
    return TokenExamples(
        ids=np.concatenate(words).astype(np.int32),
        type_ids=np.zeros(lengths.sum(), dtype=np.int8),
        offsets=np.concatenate([[0], np.cumsum(lengths)]),
        targets=targets,
        pad_id=0,
        uses_type_ids=False,
    )


def folder_of(shape: dict[str, int], place: Path) -> Path:
    """Save a network of a shape with random weights, once."""
    folder = place / "-".join(map(str, shape.values()))
    if not folder.exists():
        torch.manual_seed(0)
        BertModel(config_of(shape)).save_pretrained(folder)
    return folder


def build(folder: Path) -> Classifier:
    """Build the network of fine-tuning."""
    return build_classifier(
        ArmKind.FINE_TUNED,
        folder,
        Pooling.MEAN,
        LABELS,
        own_head=AutoModelForSequenceClassification,
        made_up=lambda config: {},
        init_seed=1,
    )


def train(
    folder: Path,
    examples: TokenExamples,
    *,
    batch_size: int,
    epochs: float = 1,
) -> tuple[float, float, float]:
    """Train by this project's loop; return seconds, the last accuracy and the peak memory in MiB."""
    training = TrainingConfig(
        epochs=epochs, min_steps=15, batch_size=batch_size, num_evaluations=1, max_eval_examples=256
    )
    compute, clock, accuracy, memory = Compute.choose(training), Clock(), 0.0, 0.0
    judged = examples.select(np.arange(min(256, len(examples.targets))))
    events = fit(build(folder), examples, judged, training, RATES, order_seed=2, compute=compute, clock=clock)
    for event in events:
        accuracy = event.accuracy if isinstance(event, EvalFinished) else accuracy
        memory = memory_mib(compute.device)
    return clock.train_s, accuracy, memory


def by_trainer(folder: Path, examples: TokenExamples, device: torch.device) -> float:
    """Train one epoch by Trainer in bfloat16; return seconds."""
    rows = [{"at": place, "length": int(length)} for place, length in enumerate(examples.lengths)]
    model = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=2, dtype=torch.float32)

    def collate(batch: list[dict[str, int]]) -> dict[str, Tensor]:
        places = np.array([row["at"] for row in batch])
        return {**examples.collate(places), "labels": torch.from_numpy(examples.targets[places])}

    with tempfile.TemporaryDirectory() as out:
        arguments = TrainingArguments(
            out,
            num_train_epochs=1,
            per_device_train_batch_size=32,
            bf16=device.type == "cuda",
            report_to=[],
            save_strategy="no",
            disable_tqdm=True,
            remove_unused_columns=False,
            use_cpu=device.type != "cuda",
        )
        trainer = Trainer(model=model, args=arguments, train_dataset=rows, data_collator=collate)
        started = time.perf_counter()
        trainer.train()
        synchronize(device)
        return time.perf_counter() - started


def beside_trainer(scale: Scale, place: Path) -> dict[str, Any]:
    """Measure both ways in turn on each shape, after one round that does not count."""
    found, device = {}, choose_device()
    examples = texts(scale.num_texts, 10, 45)
    for name, shape in scale.shapes.items():
        folder = folder_of(shape, place)
        seconds: dict[str, list[float]] = {"fit": [], "trainer": []}
        for turn in range(scale.repeats + 1):
            for side in seconds:
                if side == "fit":
                    took = train(folder, examples, batch_size=32)[0]
                else:
                    took = by_trainer(folder, examples, device)
                if turn or not scale.repeats:
                    seconds[side].append(took)
        ratios = [b / a for a, b in zip(seconds["fit"], seconds["trainer"], strict=True)]
        found[name] = {"times_trainer": statistics.median(ratios), "seconds": seconds}
    return found


def matrix_rate(device: torch.device, size: int) -> float:
    """Measure operations a second of square products in the precision of runs there."""
    dtype = torch.bfloat16 if choose_precision(device) == "bfloat16" else torch.float32
    a, b = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(2))
    times = []
    for _ in range(20):
        synchronize(device)
        started = time.perf_counter()
        a @ b
        synchronize(device)
        times.append(time.perf_counter() - started)
    return 2 * size**3 / statistics.median(times)


def throughput(scale: Scale, place: Path) -> dict[str, Any]:
    """Measure the share of the matrix rate with large batches of long texts."""
    device = choose_device()
    rate = matrix_rate(device, scale.matrix)
    found: dict[str, Any] = {"matrix_tflops": rate / 1e12}
    examples = texts(scale.large_batch * scale.large_steps, scale.large_length, scale.large_length)
    for name, shape in scale.shapes.items():
        size, layers, inner = shape["hidden_size"], shape["layers"], shape["intermediate_size"]
        a_token = 2 * layers * (4 * size**2 + 2 * size * inner) + 4 * layers * size * scale.large_length
        folder = folder_of(shape, place)
        train(folder, examples, batch_size=scale.large_batch)
        took, _, memory = train(folder, examples, batch_size=scale.large_batch)
        steps = max(15, scale.large_steps)
        operations = 3 * a_token * steps * scale.large_batch * scale.large_length
        found[name] = {
            "share_of_matrix_rate": operations / took / rate,
            "texts_a_second": steps * scale.large_batch / took,
            "memory_mib": memory,
        }
    return found


def fine_tuning(scale: Scale, place: Path, weights: Path | None) -> dict[str, Any]:
    """Fine-tune on what can be learned, and say how well it was."""
    folder = weights or folder_of(scale.shapes["built-in"], place)
    took, accuracy, memory = train(folder, texts(scale.tuning_texts, 5, 20), batch_size=32, epochs=6)
    return {
        "weights": "given" if weights else "random",
        "accuracy": accuracy,
        "train_s": took,
        "memory_mib": memory,
    }


def answering(scale: Scale, place: Path) -> dict[str, Any]:
    """Score texts on the device and on the processor, each in its usual precision, and compare."""
    examples, found = texts(scale.num_texts, 10, 45), dict[str, Any]()
    every = np.arange(len(examples.targets))
    for name, shape in scale.shapes.items():
        model, logits = build(folder_of(shape, place)), {}
        for device in (choose_device(), torch.device("cpu")):
            compute = Compute(device=device, precision=choose_precision(device), micro_batch_size=64)
            model.to(device)
            predict_logits(model, examples, every[:256], compute)
            started = time.perf_counter()
            logits[device.type] = predict_logits(model, examples, every, compute)
            found.setdefault(name, {})[device.type] = len(every) / (time.perf_counter() - started)
        spread = np.abs(logits[choose_device().type] - logits["cpu"]).max()
        found[name]["largest_difference"] = float(spread)
    return found


def in_a_fork(scale: Scale, place: Path) -> dict[str, Any]:
    """Train in a process forked from one that has imported everything and never used the device."""
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom benchmarks import gpu\n"
        "pid = os.fork()\n"
        "if pid == 0:\n"
        "    try:\n"
        f"        gpu.train(Path({str(folder_of(scale.shapes['built-in'], place))!r}),"
        " gpu.texts(64, 5, 20), batch_size=16)\n"
        "    except BaseException as error:\n"
        "        print(error, file=sys.stderr); os._exit(1)\n"
        "    os._exit(0)\n"
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    return {"exit_code": ended.returncode, "said": ended.stderr[-500:] if ended.returncode else ""}


def out_of_memory(scale: Scale, place: Path) -> dict[str, Any]:
    """Ask for more memory than there may be, recognise the error, and go on with less."""
    device = choose_device()
    folder = folder_of(scale.shapes["built-in"], place)
    told = ""
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.set_per_process_memory_fraction(0.02)
    try:
        train(folder, texts(scale.hog_batch, 60, 60), batch_size=scale.hog_batch)
    except Exception as error:
        told = "recognised" if is_out_of_memory(error) else f"not recognised: {error}"[:300]
    if device.type == "cuda":
        torch.cuda.set_per_process_memory_fraction(1.0)
        torch.cuda.empty_cache()
    return {"told": told or "it fitted", "accuracy_after": train(folder, texts(64, 5, 20), batch_size=16)[1]}


def own_tests() -> dict[str, Any]:
    """Run the project's GPU tests."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-m",
        "gpu",
        "tests/training/test_gpu.py",
    ]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=180, check=False)
    return {"exit_code": ended.returncode, "said": (ended.stdout.strip() or ended.stderr.strip())[-1_000:]}


def main() -> None:
    """Measure one part after another; a part that fails says why and does not end the others."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, help="folder of a BERT in the Hub's layout")
    parser.add_argument("--rehearse", action="store_true", help="tiny networks, on any machine")
    arguments = parser.parse_args()
    device = choose_device()
    if device.type != "cuda" and not arguments.rehearse:
        raise SystemExit("There is no CUDA device here. Use --rehearse to try the command.")
    scale, answer = REHEARSAL if arguments.rehearse else FULL, dict[str, Any]()
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(sys.stderr):
        place = Path(folder)
        parts: dict[str, Callable[[], dict[str, Any]]] = {
            "beside_trainer": lambda: beside_trainer(scale, place),
            "throughput": lambda: throughput(scale, place),
            "fine_tuning": lambda: fine_tuning(scale, place, arguments.weights),
            "answering": lambda: answering(scale, place),
            "in_a_fork": lambda: in_a_fork(scale, place),
            "out_of_memory": lambda: out_of_memory(scale, place),
            "tests": own_tests,
        }
        for name, measure in parts.items():
            try:
                answer[name] = measure()
            except Exception:
                answer[name] = {"failed": traceback.format_exc()[-2_000:]}
            print(f"{name} {time.perf_counter() - started:.0f} s", flush=True)
    facts = {
        "is_rehearsal": arguments.rehearse,
        "device": device_name(device),
        "precision": choose_precision(device).value,
        "torch": torch.__version__,
        "num_cpus": os.cpu_count(),
        "seconds": time.perf_counter() - started,
    }
    print(json.dumps(facts | answer, indent=2))


if __name__ == "__main__":
    main()
