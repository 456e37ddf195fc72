"""Carrying out an arm with a network: load, tokenise, train, score, save."""

import logging
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from tl_core.catalogue.locating import Progress
from tl_core.datasets.dataset import Dataset
from tl_core.errors import DamageError, NotFoundError
from tl_core.experiments.forgetting import measure_forgetting, read_first_task
from tl_core.experiments.place import Place, build, examples_of, find_place, objective_of, require_wanted
from tl_core.experiments.rate_search import choose_rates
from tl_core.experiments.recording import Recorder
from tl_core.models.classifiers import TextClassifier
from tl_core.models.knowledge import kept_share
from tl_core.models.saving import save_classifier
from tl_core.planning.budget import step_limit
from tl_core.schema import LayerChanges, RunConfig, SplitName
from tl_core.splits.splitting import Split
from tl_core.store.workspace import Workspace
from tl_core.text.tokens import tokenizer_hash
from tl_core.training.batching import TokenExamples, some_examples
from tl_core.training.change import MAX_TEXTS, measure_change
from tl_core.training.devices import device_name, gpu_uuid
from tl_core.training.encoding import tokenize
from tl_core.training.energy import find_meter
from tl_core.training.fit import evaluation_event, fit, predict_logits

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
    rates = config.learning_rates
    if config.base_model is None or rates is None:
        raise ValueError(f"a neural arm needs a base model and learning rates: {config.arm.name}")
    recorder.phase("loading")
    place = find_place(workspace, config, memory_attempt, downloaded)
    model = build(place, config)
    _note(recorder, place, model)
    recorder.measure_with(
        find_meter(place.device.type, gpu_uuid=gpu_uuid(place.device), cpu_watts=workspace.settings.cpu_watts)
    )
    recorder.phase("tokenizing")
    key = f"{tokenizer_hash(place.folder)}-{place.max_length}"
    tokens = tokenize(
        dataset.table, place.folder, place.max_length, workspace.token_cache(config.dataset_fingerprint, key)
    )
    rates = choose_rates(recorder, place, dataset, split, tokens, should_stop) or rates
    examples = examples_of(recorder, place, config, model, tokens, len(train), recorder.clock, should_stop)
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
            metric=config.headline_metric,
            should_stop=should_stop,
            objective=objective_of(place, config, train_examples, should_stop),
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
    if not config.arm.kind.is_frozen:
        recorder.phase("measuring")
        recorder.folder.write_layers(_measure_change(place, config, model, tokens, split, should_stop))
        _measure_forgetting(recorder, place, model, should_stop)
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


def _measure_change(
    place: Place,
    config: RunConfig,
    model: TextClassifier,
    tokens: TokenExamples,
    split: Split,
    should_stop: Callable[[], bool],
) -> LayerChanges:
    """Compare the network with the one it was at the start, on validation texts.

    That one is built anew from the same seed: a copy would have taken memory during the whole training.
    """

    def check() -> None:
        require_wanted(should_stop)

    validation = tokens.select(split.validation)
    return measure_change(
        build(place, config),
        model,
        validation,
        some_examples(validation, MAX_TEXTS),
        place.device,
        place.precision,
        place.scoring_batch_size,
        check,
    )


def _measure_forgetting(
    recorder: Recorder, place: Place, model: TextClassifier, should_stop: Callable[[], bool]
) -> None:
    """Write what is left of the first task if the base model is a run whose dataset is still here."""
    if place.first_run is None or not recorder.record.config.arm.kind.is_pretrained:
        return
    try:
        first = read_first_task(place.workspace, place.first_run)
    except (
        NotFoundError,
        DamageError,
        OSError,
    ) as error:  # deleted since, imported without its dataset, or damaged
        logger.info("What is left of the task of %s cannot be measured: %s", place.first_run, error)
        return

    def check() -> None:
        require_wanted(should_stop)

    size = place.scoring_batch_size
    found = measure_forgetting(first, model, place.device, place.precision, size, should_stop, check)
    recorder.folder.write_first_task(found)


def _note(recorder: Recorder, place: Place, model: TextClassifier) -> None:
    recorder.note(
        device=device_name(place.device),
        precision=place.precision,
        num_threads=torch.get_num_threads(),
        micro_batch_size=place.micro_batch_size,
        num_parameters=sum(weight.numel() for weight in model.parameters()),
        kept_share=kept_share(model.encoder, model.redrawn, recorder.record.config.arm.kind),
        base_model_facts={
            "id": place.base.id,
            "title": place.base.title,
            "pooling": place.base.pooling.value,
            "weights_sha256": place.weights_sha256,
            "tokenizer": tokenizer_hash(place.folder),
            "max_length": str(place.max_length),
            **({"run_id": place.first_run} if place.first_run else {}),
        },
    )
