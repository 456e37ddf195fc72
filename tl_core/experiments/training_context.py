"""The one set-up of a network's training, for a run, its search for rates and a plan's check."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray

from tl_core.arms import ArmKind
from tl_core.catalogue.base_models import BaseModel, Pooling
from tl_core.catalogue.local_folders import hash_weights
from tl_core.catalogue.locating import Progress, describe, obtain
from tl_core.datasets.weighting import balanced_weights
from tl_core.experiments.recording import versions
from tl_core.modality import Networks, content_of, networks_of, require_base_model_files
from tl_core.models.classifiers import Classifier
from tl_core.schema import LearningRates, Precision, RunConfig
from tl_core.training.batching import Examples, Indices
from tl_core.training.compute import Compute
from tl_core.training.devices import device_name
from tl_core.training.features import compute_features, features_key
from tl_core.training.fit import FitEvent, fit
from tl_core.training.meters import Clock
from tl_core.training.objective import Classification, Objective
from tl_core.training.probe import fit_probe


@dataclass(frozen=True, kw_only=True)
class TrainingContext:
    """A base model on a device.

    Attributes
    ----------
    networks
        What the dataset's modality does with torch.
    cache
        The dataset's folder, with the inputs and frozen features that runs share.
    max_length
        Units kept of each example, tokens of a text.
    """

    base: BaseModel
    folder: Path
    cache: Path
    compute: Compute
    networks: Networks
    max_length: int

    @classmethod
    def of(
        cls,
        config: RunConfig,
        compute: Compute,
        cache: Path,
        modality: str | None,
        downloaded: Progress = lambda done, total: None,
    ) -> "TrainingContext":
        """Obtain the run's base model. Raises ModelError as `obtain` does.

        A frozen arm computes in float32, whatever the others do: its probe divides features by how far they
        vary, and where that is little it would divide rounding, and answer by it.
        """
        networks = networks_of(modality)
        base_model = str(config.base_model)
        folder, base = obtain(base_model, downloaded), describe(base_model)
        require_base_model_files(folder, base.title, modality)
        precision = config.training.precision or networks.precision(base, compute)
        precision = Precision.FLOAT32 if config.arm.kind.is_frozen else precision
        return cls(
            base=base,
            folder=folder,
            cache=cache,
            compute=replace(compute, precision=precision),
            networks=networks,
            max_length=content_of(modality).size_limit(folder, config.training.max_length),
        )

    @cached_property
    def weights_sha256(self) -> str:
        """Hash of the bytes of the base model's weights."""
        return hash_weights(self.folder)

    @cached_property
    def input_hash(self) -> str:
        """Hash of what the base model's folder prepares inputs by, its tokenizer."""
        return self.networks.input_hash(self.folder)

    def build(self, config: RunConfig) -> Classifier:
        """Build the network of an arm with the seed's initial weights."""
        return self.networks.build(
            config.arm.kind,
            self.folder,
            self.base.pooling,
            config.labels,
            init_seed=config.seeds.init,
            dropout=config.training.dropout,
            num_layers=config.arm.num_layers,
        )

    def prepare(self, table: pa.Table) -> Examples:
        """Turn a dataset's rows into what networks read."""
        return self.networks.prepare(table, self.folder, self.max_length, self.cache)


@dataclass(frozen=True, kw_only=True)
class Trainee:
    """An arm's network and the examples that it reads: inputs, or stored features if it is frozen."""

    context: TrainingContext
    config: RunConfig
    model: Classifier
    examples: Examples

    @classmethod
    def of(
        cls,
        context: TrainingContext,
        config: RunConfig,
        model: Classifier,
        examples: Examples,
        *,
        num_train: int,
        clock: Clock,
        phase: Callable[[str], None] = lambda name: None,
    ) -> "Trainee":
        """Compute a frozen arm's features; the clock is charged for those of ``num_train`` examples."""
        if config.arm.kind.is_frozen:
            phase("features")
            path = context.cache / "features" / _features_key(context, config)
            features = compute_features(model, examples, context.compute, path, clock.meter)
            joules = features.joules_an_example
            clock.charge(
                features.seconds_an_example * num_train, None if joules is None else joules * num_train
            )
            examples = features.examples
        return cls(context=context, config=config, model=model, examples=examples)

    def train(
        self, train: Indices, validation: Indices, rates: LearningRates | None, clock: Clock
    ) -> Iterator[FitEvent]:
        """Train the network on some rows, judged by others; yields and raises as `fit` and `fit_probe` do.

        Raises ValueError if an arm that takes steps has no ``rates``; a frozen one has no use for any.
        """
        training, compute = self.config.training, self.context.compute
        train_examples, judged = self.examples.select(train), self.examples.select(validation)
        weights = train_examples.weights
        if self.config.balances_classes:
            weights = balanced_weights(train_examples.targets, weights)
        if self.config.arm.kind.is_frozen:
            metric = self.config.headline_metric
            yield from fit_probe(self.model, train_examples, judged, compute, clock, metric, weights)
            return
        if rates is None:
            raise ValueError(f"{self.config.arm.name} needs learning rates")
        read = None
        if training.augments:
            read = self.context.networks.for_training(train_examples, self.config.seeds.order)
        on_head = training.head_examples(len(train), len(validation))
        with self.context.networks.narrowed(self.model, train_examples, judged):
            yield from fit(
                self.model,
                train_examples,
                judged,
                training,
                rates,
                order_seed=self.config.seeds.order,
                compute=compute,
                clock=clock,
                metric=self.config.headline_metric,
                objective=make_objective(self.config.arm.kind, compute, on_head, weights),
                read=read,
            )


def make_objective(
    kind: ArmKind, compute: Compute, max_eval_examples: int, weights: NDArray[np.float64] | None = None
) -> Objective:
    """Return what an arm's steps minimise.

    A head before the end is made on at most ``max_eval_examples``; ``weights`` say how much each train
    example counts, (num_examples,).
    """
    if not kind.is_on_pairs:
        return Classification.of(weights)
    from tl_core.training.contrastive import Contrastive  # its library takes seconds to import

    return Contrastive(compute=compute, max_eval_examples=max_eval_examples)


def _features_key(context: TrainingContext, config: RunConfig) -> str:
    """Name a frozen arm's features; weights that are drawn are known by their seed.

    A pretrained encoder can have drawn weights too: the pooler of one that was pretrained without.
    """
    kind = config.arm.kind
    is_drawn = kind.is_random or context.base.pooling is Pooling.OWN
    return features_key(
        context.weights_sha256,
        hashlib.sha256((context.folder / "config.json").read_bytes()).hexdigest(),
        context.input_hash,
        kind,
        config.seeds.init if is_drawn else "no seed",
        context.base.pooling,
        context.max_length,
        device_name(context.compute.device),
        context.compute.precision,
        torch.get_num_threads(),
        sorted(versions().items()),
    )
