"""Choosing an arm's learning rates on validation: every arm by the same rule, each search done once."""

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tl_core.datasets.dataset import Dataset, rows_that_teach
from tl_core.datasets.identity import derive_seeds
from tl_core.errors import DivergedError
from tl_core.evaluation.metrics import Floats, contributions
from tl_core.experiments.recording import Recorder
from tl_core.experiments.training_context import Trainee, TrainingContext
from tl_core.planning.presets import NUM_TRIALS, answer_path, grid_around
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

SMALL_VALIDATION = 400
"""Examples below which each trial takes another part of train and validation to judge by."""
BEYOND_ERROR = 2.0
"""Standard errors by which rates must be ahead of those that they replace."""
MOST_WIDENED = 2
"""Times that the grid grows beyond its edge, each by its own factor."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """What one training came to: each validation example's part of the metric (n,), and what it took."""

    values: Floats
    evaluation: EvalFinished
    train_s: float


Trial = Callable[[LearningRates, int], Outcome]
"""Trains once at some rates, in the trial of this number; raises DivergedError."""


def choose_rates(
    workspace: Workspace,
    recorder: Recorder,
    context: TrainingContext,
    dataset: Dataset,
    split: Split,
    inputs: Examples,
) -> LearningRates | None:
    """Choose the arm's rates on validation and put them into the record; None if they are set beforehand.

    Every run of the arm comes to the same answer, whichever is first: it is tried with the first seeds and
    the search's own train size.
    """
    config = recorder.record.config
    experiment = workspace.database.get_experiment(config.experiment_id)
    path, search = answer_path(workspace, experiment, config.arm), experiment.rate_search
    if path is None or search is None:
        return None
    config_of_search = config.model_copy(update={"train_size": search.train_size})
    trial = _trial(recorder, context, config_of_search, dataset, split, inputs)
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

    def train_at(rates: LearningRates, place: int) -> Outcome:
        recorder.phase("rates")
        update = {"seed": place, "seeds": derive_seeds(place, split.info.seed)}
        own, part = config.model_copy(update=update), fold(dataset, split, place)
        train = train_subset(dataset, part, own.train_size, own.seeds.subset).astype(np.int64)
        train = rows_that_teach(train, dataset.weights())
        model, clock = context.build(own), Clock()
        clock.measure_with(recorder.clock.meter)  # the first trial computes the features that every run reads
        trainee = Trainee.of(
            context, own, model, inputs, num_train=len(train), clock=clock, phase=recorder.phase
        )
        events = list(trainee.train(train, part.validation, rates, clock))
        logits = predict_logits(model, trainee.examples, part.validation, context.compute)
        targets = dataset.targets()[part.validation]
        return Outcome(
            values=contributions(targets, logits, config.headline_metric),
            evaluation=whole_look(events, targets, logits, clock),
            train_s=clock.train_s,
        )

    return train_at


def fold(dataset: Dataset, split: Split, place: int) -> Split:
    """Give a trial its parts of train and validation; test is never touched.

    The first trial has the split as it is. Where validation is small, the others draw another one of the
    same size out of both, class by class as far as there are two of each; where examples belong together,
    they keep the split.
    """
    is_small = len(split.validation) < SMALL_VALIDATION
    if place == 0 or not is_small or split.groups is not None:
        return split
    from sklearn.model_selection import train_test_split

    both = np.sort(np.concatenate([split.train, split.validation]))
    targets = dataset.targets()[both]
    num_validation, counts = len(split.validation), np.unique_counts(targets).counts
    can_stratify = counts.min() >= 2 and len(counts) <= min(num_validation, len(split.train))
    train, validation = train_test_split(
        both, test_size=num_validation, random_state=place, stratify=targets if can_stratify else None
    )
    return replace(split, train=np.sort(train), validation=np.sort(validation))


def find_rates(
    path: Path, grid: tuple[LearningRates, ...], trial: Trial, *, metric: Metric, train_size: int
) -> RateSearch:
    """Read what was found before, or search and keep what was found.

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
        found = search_rates(grid, trial, metric, train_size)
        with replacing(path) as file:
            file.write(found.model_dump_json().encode())
    return found


def search_rates(
    grid: tuple[LearningRates, ...], trial: Trial, metric: Metric, train_size: int
) -> RateSearch:
    """Leave the recorded rates, the middle of the grid, only for what is ahead beyond its own error.

    Every rate is tried once. Those that came out above the recorded ones are tried against them twice more,
    pair by pair with other seeds and folds: three values of one training on few validation examples would
    choose noise. The one with the highest gain is taken if that lies `BEYOND_ERROR` standard errors above
    0. If it is the smallest or the largest of the grid, the next one beyond is tried against it in the same
    way.

    Raises
    ------
    DivergedError
        If training diverged at every rate.
    """
    trials = _Trials(trial, metric)
    recorded = grid[len(grid) // 2]
    first = [trials.outcome(rates, 0) for rates in grid]
    if all(outcome is None for outcome in first):
        raise DivergedError(
            "Training diverged at every learning rate that was tried.",
            "Choose smaller learning rates.",
        )
    chosen, tried = recorded, list(grid)
    if trials.outcome(recorded, 0) is None:
        ended = [rates for rates, outcome in zip(grid, first, strict=True) if outcome is not None]
        chosen = max(ended, key=lambda rates: trials.value(rates))
    for rates in grid:
        if rates != recorded and trials.value(rates) > trials.value(recorded):
            chosen = trials.better(chosen, rates, recorded)
    for _ in range(MOST_WIDENED):
        if chosen == recorded or chosen not in (tried[0], tried[-1]):
            break
        beyond = _beyond(tried, at_start=chosen == tried[0])
        tried = [beyond, *tried] if chosen == tried[0] else [*tried, beyond]
        if trials.value(beyond) > trials.value(chosen):
            chosen = trials.better(chosen, beyond, chosen)
        if chosen != beyond:
            break
    return RateSearch(
        tried=tuple(trials.summed_up(rates, recorded) for rates in tried),
        chosen=chosen,
        train_size=train_size,
        num_examples=trials.num_examples,
        train_s=trials.train_s,
    )


class _Trials:
    """Every training of a search, each carried out once."""

    def __init__(self, trial: Trial, metric: Metric) -> None:
        self._trial, self._metric = trial, metric
        self._known: dict[tuple[LearningRates, int], Outcome | None] = {}
        self.train_s, self.num_examples = 0.0, 0

    def outcome(self, rates: LearningRates, place: int) -> Outcome | None:
        """Train, unless that was done before; None if it diverged."""
        if (rates, place) not in self._known:
            self._known[rates, place] = None
            with suppress(DivergedError):
                outcome = self._trial(rates, place)
                self.train_s += outcome.train_s
                self.num_examples = outcome.evaluation.num_examples
                self._known[rates, place] = outcome
        return self._known[rates, place]

    def value(self, rates: LearningRates) -> float:
        """Give the metric of the first trial; below any if it diverged."""
        outcome = self.outcome(rates, 0)
        return -math.inf if outcome is None else float(outcome.values.mean())

    def better(self, chosen: LearningRates, rates: LearningRates, over: LearningRates) -> LearningRates:
        """Return rates if they are ahead of ``over`` beyond their error and gain more than what is chosen."""
        gain, error = self.gain(rates, over, NUM_TRIALS)
        so_far = self.gain(chosen, over, NUM_TRIALS)[0] if chosen != over else 0.0
        return rates if gain > BEYOND_ERROR * error and gain > so_far else chosen

    def gain(self, rates: LearningRates, over: LearningRates, num_trials: int) -> tuple[float, float]:
        """Give the mean gain over paired trials and its standard error.

        It is the larger of the two over examples and over trials: neither knows of the other's noise. Rates
        that diverge in any trial gain nothing.
        """
        pairs = [(self.outcome(rates, place), self.outcome(over, place)) for place in range(num_trials)]
        if any(one is None for one, _ in pairs):
            return -1.0, 0.0
        differences = [
            one.values - other.values for one, other in pairs if one is not None and other is not None
        ]
        if len(differences) < 2:  # the others diverged
            return 1.0, 0.0
        every = np.concatenate(differences)
        over_examples = every.std(ddof=1) / np.sqrt(len(every))
        over_trials = np.std([one.mean() for one in differences], ddof=1) / np.sqrt(len(differences))
        return float(every.mean()), float(max(over_examples, over_trials))

    def summed_up(self, rates: LearningRates, recorded: LearningRates) -> TriedRates:
        """Say what was found of some rates."""
        outcome, count = self._known.get((rates, 0)), sum(key[0] == rates for key in self._known)
        gain = error = None
        if count > 1 and rates != recorded and (recorded, count - 1) in self._known:
            gain, error = self.gain(rates, recorded, count)
        return TriedRates(
            rates=rates,
            value=None if outcome is None else float(outcome.values.mean()),
            loss=None if outcome is None else outcome.evaluation.loss,
            num_trials=count,
            gain=gain,
            standard_error=error,
        )


def _beyond(tried: Sequence[LearningRates], *, at_start: bool) -> LearningRates:
    """Give the next rates below the first, or above the last."""
    around = grid_around(tried[0] if at_start else tried[-1])
    return around[0] if at_start else around[-1]


def best_rates(search: RateSearch) -> LearningRates:
    """Return the rates that a search chose; of an earlier version's, those with the highest value."""
    if search.chosen is not None:
        return search.chosen
    ended = [
        (one.value, -one.loss, one.rates)
        for one in search.tried
        if one.value is not None and one.loss is not None
    ]
    return max(ended, key=lambda one: one[:2])[2]
