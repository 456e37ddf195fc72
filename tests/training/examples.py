"""Small examples and runs of the training loop for its tests."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tests.tiny_models import Architecture, tiny_model_folder
from tl_core.catalogue.base_models import Pooling
from tl_core.models.classifiers import Classifier
from tl_core.schema import ArmKind, LearningRates, Precision, TrainingConfig
from tl_core.text.network import NETWORKS
from tl_core.text.network.examples import TokenExamples
from tl_core.training.batching import Examples
from tl_core.training.compute import Compute
from tl_core.training.fit import FitEvent, fit
from tl_core.training.meters import Clock

CPU = torch.device("cpu")
ON_CPU = Compute(device=CPU, precision=Precision.FLOAT32, micro_batch_size=16)
RATES = LearningRates(encoder=1e-3, head=5e-3)


def make_examples(num: int, seed: int = 0, num_labels: int = 2) -> TokenExamples:
    """Make random sequences of 3 to 20 tokens between [CLS] and [SEP]; the third token tells the class."""
    rng = np.random.default_rng(seed)
    targets = rng.integers(0, num_labels, num)
    sequences = [
        np.concatenate([[2], [10 + target], rng.integers(20, 60, rng.integers(0, 18)), [3]])
        for target in targets
    ]
    lengths = [len(sequence) for sequence in sequences]
    return TokenExamples(
        ids=np.concatenate(sequences).astype(np.int32),
        type_ids=np.zeros(sum(lengths), dtype=np.int8),
        offsets=np.concatenate([[0], np.cumsum(lengths)]),
        targets=targets,
        pad_id=0,
        uses_type_ids=False,
    )


def make_model(
    tmp_path: Path,
    kind: ArmKind = ArmKind.FINE_TUNED,
    pooling: Pooling = Pooling.OWN,
    architecture: Architecture = "bert",
    dropout: float | None = None,
    init_seed: int = 5,
) -> Classifier:
    folder = tmp_path / f"tiny-{architecture}"
    if not folder.exists():
        tiny_model_folder(tmp_path, architecture)
    return NETWORKS.build(kind, folder, pooling, ("bad", "good"), init_seed=init_seed, dropout=dropout)


def make_config(**values: Any) -> TrainingConfig:
    return TrainingConfig(**{"epochs": 2, "min_steps": 15, "batch_size": 16, **values})


def run_fit(
    model: Classifier,
    config: TrainingConfig,
    train: Examples | None = None,
    validation: Examples | None = None,
    rates: LearningRates = RATES,
    order_seed: int = 11,
    micro_batch_size: int | None = None,
    precision: Precision = Precision.FLOAT32,
    clock: Clock | None = None,
    device: torch.device = CPU,
    should_stop: Callable[[], bool] = lambda: False,
) -> list[FitEvent]:
    return list(
        fit(
            model,
            train or make_examples(50),
            validation or make_examples(20, seed=1),
            config,
            rates,
            order_seed=order_seed,
            compute=Compute(
                device=device,
                precision=precision,
                micro_batch_size=micro_batch_size or config.batch_size,
                should_stop=should_stop,
            ),
            clock=clock or Clock(),
        )
    )


def weights_of(model: Classifier) -> dict[str, torch.Tensor]:
    return {name: weight.detach().clone() for name, weight in model.state_dict().items()}


def are_equal(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)
