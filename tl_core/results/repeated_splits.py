"""What a series has shown: the main pair on every split, and the conclusion over all of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from statistics import fmean
from typing import Any

from tl_core.errors import TlError
from tl_core.evaluation.repeated_splits import over_splits
from tl_core.evaluation.wording import conclude, spoken_names
from tl_core.results.comparison import (
    ExperimentResults,
    arm_titles,
    beside_clause,
    gather_alone,
    headline_pair,
    is_coming,
    primary_verdict,
    validation_means,
)
from tl_core.results.runs import read_finished_run
from tl_core.schema import ExperimentConfig, SplitCounts, Verdict
from tl_core.store.ledger import Ledger
from tl_core.store.workspace import Workspace
from tl_core.words import plural


@dataclass(frozen=True, kw_only=True, eq=False)
class SeriesResults:
    """What a series has shown so far.

    Attributes
    ----------
    experiments
        Those of it that are still there, by the place of their split.
    verdicts
        On the main pair at the largest train size, by place, of the splits with a seed of both arms.
    verdict
        Over all of these; None before there are two.
    counts
        What became of the splits that were planned.
    is_interim
        Whether runs of the main pair are still to come.
    """

    experiments: dict[int, ExperimentConfig]
    verdicts: dict[int, Verdict]
    verdict: Verdict | None
    counts: SplitCounts
    is_interim: bool

    @property
    def sentence(self) -> str:
        """All that there is to say of it, on one line."""
        if self.verdict is not None:
            return self.verdict.sentence
        counted, planned = self.counts.num_counted, self.counts.num_planned
        there = plural(counted, "split has", "splits have") if counted else "no split has"
        so_far = "So far" if self.is_interim else "In the end"
        return f"{so_far}, {there} a result out of {planned}: two are needed to compare over splits."


def gather_series(
    workspace: Workspace,
    experiment: ExperimentConfig,
    read: Callable[[str], ExperimentResults] | None = None,
) -> SeriesResults | None:
    """Read what all experiments of a series have shown; None where the split is not repeated.

    Parameters
    ----------
    experiment
        Any of the series.
    read
        `gather_alone` by an experiment's id, or what remembers its answers.
    """
    if experiment.series_id is None:
        return None
    of_series = workspace.database.list_series(experiment.series_id)
    experiments = {one.series.place: one for one in of_series if one.series}
    verdicts, coming, shown = dict[int, Verdict](), set[int](), dict[int, ExperimentResults]()
    for place, one in experiments.items():
        key = one.experiment_id
        try:
            alone = read(key) if read else gather_alone(workspace, key, read_finished_run)
        except TlError:  # its own page tells
            continue
        if (verdict := primary_verdict(alone)) is not None:
            verdicts[place], shown[place] = verdict, alone
        pair = [arm.name for arm in headline_pair(one.arms) or ()]
        if is_coming(alone.runs, pair, _largest(alone)):
            coming.add(place)
    counts = SplitCounts(
        num_counted=len(verdicts),
        num_planned=experiment.num_splits,
        num_deleted=experiment.num_splits - len(experiments),
        num_lost=len(experiments.keys() - verdicts.keys() - coming),
    )
    looks = [Ledger(workspace.database).count_looks(experiments[place].split.hash) for place in verdicts]
    verdict = None
    if len(verdicts) > 1:
        words = spoken_names(arm_titles(experiment))
        conclude_on = partial(
            over_splits,
            num_examples=experiment.split.num_examples,
            splits=counts,
            is_interim=bool(coming),
            looks=max(looks, key=lambda one: (one.num_experiments, one.num_models)),
            arm_names=words,
        )
        verdict = conclude_on(verdicts)
        beside = _beside(verdict, shown, conclude_on, words)
        verdict = conclude(verdict.model_copy(update={"beside": beside}), words)
    return SeriesResults(
        experiments=experiments,
        verdicts=verdicts,
        verdict=verdict,
        counts=counts,
        is_interim=bool(coming),
    )


def _beside(
    verdict: Verdict,
    shown: Mapping[int, ExperimentResults],
    conclude_on: Callable[[Mapping[int, Verdict]], Verdict],
    words: Mapping[str, str],
) -> str:
    """Hold the first arm against the best one without pretraining on validation, over all splits too.

    Arms count that have results on every split with a verdict on the main pair.
    """
    of_split = {place: validation_means(alone, _largest(alone)) for place, alone in shown.items()}
    arms = set.intersection(*(set(means) for means in of_split.values()))
    means = {
        arm: fmean(means[arm] for means in of_split.values())
        for arm in next(iter(of_split.values()))
        if arm in arms
    }

    def over(arm: str) -> Verdict | None:
        found = {
            place: one
            for place, alone in shown.items()
            for one in alone.verdicts
            if (one.a, one.b, one.train_size) == (verdict.a, arm, _largest(alone))
        }
        return conclude_on(found) if len(found) == len(shown) else None

    return beside_clause(verdict, means, over, words)


def _largest(alone: ExperimentResults) -> int:
    return max(alone.experiment.train_sizes)


def series_json(series: SeriesResults) -> dict[str, Any]:
    """Give what a series has shown as plain values; differences are fractions."""
    return {
        "num_splits": series.counts.num_planned,
        "num_counted": series.counts.num_counted,
        "num_deleted": series.counts.num_deleted,
        "num_lost": series.counts.num_lost,
        "is_interim": series.is_interim,
        "sentence": series.sentence,
        "verdict": series.verdict.model_dump(mode="json") if series.verdict else None,
        "splits": [
            {
                "place": place,
                "experiment_id": one.experiment_id,
                "hash": one.split.hash,
                "train_size": max(one.train_sizes),
                "num_test": one.split.test,
                "num_seeds": verdict.num_seeds if (verdict := series.verdicts.get(place)) else 0,
                "difference": verdict.difference if verdict else None,
                "ci95": verdict.ci95 if verdict else None,
            }
            for place, one in series.experiments.items()
        ],
    }
