"""Carrying out an arm with a network: load, prepare, train, score, measure, save."""

import logging
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tl_core.catalogue.locating import Progress
from tl_core.datasets.dataset import Dataset
from tl_core.errors import DamageError, NotFoundError
from tl_core.experiments.forgetting import measure_forgetting, read_first_task
from tl_core.experiments.rate_search import choose_rates
from tl_core.experiments.recording import Recorder
from tl_core.experiments.training_context import Trainee, TrainingContext
from tl_core.modality import content_of
from tl_core.models.classifiers import Classifier
from tl_core.models.facts import note_precision
from tl_core.models.knowledge import kept_share
from tl_core.results.runs import run_behind
from tl_core.schema import RunConfig, SplitName
from tl_core.splits.splitting import Split
from tl_core.store.workspace import Workspace
from tl_core.training.batching import some_examples
from tl_core.training.change import MAX_EXAMPLES, measure_change
from tl_core.training.compute import Compute
from tl_core.training.devices import device_name, gpu_uuid
from tl_core.training.fit import evaluation_event, predict_logits
from tl_core.training.meters import find_meter, whole_look

logger = logging.getLogger(__name__)


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
    if config.base_model is None:
        raise ValueError(f"a neural arm needs a base model: {config.arm.name}")

    recorder.phase("loading")
    compute = Compute.choose(config.training, memory_attempt=memory_attempt, should_stop=should_stop)
    cache = workspace.dataset_folder(config.dataset_fingerprint)
    context = TrainingContext.of(config, compute, cache, dataset.info.columns.modality, downloaded)
    compute = context.compute
    first_run = run_behind(workspace, config.base_model)
    model = context.build(config)
    recorder.note(**_facts(context, config, model, first_run))
    recorder.measure_with(
        find_meter(
            compute.device.type, gpu_uuid=gpu_uuid(compute.device), cpu_watts=workspace.settings.cpu_watts
        )
    )

    recorder.phase("tokenizing")
    inputs = context.prepare(dataset.table)
    if not content_of(dataset.info.columns.modality).is_pictorial:  # all pictures are scaled to one size
        at_limit = {
            name: float((inputs.lengths[rows] >= context.max_length).mean())
            for name, rows in ((SplitName.TRAIN, train), (SplitName.TEST, split.test))
        }
        recorder.note(at_limit=at_limit)

    rates = choose_rates(workspace, recorder, context, dataset, split, inputs) or config.learning_rates
    clock = recorder.clock
    trainee = Trainee.of(
        context, config, model, inputs, num_train=len(train), clock=clock, phase=recorder.phase
    )
    events = recorder.write_all(trainee.train(train, split.validation, rates, clock))

    recorder.phase("predicting")
    train_examples = trainee.examples.select(train)
    seen = some_examples(train_examples, config.training.max_eval_examples)
    recorder.write(evaluation_event(model, train_examples, seen, SplitName.TRAIN, compute, clock))
    logits = recorder.write_predictions(
        dataset, split, lambda rows: predict_logits(model, trainee.examples, rows, compute)
    )
    recorder.write(whole_look(events, dataset.targets()[split.validation], logits, clock))

    if not config.arm.kind.is_frozen:
        recorder.phase("measuring")
        validation = inputs.select(split.validation)
        start = context.build(config)  # anew: a copy would have taken memory during the whole training
        some = some_examples(validation, MAX_EXAMPLES)
        recorder.folder.write_layers(
            measure_change(start, model, validation, some, compute, context.networks.represent)
        )
        if first_run is not None and config.arm.kind.is_pretrained:
            _measure_forgetting(workspace, recorder, first_run, model, compute)

    recorder.phase("saving")
    context.networks.save(
        model.to("cpu"),
        recorder.folder.model_dir,
        base_folder=context.folder,
        labels=config.labels,
        limit=context.max_length,
        source=dataset.info.columns.text_source,
    )
    note_precision(recorder.folder.model_dir, compute.precision.value)
    ended_early = config.arm.kind.is_whole and clock.step < config.training.step_limit(len(train))
    recorder.finish("plateau" if ended_early else "budget")


def _facts(
    context: TrainingContext, config: RunConfig, model: Classifier, first_run: str | None
) -> dict[str, Any]:
    """Say what a run's record keeps of the network and of where it is trained."""
    compute = context.compute
    return {
        "device": device_name(compute.device),
        "precision": compute.precision,
        "num_threads": torch.get_num_threads(),
        "micro_batch_size": compute.micro_batch_size,
        "num_parameters": sum(weight.numel() for weight in model.parameters()),
        "kept_share": kept_share(model.encoder, model.redrawn, config.arm.kind),
        "base_model_facts": {
            "id": context.base.id,
            "title": context.base.title,
            "pooling": context.base.pooling.value,
            "weights_sha256": context.weights_sha256,
            "tokenizer": context.input_hash,
            "max_length": str(context.max_length),
            **({"run_id": first_run} if first_run else {}),
        },
    }


def _measure_forgetting(
    workspace: Workspace, recorder: Recorder, first_run: str, model: Classifier, compute: Compute
) -> None:
    """Write what is left of the task of the run that the base model comes from, if its data is still here."""
    try:
        first = read_first_task(workspace, first_run)
    except (NotFoundError, DamageError, OSError) as error:  # deleted, imported without its dataset, damaged
        logger.info("What is left of the task of %s cannot be measured: %s", first_run, error)
        return
    recorder.folder.write_first_task(measure_forgetting(first, model, compute))
