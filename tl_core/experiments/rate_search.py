"""Choosing an arm's learning rates on validation: every arm by the same rule, each search done once."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from tl_core.datasets.dataset import Dataset, rows_that_teach
from tl_core.datasets.identity import derive_seeds
from tl_core.errors import DivergedError
from tl_core.experiments.recording import Recorder
from tl_core.experiments.training_context import Trainee, TrainingContext
from tl_core.planning.presets import answer_path
from tl_core.schema import (
    EvalFinished,
    LearningRates,
    Metric,
    RateSearch,
    RunConfig,
    TriedRates,
)
from tl_core.splits.splitting import Split, train_subset
from tl_core.store.files import locked, replacing
from tl_core.store.workspace import Workspace
from tl_core.training.batching import Examples
from tl_core.training.fit import predict_logits
from tl_core.training.meters import Clock, whole_look

Trial = Callable[[LearningRates], tuple[EvalFinished, float]]
"""Trains once at some rates; gives the evaluation that counts and the training seconds."""


def choose_rates(
    workspace: Workspace,
    recorder: Recorder,
    context: TrainingContext,
    dataset: Dataset,
    split: Split,
    inputs: Examples,
) -> LearningRates | None:
    """Choose the arm's rates on validation and put them into the record; None if they are set beforehand.

    Every run of the arm comes to the same answer, whichever is first: it is tried with the first seed and
    the search's own train size.
    """
    config = recorder.record.config
    experiment = workspace.database.get_experiment(config.experiment_id)
    path, search = answer_path(workspace, experiment, config.arm), experiment.rate_search
    if path is None or search is None:
        return None
    changes = {"seed": 0, "seeds": derive_seeds(0), "train_size": search.train_size}
    trial = _trial(recorder, context, config.model_copy(update=changes), dataset, split, inputs)
    found = find_rates(
        path,
        search.grids[config.arm.name],
        trial,
        metric=config.headline_metric,
        train_size=search.train_size,
    )
    rates = best_rates(found)
    recorder.note(config=config.model_copy(update={"learning_rates": rates}), rate_search=found)
    return rates


def _trial(
    recorder: Recorder,
    context: TrainingContext,
    config: RunConfig,
    dataset: Dataset,
    split: Split,
    inputs: Examples,
) -> Trial:
    """Make what trains as the run of the configuration would, at any rates; only its phase is written."""
    train = train_subset(dataset, split, config.train_size, config.seeds.subset).astype(np.int64)
    train = rows_that_teach(train, dataset.weights())

    def train_at(rates: LearningRates) -> tuple[EvalFinished, float]:
        recorder.phase("rates")
        model, clock = context.build(config), Clock()
        clock.measure_with(recorder.clock.meter)  # the first trial computes the features that every run reads
        trainee = Trainee.of(
            context, config, model, inputs, num_train=len(train), clock=clock, phase=recorder.phase
        )
        events = list(trainee.train(train, split.validation, rates, clock))
        logits = predict_logits(model, trainee.examples, split.validation, context.compute)
        return whole_look(events, dataset.targets()[split.validation], logits, clock), clock.train_s

    return train_at


def find_rates(
    path: Path, grid: tuple[LearningRates, ...], trial: Trial, *, metric: Metric, train_size: int
) -> RateSearch:
    """Read what was found before, or try every rate of the grid and keep what they came to.

    A second run that needs the same answer waits for the first one.

    Raises
    ------
    DivergedError
        If training diverged at every rate.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with locked(path.with_suffix(".lock")):
        if path.exists():
            return RateSearch.model_validate_json(path.read_bytes())
        found = _try_all(grid, trial, metric, train_size)
        with replacing(path) as file:
            file.write(found.model_dump_json().encode())
    return found


def _try_all(grid: tuple[LearningRates, ...], trial: Trial, metric: Metric, train_size: int) -> RateSearch:
    tried, num_examples, train_s = [], 0, 0.0
    for rates in grid:
        try:
            evaluation, seconds = trial(rates)
        except DivergedError:
            tried.append(TriedRates(rates=rates, value=None, loss=None))
            continue
        value = evaluation.accuracy if metric is Metric.ACCURACY else evaluation.macro_f1
        tried.append(TriedRates(rates=rates, value=value, loss=evaluation.loss))
        num_examples, train_s = evaluation.num_examples, train_s + seconds
    return RateSearch(tried=tuple(tried), train_size=train_size, num_examples=num_examples, train_s=train_s)


def best_rates(search: RateSearch) -> LearningRates:
    """Return the rates with the highest value on validation; of equal ones those with the lower loss.

    Raises
    ------
    DivergedError
        If training diverged at every rate.
    """
    ended = [
        (one.value, -one.loss, one.rates)
        for one in search.tried
        if one.value is not None and one.loss is not None
    ]
    if not ended:
        raise DivergedError(
            "Training diverged at every learning rate that was tried.",
            "Choose smaller learning rates.",
        )
    return max(ended, key=lambda one: one[:2])[2]
