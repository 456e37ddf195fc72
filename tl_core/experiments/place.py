"""Where and with what one run of a network is computed: base model, device, network, examples."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from tl_core.catalogue.base_models import BaseModel, Pooling
from tl_core.catalogue.local_folders import WEIGHTS
from tl_core.catalogue.locating import Progress, describe, obtain
from tl_core.errors import CancelledError
from tl_core.experiments.recording import Recorder, versions
from tl_core.models.building import build_classifier
from tl_core.models.classifiers import TextClassifier
from tl_core.results.related_tasks import run_behind
from tl_core.schema import ArmKind, Precision, RunConfig
from tl_core.store.workspace import Workspace
from tl_core.text.tokens import max_tokens, tokenizer_hash
from tl_core.training.batching import FeatureExamples, TokenExamples
from tl_core.training.clock import Clock
from tl_core.training.devices import choose_device, choose_precision, device_name
from tl_core.training.encoding import compute_features, features_key
from tl_core.training.fit import SCORING_FACTOR
from tl_core.training.objective import Objective, make_objective


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where and with what one run is computed; ``first_run`` is the run that the base model comes from."""

    workspace: Workspace
    base: BaseModel
    folder: Path
    weights_sha256: str
    device: torch.device
    precision: Precision
    max_length: int
    micro_batch_size: int
    first_run: str | None

    @property
    def scoring_batch_size(self) -> int:
        """Examples that are scored at once: fewer after each time that memory ran out."""
        return SCORING_FACTOR * self.micro_batch_size


def find_place(workspace: Workspace, config: RunConfig, memory_attempt: int, downloaded: Progress) -> Place:
    """Obtain the base model and choose device and precision."""
    device = choose_device()
    base_model = str(config.base_model)
    folder = obtain(base_model, downloaded)
    return Place(
        workspace=workspace,
        base=describe(base_model),
        folder=folder,
        weights_sha256=_weights_sha256(folder),
        device=device,
        precision=config.training.precision or choose_precision(device),
        max_length=min(config.training.max_length, max_tokens(folder)),
        micro_batch_size=max(1, config.training.batch_size >> memory_attempt),
        first_run=run_behind(workspace, base_model),
    )


def build(place: Place, config: RunConfig) -> TextClassifier:
    """Build the network of an arm with the seed's initial weights."""
    return build_classifier(
        config.arm.kind,
        place.folder,
        place.base.pooling,
        config.labels,
        init_seed=config.seeds.init,
        dropout=config.training.dropout,
        num_layers=config.arm.num_layers,
    )


def _weights_sha256(folder: Path) -> str:
    """Identify the base model's weights by their bytes."""
    total = hashlib.sha256()
    for path in sorted(folder.glob(WEIGHTS)):
        with path.open("rb") as file:
            total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()


def examples_of(
    recorder: Recorder,
    place: Place,
    config: RunConfig,
    model: TextClassifier,
    tokens: TokenExamples,
    num_train: int,
    clock: Clock,
    should_stop: Callable[[], bool],
) -> TokenExamples | FeatureExamples:
    """Give token ids, or a frozen arm's features; a clock is charged for those of the train examples."""
    if not config.arm.kind.is_frozen:
        return tokens
    recorder.phase("features")

    def progress(done: int, total: int) -> None:
        require_wanted(should_stop)

    features = compute_features(
        model,
        tokens,
        place.device,
        place.precision,
        place.workspace.feature_cache(config.dataset_fingerprint, _features_key(place, config)),
        progress,
        place.scoring_batch_size,
        recorder.clock.meter,
    )
    joules = features.joules_an_example
    clock.charge(features.seconds_an_example * num_train, None if joules is None else joules * num_train)
    return features.examples


def objective_of(
    place: Place, config: RunConfig, train: TokenExamples | FeatureExamples, should_stop: Callable[[], bool]
) -> Objective:
    """Return what the steps of an arm minimise."""
    return make_objective(
        config.arm.kind,
        train,
        device=place.device,
        precision=place.precision,
        scoring_batch_size=place.scoring_batch_size,
        max_eval_examples=config.training.max_eval_examples,
        should_stop=should_stop,
    )


def require_wanted(should_stop: Callable[[], bool]) -> None:
    """Raise CancelledError if the run is wanted no more."""
    if should_stop():
        raise CancelledError("Expected the run to reach its end; it was cancelled.")


def _features_key(place: Place, config: RunConfig) -> str:
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
