"""What four answers to "what is transfer learning?" come to on somebody's own texts, each tried as arms."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import pandas as pd

from tl_core import arms
from tl_core.catalogue.locating import describe
from tl_core.errors import ComparisonError
from tl_core.evaluation.families import PairTests, as_family
from tl_core.evaluation.predictions import ArmPredictions
from tl_core.evaluation.verdicts import ArmSummary, compare, summarise
from tl_core.evaluation.wording import conclude, spoken_name
from tl_core.results.comparison import ExperimentResults, Key
from tl_core.results.runs import FinishedRun
from tl_core.schema import Arm, ExperimentConfig, Flag, State, Verdict
from tl_core.store.rows import RunRow

_NUM_SIZES = 4
"""Train sizes that show what more labels bring: all, a half, a quarter, an eighth."""

TUNED = Arm(kind=arms.FINE_TUNED.kind)
SCRATCH = Arm(kind=arms.SCRATCH.kind)
FROZEN = Arm(kind=arms.FROZEN.kind)
WIPED = Arm(kind=arms.FROZEN_RANDOM.kind)


class Answer(StrEnum):
    """What transfer learning might be."""

    SCRATCH = "scratch"
    ADAPTING = "adapting"
    WIPING = "wiping"
    MORE_LABELS = "more_labels"


_ARMS = {
    Answer.SCRATCH: (SCRATCH,),
    Answer.ADAPTING: (TUNED, SCRATCH),
    Answer.WIPING: (TUNED, SCRATCH, FROZEN, WIPED),
    Answer.MORE_LABELS: (TUNED, SCRATCH),
}
FLOORS = (Arm(kind=arms.TFIDF.kind), Arm(kind=arms.MAJORITY.kind))


@dataclass(frozen=True, kw_only=True, eq=False)
class Pooled:
    """Everything that was tried on one split under one set of rules, in however many experiments.

    Attributes
    ----------
    experiment
        The one that was chosen.
    runs
        All of them, as they stand.
    predictions, flags
        By arm and train size; where several experiments have both, the one with the most seeds.
    verdicts
        Those of the experiments that both arms' predictions come from, by the arms' names and the train size.
    family
        All pairs that were asked of these test examples, but the primary one.
    largest
        The largest train size.
    floor
        Value on test of always answering the largest class; None before a run has finished.
    num_parameters
        Weights of the fine-tuned network with its head; None before such a run has finished.
    tokens_read
        Tokens that one fine-tuning at the largest train size read while it trained; None before one has
        finished.
    """

    experiment: ExperimentConfig
    runs: tuple[RunRow, ...]
    predictions: dict[Key, ArmPredictions]
    flags: dict[Key, tuple[Flag, ...]]
    verdicts: dict[tuple[str, str, int], Verdict]
    family: tuple[PairTests, ...]
    largest: int
    floor: float | None
    num_parameters: int | None
    tokens_read: int | None

    @property
    def title(self) -> str:
        """The base model's short name."""
        return describe(self.experiment.base_model).title

    def title_of(self, arm: Arm) -> str:
        """Return the short name of the base model that an arm starts from."""
        return describe(arm.base_model).title if arm.base_model else self.title

    def summary(self, key: Key) -> ArmSummary:
        """Summarise one arm at one train size by the headline metric."""
        return summarise(self.predictions[key], self.experiment.headline_metric)


def is_alike(one: ExperimentConfig, other: ExperimentConfig) -> bool:
    """Whether the runs of two experiments may stand side by side: same split, same rules, same base model."""
    is_same_task = (
        (one.dataset_fingerprint, one.split.hash) == (other.dataset_fingerprint, other.split.hash)
        and (one.base_model, one.training) == (other.base_model, other.training)
        and one.headline_metric is other.headline_metric
    )
    shared = one.learning_rates.keys() & other.learning_rates.keys()
    if not is_same_task or any(one.learning_rates[name] != other.learning_rates[name] for name in shared):
        return False
    searches = one.rate_search, other.rate_search
    grids, other_grids = (search.grids if search else {} for search in searches)
    sizes = {search.train_size for search in searches if search}
    searched = [name for name in shared if name in grids or name in other_grids]
    return all(grids.get(name) == other_grids.get(name) for name in searched) and not (
        searched and len(sizes) > 1
    )


def put_together(experiment: ExperimentConfig, results: Sequence[ExperimentResults]) -> Pooled:
    """Put together what experiments that are alike have shown; ``results`` begins with the chosen one's."""
    predictions: dict[Key, ArmPredictions] = {}
    flags: dict[Key, tuple[Flag, ...]] = {}
    for one in results:
        for key, found in one.predictions.items():
            if key not in predictions or found.num_seeds > predictions[key].num_seeds:
                predictions[key], flags[key] = found, one.flags[key]

    largest = max(max(one.experiment.train_sizes) for one in results)
    runs: list[RunRow] = []
    finished: list[FinishedRun] = []
    tuned: list[FinishedRun] = []
    verdicts: dict[tuple[str, str, int], Verdict] = {}
    for one in results:
        runs += one.runs
        finished += one.finished
        tuned += one.runs_of(TUNED.name, largest)
        for verdict in one.verdicts:
            a, b = (verdict.a, verdict.train_size), (verdict.b, verdict.train_size)
            if predictions[a] is one.predictions[a] and predictions[b] is one.predictions[b]:
                verdicts[verdict.a, verdict.b, verdict.train_size] = verdict

    num_parameters = tokens_read = None
    if tuned:
        num_parameters, tokens_read = tuned[0].record.num_parameters, tuned[0].events[-1].tokens_seen
    return Pooled(
        experiment=experiment,
        runs=tuple(runs),
        predictions=predictions,
        flags=flags,
        verdicts=verdicts,
        family=(
            *(PairTests.of(one) for one in results[0].verdicts if not one.is_primary),
            *results[0].asked.others,
        ),
        largest=largest,
        floor=finished[0].floor if finished else None,
        num_parameters=num_parameters,
        tokens_read=tokens_read,
    )


def cells_of(answer: Answer, pooled: Pooled) -> tuple[tuple[Arm, int], ...]:
    """List the arms and train sizes that an answer needs.

    More labels need the train sizes that were chosen, or, if it was a single one, nested parts of it.
    """
    sizes = {pooled.largest}
    if answer is Answer.MORE_LABELS:
        sizes = {size for arm, size in live_cells(pooled.runs) if arm in (TUNED, SCRATCH)}
        if len(sizes) < 2:
            parts = {pooled.largest // 2**power for power in range(_NUM_SIZES)}
            sizes = {size for size in parts if size >= len(pooled.experiment.labels)}
    return tuple((arm, size) for arm in _ARMS[answer] for size in sorted(sizes))


def missing(answer: Answer, pooled: Pooled) -> tuple[tuple[Arm, int], ...]:
    """List what an answer needs and nobody has run or queued."""
    there = live_cells(pooled.runs)
    return tuple(cell for cell in cells_of(answer, pooled) if cell not in there)


def coming(answer: Answer, pooled: Pooled) -> tuple[RunRow, ...]:
    """List the runs that an answer still waits for."""
    cells = cells_of(answer, pooled)
    return tuple(
        run
        for run in pooled.runs
        if not run.state.is_final and (run.config.arm, run.config.train_size) in cells
    )


def live_cells(runs: Iterable[RunRow]) -> set[tuple[Arm, int]]:
    """Return the arms and train sizes with a run that has finished or still may."""
    lost = (State.FAILED, State.CANCELLED)
    return {(run.config.arm, run.config.train_size) for run in runs if run.state not in lost}


def keys_of(answer: Answer, pooled: Pooled) -> list[Key]:
    """List the arms and train sizes with a result that speak to an answer, as they are drawn."""
    wanted = [(arm.name, size) for arm, size in cells_of(answer, pooled)]
    if answer is Answer.SCRATCH:
        wanted += [(arm.name, pooled.largest) for arm in FLOORS]
    return [key for key in wanted if key in pooled.predictions]


def find_verdict(pooled: Pooled, a: Arm, b: Arm) -> Verdict | None:
    """Compare two arms at the largest train size, on the seeds that both have; None without such seeds.

    Of two arms of one experiment it is that experiment's own verdict; any other is one more of the family.
    """
    known = pooled.verdicts.get((a.name, b.name, pooled.largest))
    if known is not None:
        return known
    verdict = _compare(pooled, (a.name, pooled.largest), (b.name, pooled.largest))
    turned = pooled.verdicts.get((b.name, a.name, pooled.largest))
    if verdict is None or turned is None:
        return verdict
    same = ("is_primary", "num_pairs", "p_corrected", "p_equivalence_corrected", "num_planned", "is_interim")
    corrected = verdict.model_copy(update={name: getattr(turned, name) for name in same})
    return conclude(corrected, _words(pooled, a, b))


def labels_against_knowledge(pooled: Pooled) -> Verdict | None:
    """Compare fine-tuning with the fewest labels with training from scratch with the most.

    None without results at two train sizes. The verdict's ``train_size`` is that of the fine-tuning.
    """
    ends = ends_of(pooled)
    if len(ends) < 2:
        return None
    return _compare(pooled, (TUNED.name, ends[0]), (SCRATCH.name, ends[-1]))


def ends_of(pooled: Pooled) -> list[int]:
    """Return the smallest and the largest train size at which both arms have finished; one if it is one."""
    sizes = sorted(
        size
        for name, size in pooled.predictions
        if name == SCRATCH.name and (TUNED.name, size) in pooled.predictions
    )
    return sizes if len(sizes) < 2 else [sizes[0], sizes[-1]]


def _compare(pooled: Pooled, a: Key, b: Key) -> Verdict | None:
    one, other = pooled.predictions.get(a), pooled.predictions.get(b)
    if one is None or other is None or not set(one.seeds) & set(other.seeds):
        return None
    other = replace(other, train_size=one.train_size)  # that they learn from different numbers is asked here
    words = _words(pooled, *map(Arm.parse, (a[0], b[0])))
    try:
        verdict = compare(
            one,
            other,
            metric=pooled.experiment.headline_metric,
            margin=pooled.experiment.margin,
            flags=(*pooled.flags[a], *pooled.flags[b]),
            arm_names=words,
        )
    except ComparisonError:  # of several experiments, on devices with different precision
        return None
    coming = [(run.config.arm.name, run.config.train_size) for run in pooled.runs if not run.state.is_final]
    update = {"is_interim": a in coming or b in coming, "num_planned": pooled.experiment.num_seeds}
    (corrected,) = as_family([verdict.model_copy(update=update)], words, others=pooled.family)
    return corrected


def _words(pooled: Pooled, *arms: Arm) -> dict[str, str]:
    return {arm.name: spoken_name(arm, pooled.title_of(arm)) for arm in arms}


def seed_rows(pooled: Pooled, keys: Iterable[Key]) -> pd.DataFrame:
    """List values by seed: columns ``arm, train_size, seed, value``; a row that counts for all seeds once."""
    rows = []
    for arm, size in keys:
        summary = pooled.summary((arm, size))
        values = list(zip(summary.seeds, summary.values, strict=True))
        is_one_run = not Arm.parse(arm).kind.is_neural and size == pooled.experiment.split.train
        rows += [(arm, size, seed, value) for seed, value in (values[:1] if is_one_run else values)]
    return pd.DataFrame(rows, columns=["arm", "train_size", "seed", "value"])


def mean_rows(pooled: Pooled, keys: Iterable[Key]) -> pd.DataFrame:
    """List means: ``arm, train_size, mean, low, high`` and ``num_seeds, num_examples, num_groups``."""
    columns = ["arm", "train_size", "mean", "low", "high", "num_seeds", "num_examples", "num_groups"]
    rows = [
        (arm, size, summary.mean, *summary.ci95, len(summary.seeds), summary.num_examples, summary.num_groups)
        for arm, size in keys
        for summary in [pooled.summary((arm, size))]
    ]
    return pd.DataFrame(rows, columns=columns)


def weight_rows(pooled: Pooled) -> pd.DataFrame:
    """Count the weights that each way of using the network begins with.

    Returns
    -------
    Columns ``arm, pretrained, random`` (numbers of weights), ``is_trained`` (whether more than the head
    learns); empty where a number is unknown.
    """
    encoder = describe(pooled.experiment.base_model).num_parameters
    total = pooled.num_parameters
    columns = ["arm", "pretrained", "random", "is_trained"]
    if encoder is None or total is None or total < encoder:
        return pd.DataFrame(columns=columns)
    rows = [
        (
            arm.name,
            encoder if arm.kind.is_pretrained else 0,
            total - encoder * arm.kind.is_pretrained,
            is_trained,
        )
        for arm, is_trained in ((TUNED, True), (FROZEN, False), (SCRATCH, True), (WIPED, False))
    ]
    return pd.DataFrame(rows, columns=columns)
