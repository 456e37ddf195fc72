"""Carrying out an arm with a network: load, tokenise, train, score, save."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from tl_core.catalogue.base_models import BaseModel, Pooling
from tl_core.catalogue.local_folders import WEIGHTS
from tl_core.catalogue.locating import Progress, describe, obtain
from tl_core.catalogue.tokens import max_tokens, tokenizer_hash
from tl_core.data.dataset import Dataset
from tl_core.data.splitting import Split
from tl_core.errors import CancelledError
from tl_core.experiments.recording import Recorder, versions
from tl_core.models.building import build_classifier
from tl_core.models.classifiers import TextClassifier
from tl_core.models.saving import save_classifier
from tl_core.planning.budget import step_limit
from tl_core.schema import ArmKind, Precision, RunConfig, SplitName
from tl_core.store.workspace import Workspace
from tl_core.training.batching import FeatureExamples, TokenExamples
from tl_core.training.devices import choose_device, choose_precision, device_name
from tl_core.training.encoding import compute_features, features_key, tokenize
from tl_core.training.fit import SCORING_FACTOR, evaluation_event, fit, predict_logits, some_examples


@dataclass(frozen=True, kw_only=True)
class _Place:
    """Where and with what one run is computed."""

    workspace: Workspace
    base: BaseModel
    folder: Path
    weights_sha256: str
    device: torch.device
    precision: Precision
    max_length: int
    micro_batch_size: int

    @property
    def scoring_batch_size(self) -> int:
        """Examples that are scored at once: fewer after each time that memory ran out."""
        return SCORING_FACTOR * self.micro_batch_size


def carry_out_neural(
    workspace: Workspace,
    recorder: Recorder,
    dataset: Dataset,
    split: Split,
    train: NDArray[np.int64],
    *,
    memory_attempt: int,
    downloaded: Progress,
    should_stop: Callable[[], bool],
) -> None:
    """Train one network on the train rows, score validation and test, save.

    ``memory_attempt`` halves the micro-batch so many times; the effective batch stays. ``downloaded`` hears
    of the base model's download, if it needs one.
    """
    config = recorder.record.config
    rates = config.learning_rates
    if config.base_model is None or rates is None:
        raise ValueError(f"a neural arm needs a base model and learning rates: {config.arm.name}")
    recorder.phase("loading")
    place = _find_place(workspace, config, memory_attempt, downloaded)
    model = build_classifier(
        config.arm.kind,
        place.folder,
        place.base.pooling,
        config.labels,
        init_seed=config.seeds.init,
        dropout=config.training.dropout,
    )
    _note(recorder, place, model)
    recorder.phase("tokenizing")
    key = f"{tokenizer_hash(place.folder)}-{place.max_length}"
    tokens = tokenize(
        dataset.table, place.folder, place.max_length, workspace.token_cache(config.dataset_fingerprint, key)
    )
    examples = _examples(recorder, place, model, tokens, len(train), should_stop)
    train_examples = examples.select(train)
    recorder.write_all(
        fit(
            model,
            train_examples,
            examples.select(split.validation),
            config.training,
            rates,
            order_seed=config.seeds.order,
            device=place.device,
            precision=place.precision,
            micro_batch_size=place.micro_batch_size,
            clock=recorder.clock,
            should_stop=should_stop,
        )
    )
    recorder.phase("predicting")
    seen = some_examples(train_examples, config.training.max_eval_examples)
    recorder.write(
        evaluation_event(
            model,
            train_examples,
            seen,
            SplitName.TRAIN,
            place.device,
            place.precision,
            recorder.clock,
            should_stop,
            place.scoring_batch_size,
        )
    )
    recorder.write_predictions(
        dataset,
        split,
        lambda rows: predict_logits(
            model,
            examples,
            rows,
            place.device,
            place.precision,
            should_stop,
            place.scoring_batch_size,
        ),
    )
    recorder.phase("saving")
    save_classifier(
        model.to("cpu"),
        recorder.folder.model_dir,
        base_folder=place.folder,
        labels=config.labels,
        max_length=place.max_length,
        texts=dataset.info.columns.text_source,
    )
    ended_early = recorder.clock.step < step_limit(len(train), config.training)
    recorder.finish("plateau" if ended_early else "budget")


def _find_place(workspace: Workspace, config: RunConfig, memory_attempt: int, downloaded: Progress) -> _Place:
    device = choose_device()
    base_model = str(config.base_model)
    folder = obtain(base_model, downloaded)
    return _Place(
        workspace=workspace,
        base=describe(base_model),
        folder=folder,
        weights_sha256=_weights_sha256(folder),
        device=device,
        precision=config.training.precision or choose_precision(device),
        max_length=min(config.training.max_length, max_tokens(folder)),
        micro_batch_size=max(1, config.training.batch_size >> memory_attempt),
    )


def _weights_sha256(folder: Path) -> str:
    """Identify the base model's weights by their bytes."""
    total = hashlib.sha256()
    for path in sorted(folder.glob(WEIGHTS)):
        with path.open("rb") as file:
            total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()


def _note(recorder: Recorder, place: _Place, model: TextClassifier) -> None:
    recorder.note(
        device=device_name(place.device),
        precision=place.precision,
        num_threads=torch.get_num_threads(),
        micro_batch_size=place.micro_batch_size,
        num_parameters=sum(weight.numel() for weight in model.parameters()),
        base_model_facts={
            "id": place.base.id,
            "title": place.base.title,
            "pooling": place.base.pooling.value,
            "weights_sha256": place.weights_sha256,
            "tokenizer": tokenizer_hash(place.folder),
            "max_length": str(place.max_length),
        },
    )


def _examples(
    recorder: Recorder,
    place: _Place,
    model: TextClassifier,
    tokens: TokenExamples,
    num_train: int,
    should_stop: Callable[[], bool],
) -> TokenExamples | FeatureExamples:
    """Give token ids, or a frozen arm's features; its clock is charged for those of the train examples."""
    config = recorder.record.config
    if config.arm.kind not in (ArmKind.FROZEN, ArmKind.FROZEN_RANDOM):
        return tokens
    recorder.phase("features")

    def progress(done: int, total: int) -> None:
        if should_stop():
            raise CancelledError("Expected the run to reach its end; it was cancelled.")

    features = compute_features(
        model,
        tokens,
        place.device,
        place.precision,
        place.workspace.feature_cache(config.dataset_fingerprint, _features_key(place, config)),
        progress,
        place.scoring_batch_size,
    )
    recorder.clock.train_s = features.seconds_an_example * num_train
    return features.examples


def _features_key(place: _Place, config: RunConfig) -> str:
    """Name a frozen arm's features; weights that are drawn are known by their seed.

    A pretrained encoder can have drawn weights too: the pooler of one that was pretrained without.
    """
    kind = config.arm.kind
    is_drawn = kind is ArmKind.FROZEN_RANDOM or place.base.pooling is Pooling.OWN
    return features_key(
        place.weights_sha256,
        hashlib.sha256((place.folder / "config.json").read_bytes()).hexdigest(),
        tokenizer_hash(place.folder),
        kind,
        config.seeds.init if is_drawn else "no seed",
        place.base.pooling,
        place.max_length,
        device_name(place.device),
        place.precision,
        torch.get_num_threads(),
        sorted(versions().items()),
    )
