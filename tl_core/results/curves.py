"""The validation evaluations of runs as a table, and the floor that they are held against."""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from tl_core.charts.learning_curves import straggler_limit
from tl_core.evaluation.ranking import BY_CHANCE
from tl_core.results.runs import kept_evaluation, looks
from tl_core.schema import Event, Metric, RunConfig, RunFinished

_METRICS = [metric.value for metric in Metric]
_MEASURES = ["step", "examples_seen", "train_s", "energy_wh", *_METRICS, "loss", "num_examples"]


def curve_points(runs: Iterable[tuple[RunConfig, Sequence[Event]]]) -> pd.DataFrame:
    """List the evaluations on validation of some runs, for `charts.learning_curves`.

    Parameters
    ----------
    runs
        Each run's configuration and events.

    Returns
    -------
    Columns ``arm, run_id, seed, step, examples_seen, train_s, energy_wh``, one for each `Metric`, ``loss,
    num_examples, is_ended, is_kept``; energy and metrics are missing where they were not measured,
    ``is_kept`` marks the evaluation of the weights that an ended run kept.
    """
    rows = []
    for config, events in runs:
        kept = kept_evaluation(config, events)
        rows += [
            (
                config.arm.name,
                config.run_id,
                config.seed,
                *(getattr(event, name) for name in _MEASURES),
                isinstance(events[-1], RunFinished),
                kept is not None and event.step == kept.step,
            )
            for event in looks(events)
        ]
    table = pd.DataFrame(rows, columns=["arm", "run_id", "seed", *_MEASURES, "is_ended", "is_kept"])
    return table.astype({**dict.fromkeys(["energy_wh", *_METRICS], float), "is_ended": bool, "is_kept": bool})


def learning_curve_points(runs: Iterable[tuple[RunConfig, Sequence[Event]]]) -> pd.DataFrame:
    """List the validation evaluations of some runs, without the majority arm, which is the floor."""
    return curve_points((config, events) for config, events in runs if not config.arm.kind.is_floor)


def is_energy_known(points: pd.DataFrame) -> bool:
    """Whether the energy of every evaluation in `curve_points` is known."""
    return bool(len(points) and points["energy_wh"].notna().all())


def floor_on_validation(
    runs: Iterable[tuple[RunConfig, Sequence[Event]]], label_counts: Mapping[str, int], metric: Metric
) -> float | None:
    """Value on validation of always answering the largest class.

    Measured by a majority run where there is one; before that from the whole dataset's label counts, whose
    shares a stratified split keeps. None without either.
    """
    measured = curve_points((config, events) for config, events in runs if config.arm.kind.is_floor)
    if len(measured):
        return float(measured[metric.value].iloc[0])
    if not label_counts:
        return None
    share = max(label_counts.values()) / sum(label_counts.values())
    floors = {
        Metric.ACCURACY: share,
        # F1 is 2p / (1 + p) for that class and 0 for the others.
        Metric.MACRO_F1: 2 * share / (1 + share) / len(label_counts),
        Metric.BALANCED_ACCURACY: 1 / len(label_counts),
        Metric.AUROC: BY_CHANCE,
        Metric.QUADRATIC_KAPPA: 0.0,
    }
    return floors[metric]


def stragglers(points: pd.DataFrame) -> pd.DataFrame:
    """List the ended runs that took far longer than the others of their arm.

    Parameters
    ----------
    points
        What `curve_points` returns, of one train size.

    Returns
    -------
    Columns ``arm, seed, train_s, usual_s``: half of the arm's runs took ``usual_s`` seconds or less.
    """
    ended = points.loc[points["is_ended"]]
    times = ended.groupby(["arm", "seed"], sort=False)["train_s"].max().reset_index()
    usual = times.groupby("arm")["train_s"].transform(lambda spent: spent.quantile(0.5, "lower"))
    limits = times.groupby("arm")["train_s"].transform(lambda spent: straggler_limit(list(spent)))
    return times.assign(usual_s=usual).loc[times["train_s"] > limits].reset_index(drop=True)
