"""The loop against others with the same data, weights, steps and batches, in float32, without dropout."""

import copy
import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from transformers import PreTrainedModel, get_linear_schedule_with_warmup
from transformers.trainer_pt_utils import get_parameter_names

from tests.tiny_models import Architecture, tiny_model_folder
from tests.training.examples import make_config, make_examples, run_fit
from tl_core.catalogue.base_models import BUILTIN, Pooling
from tl_core.catalogue.locating import obtain
from tl_core.models.classifiers import OwnHeadClassifier
from tl_core.schema import ArmKind, LearningRates, StepLogged, TrainingConfig
from tl_core.text.network import NETWORKS
from tl_core.text.network.examples import TokenExamples
from tl_core.training.batching import endless_batches

NUM_STEPS = 20
ORDER_SEED = 11
RATE, BUILTIN_RATE = 5e-3, 1e-4
CONFIG = make_config(epochs=1, min_steps=NUM_STEPS, warmup_fraction=0.1, dropout=0.0)

Batch = dict[str, torch.Tensor]


def build(folder: Path) -> OwnHeadClassifier:
    built = NETWORKS.build(ArmKind.FINE_TUNED, folder, Pooling.OWN, ("bad", "good"), init_seed=0, dropout=0.0)
    assert isinstance(built, OwnHeadClassifier)
    return built


def our_losses(
    classifier: OwnHeadClassifier, train: TokenExamples, rate: float = RATE, **how: Any
) -> list[float]:
    rates = LearningRates(encoder=rate, head=rate)
    events = run_fit(
        classifier, CONFIG, train, make_examples(4, seed=1), rates=rates, order_seed=ORDER_SEED, **how
    )
    return [event.loss for event in events if isinstance(event, StepLogged)]


def same_batches(train: TokenExamples) -> list[Batch]:
    batches = itertools.islice(endless_batches(train.lengths, CONFIG.batch_size, ORDER_SEED), NUM_STEPS)
    return [{**train.collate(rows), "labels": torch.from_numpy(train.targets[rows])} for rows in batches]


def losses_of_a_plain_loop(
    model: PreTrainedModel, batches: list[Batch], config: TrainingConfig
) -> list[float]:
    """Train as transformers' documentation does in plain PyTorch, with its own loss and decay rule."""
    decaying = [name for name in get_parameter_names(model, [nn.LayerNorm]) if "bias" not in name]
    named = dict(model.named_parameters())
    groups = [
        {"params": [named[name] for name in decaying], "weight_decay": config.weight_decay},
        {"params": [named[name] for name in named if name not in decaying], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=RATE, fused=False)
    warmup = math.ceil(NUM_STEPS * config.warmup_fraction)
    schedule = get_linear_schedule_with_warmup(optimizer, warmup, NUM_STEPS)
    losses = []
    model.train()
    for batch in batches:
        loss = model(**batch).loss
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), config.max_grad_norm)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return losses


@pytest.mark.parametrize("micro_batch_size", [16, 4])
@pytest.mark.parametrize("architecture", ["bert", "roberta"])
def test_losses_agree_with_a_plain_loop(
    tmp_path: Path, architecture: Architecture, micro_batch_size: int
) -> None:
    classifier, train = build(tiny_model_folder(tmp_path, architecture)), make_examples(75)
    theirs = losses_of_a_plain_loop(copy.deepcopy(classifier.model), same_batches(train), CONFIG)
    ours = our_losses(classifier, train, micro_batch_size=micro_batch_size)
    assert max(theirs) / min(theirs) > 1.01  # there is something to agree on
    np.testing.assert_allclose(ours, theirs, rtol=1e-4)


@pytest.mark.parametrize(("name", "rate"), [("tiny", RATE), (BUILTIN, BUILTIN_RATE)])
def test_losses_agree_with_transformers_own_trainer(tmp_path: Path, name: str, rate: float) -> None:
    pytest.importorskip("accelerate", reason="transformers' Trainer needs accelerate")
    from transformers import Trainer, TrainingArguments

    classifier = build(obtain(BUILTIN) if name == BUILTIN else tiny_model_folder(tmp_path, "bert"))
    losses: list[float] = []
    train = make_examples(75)
    batches = same_batches(train)

    class SameBatches(Trainer):
        def get_train_dataloader(self) -> Any:
            return torch.utils.data.DataLoader(batches, batch_size=None, shuffle=False)

        def compute_loss(self, *args: Any, **kwargs: Any) -> Any:
            result = super().compute_loss(*args, **kwargs)
            losses.append(float((result[0] if isinstance(result, tuple) else result).detach()))
            return result

    arguments = TrainingArguments(
        output_dir=str(tmp_path / "trainer"),
        max_steps=NUM_STEPS,
        learning_rate=rate,
        lr_scheduler_type="linear",
        warmup_steps=math.ceil(NUM_STEPS * CONFIG.warmup_fraction),
        weight_decay=CONFIG.weight_decay,
        max_grad_norm=CONFIG.max_grad_norm,
        optim="adamw_torch",
        per_device_train_batch_size=CONFIG.batch_size,
        use_cpu=True,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
    )
    SameBatches(copy.deepcopy(classifier.model), arguments, train_dataset=batches).train()
    ours = our_losses(classifier, train, rate)
    assert len(losses) == NUM_STEPS
    np.testing.assert_allclose(ours, losses, rtol=1e-2)
