"""Table how time and memory grow with rows, text length, model size and number of runs.

``python -m benchmarks.growth`` measures each size in a process of its own, and writes with it

- the exponent of a power law through the larger half of the sizes (least squares of the logarithms): 1 is
  proportional, 0 does not grow;
- which limit binds first as the law goes on, an hour or 16 GiB, and at what size;
- how near the speed that a plan's check measures is to that of the run which follows.

- ``rows``: a file of two columns, taken in: read, screened, split and stored;
- ``tokens``: a training step of the built-in model's shape, 16 texts of so many tokens each;
- ``long_tokens``: a step of a ModernBERT of that width, one text, for architectures that read more than 512;
- ``parameters``: a step of BERTs of five shapes, 16 texts of 32 tokens;
- ``runs``: reading and comparing an experiment of so many finished runs of two models;
- ``siblings``: the same for one of so many finished experiments on one split, each looked at before:
  all their pairs are one family.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoModel, BertConfig, ModernBertConfig, PreTrainedConfig

from tl_core.arms import ArmKind
from tl_core.catalogue.base_models import BUILTIN, CATALOGUE, Pooling
from tl_core.modality import networks_of
from tl_core.planning.machine import inspect_hardware
from tl_core.planning.presets import default_rates
from tl_core.schema import StepLogged, TrainingConfig
from tl_core.text.network.examples import TokenExamples
from tl_core.training.compute import Compute
from tl_core.training.fit import fit
from tl_core.training.meters import Clock

STEPS, BATCH, WORDS = 16, 16, 30_000
HOUR_S, MEMORY_MIB = 3_600.0, 16 * 1024.0
SHAPES = {(2, 128): 2, (4, 256): 4, (4, 512): 8, (6, 384): 12, (12, 768): 12}
"""Layers and width, with the attention heads."""
JSON = Path(__file__).with_suffix(".json")


def config_of(layers: int, size: int, positions: int = 512) -> PreTrainedConfig:
    """Describe a BERT, or a ModernBERT where a BERT has too few positions."""
    shape = {"hidden_size": size, "num_hidden_layers": layers, "vocab_size": WORDS}
    heads = SHAPES[layers, size]
    if positions > 512:
        return ModernBertConfig(
            **shape,
            num_attention_heads=heads,
            intermediate_size=4 * size,
            max_position_embeddings=positions,
            pad_token_id=0,
            bos_token_id=1,
            eos_token_id=2,
            cls_token_id=1,
            sep_token_id=2,
        )
    return BertConfig(**shape, num_attention_heads=heads, intermediate_size=4 * size)


def step(config: PreTrainedConfig, num_texts: int, num_tokens: int) -> dict[str, float]:
    """Train for some steps; return the median seconds of one."""
    training = TrainingConfig(epochs=1, min_steps=STEPS, batch_size=num_texts, num_evaluations=1)
    lengths = np.full(num_texts, num_tokens)
    examples = TokenExamples(
        ids=np.random.default_rng(0).integers(10, WORDS, lengths.sum()).astype(np.int32),
        type_ids=np.zeros(lengths.sum(), np.int8),
        offsets=np.concatenate([[0], np.cumsum(lengths)]),
        targets=np.arange(num_texts) % 2,
        pad_id=0,
        uses_type_ids=False,
    )
    with tempfile.TemporaryDirectory() as folder:
        AutoModel.from_config(config).save_pretrained(folder)
        model = networks_of(None).build(ArmKind.SCRATCH, Path(folder), Pooling.MEAN, ("a", "b"), init_seed=1)
        few, compute = examples.select(np.arange(min(2, num_texts))), Compute.choose(training)
        rates = default_rates(ArmKind.SCRATCH, CATALOGUE[BUILTIN])
        events = fit(model, examples, few, training, rates, order_seed=1, compute=compute, clock=Clock())
        seconds = [event.train_s for event in events if isinstance(event, StepLogged)]
    size = sum(weight.numel() for weight in model.parameters())
    return {"seconds": statistics.median(np.diff(seconds)), "parameters": size}


def take_rows(num_rows: int) -> dict[str, float]:
    """Take a file in."""
    from tests.store.opening import open_workspace
    from tl_core.intake.intake import take_in

    rng = np.random.default_rng(0)
    words = np.array(["".join(map(chr, rng.integers(97, 123, rng.integers(2, 10)))) for _ in range(5_000)])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        with path.open("w", encoding="utf-8") as file:
            file.write("text,label\n")
            for row in range(num_rows):
                file.write(f"{' '.join(words[rng.integers(0, 5_000, 20)])},{'abcde'[row % 5]}\n")
        workspace = open_workspace(Path(folder) / "workspace")
        started = time.perf_counter()
        take_in(workspace, path, name="rows")
        seconds = time.perf_counter() - started
        workspace.close()
    return {"seconds": seconds}


def read_runs(num_runs: int) -> dict[str, float]:
    """Compare an experiment's runs: 18 test examples each, so that their number is what counts."""
    from tests.pages.fixtures import add_experiment, finish_all, make_workspace, store_sample_dataset
    from tl_core.results.comparison import gather

    with tempfile.TemporaryDirectory() as folder:
        workspace = make_workspace(Path(folder))
        arms, seeds = ("scratch", "fine_tuned"), num_runs // 2
        experiment = add_experiment(workspace, store_sample_dataset(workspace), arms, num_seeds=seeds)
        finish_all(workspace, experiment, scratch=0.5, fine_tuned=0.8)
        started = time.perf_counter()
        gather(workspace, experiment.experiment_id)
        seconds = time.perf_counter() - started
        workspace.close()
    return {"seconds": seconds}


def read_siblings(num_experiments: int) -> dict[str, float]:
    """Compare two models of one experiment, corrected for what the others on its split have asked."""
    from tests.pages.fixtures import add_experiment, finish_all, make_workspace, store_sample_dataset
    from tl_core.results.comparison import gather

    with tempfile.TemporaryDirectory() as folder:
        workspace = make_workspace(Path(folder))
        intake = store_sample_dataset(workspace)
        for _ in range(num_experiments):
            experiment = add_experiment(workspace, intake, ("scratch", "fine_tuned"), num_seeds=2)
            finish_all(workspace, experiment, scratch=0.5, fine_tuned=0.8)
        gather(workspace, experiment.experiment_id)  # what each has asked is kept from now on
        started = time.perf_counter()
        gather(workspace, experiment.experiment_id)
        seconds = time.perf_counter() - started
        workspace.close()
    return {"seconds": seconds}


PARTS: dict[str, tuple[tuple[int, ...], Callable[[int], dict[str, float]]]] = {
    "rows": ((1_000, 10_000, 100_000, 1_000_000), take_rows),
    "tokens": ((16, 32, 64, 128, 256, 512), lambda num: step(config_of(6, 384), BATCH, num)),
    "long_tokens": ((512, 1_024, 2_048, 4_096, 8_192), lambda num: step(config_of(6, 384, 8_192), 1, num)),
    "parameters": (
        tuple(range(len(SHAPES))),
        lambda place: step(config_of(*next(islice(SHAPES, place, None))), BATCH, 32),
    ),
    "runs": ((10, 30, 100, 300, 1_000), read_runs),
    "siblings": ((10, 30, 100, 300), read_siblings),
}


def in_own_process(part: str, size: int) -> dict[str, float]:
    """Measure one size; memory is the peak of its process, libraries included."""
    command = [sys.executable, "-m", "benchmarks.growth", "--part", part, "--size", str(size)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found: dict[str, float] = json.loads(said.splitlines()[-1])
    print(part, size, found, flush=True)
    return found


def law(sizes: list[float], values: list[float]) -> tuple[float, float]:
    """Fit ``factor * size ** exponent`` to the larger half of the sizes."""
    half = len(sizes) // 2
    exponent, factor = np.polyfit(np.log(sizes[half:]), np.log(values[half:]), 1)
    return float(exponent), float(np.exp(factor))


def what_binds(sizes: list[float], seconds: list[float], memory: list[float]) -> dict[str, Any]:
    """Say at what size an hour or 16 GiB is reached, by the laws; memory above that of the smallest size."""
    exponent, factor = law(sizes, seconds)
    by_time = (HOUR_S / factor) ** (1 / exponent)
    above = [max(one - memory[0], 1.0) for one in memory]
    memory_exponent, memory_factor = law(sizes, above)
    by_memory = ((MEMORY_MIB - memory[0]) / memory_factor) ** (1 / max(memory_exponent, 0.01))
    return {
        "exponent_of_time": exponent,
        "exponent_of_memory": memory_exponent,
        "binds": "time" if by_time < by_memory else "memory",
        "at": min(by_time, by_memory),
    }


def measure(part: str) -> dict[str, Any]:
    """Table one part."""
    found = {size: in_own_process(part, size) for size in PARTS[part][0]}
    sizes = [one.get("parameters", size) if part == "parameters" else size for size, one in found.items()]
    seconds, memory = ([one[name] for one in found.values()] for name in ("seconds", "peak_mib"))
    table = [
        {"size": size, "seconds": took, "peak_mib": peak}
        for size, took, peak in zip(sizes, seconds, memory, strict=True)
    ]
    return {"table": table, **what_binds(list(map(float, sizes)), seconds, memory)}


def main() -> None:
    """Measure all parts, or those that are named, and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=PARTS, action="append", help="only this one")
    parser.add_argument("--size", type=int, help="measure one size and print it; writes nothing")
    arguments = parser.parse_args()
    if arguments.size is not None:
        found = PARTS[arguments.part[0]][1](arguments.size)
        print(json.dumps(found | {"peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
        return
    answer = json.loads(JSON.read_text()) if JSON.exists() else {}
    answer["hardware"] = inspect_hardware().sentence
    for part in arguments.part or PARTS:
        answer[part] = measure(part)
        JSON.write_text(json.dumps(answer, indent=2) + "\n")


if __name__ == "__main__":
    torch.manual_seed(0)
    main()
