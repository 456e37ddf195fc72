"""How fast did each model learn? Validation curves over steps, time, examples or energy."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from tl_core.charts import ArmStyle, Theme, learning_curves
from tl_core.charts.learning_curves import XAxis, YAxis, kept_means, kept_values
from tl_core.charts.text import energy_words
from tl_core.displays.display import Display, Subject
from tl_core.displays.words import as_percent
from tl_core.evaluation.wording import METRIC_WORDS
from tl_core.results.curves import (
    floor_on_validation,
    is_energy_known,
    learning_curve_points,
    stragglers,
)
from tl_core.results.fairness import BUDGET_WORDS
from tl_core.schema import Event, ExperimentConfig, Metric, RunConfig

KEPT = "Numbers beside the lines are means over seeds, with the weights that each run kept."
ENDS = (
    "Numbers beside the lines are means over the finished seeds, with the weights that each run kept. Until "
    "one has finished, they show where the runs are now."
)
PRETRAINING_LEFT_OUT = "Pretraining cost is not included."
_X_WORDS = {
    "train_s": "Training seconds",
    "step": "Steps",
    "examples_seen": "Training examples seen",
    "energy_wh": "Energy of training, Wh",
}
_ENERGY_DECIMALS = 4
_Y_WORDS = {**{one.value: f"{METRIC_WORDS[one]}, %" for one in Metric}, "loss": "loss, nats"}


Runs = Sequence[tuple[RunConfig, Sequence[Event]]]


def display(subject: Subject, x: XAxis = "step", y: YAxis | None = None) -> Display:
    """Show the curves of all arms; the main metric over steps if not told."""
    shown = display_runs(
        subject.runs, subject.results.experiment, subject.styles, x=x, y=y, label_counts=subject.label_counts
    )
    costs = cost_limits(subject) if x in ("train_s", "energy_wh") else ""
    return replace(shown, limits=f"{KEPT} {costs}".strip())


def display_runs(
    runs: Runs,
    experiment: ExperimentConfig,
    styles: Callable[[Theme], Mapping[str, ArmStyle]],
    *,
    x: XAxis = "step",
    y: YAxis | None = None,
    label_counts: Mapping[str, int],
) -> Display:
    """Show the curves of some runs of an experiment, of one train size and each from its own zero.

    Parameters
    ----------
    runs
        Each run's configuration and its events so far.
    styles
        Style of every arm of the experiment, in a theme.
    label_counts
        Examples of each label in the whole dataset; empty if it is not known.
    """
    points, value = learning_curve_points(runs), y or experiment.headline_metric.value
    floor = None if value == "loss" else floor_on_validation(runs, label_counts, Metric(value))
    names = {name: style.label for name, style in styles("light").items()}
    return Display(
        key="race_figure",
        frame=curve_numbers(points, x, value, names) if len(points) else None,
        draw=lambda theme: learning_curves(points, styles(theme), x=x, y=value, floor=floor, theme=theme),
        limits=ENDS,
        budget=BUDGET_WORDS[experiment.training.budget],
        summary=mean_numbers(points, value, names) if len(points) else None,
    )


def cost_limits(subject: Subject) -> str:
    """Say what times and energies leave out, how energy is known, and which runs took far longer."""
    runs = [run for run in subject.results.finished if run.config.train_size == subject.train_size]
    words = []
    if any(arm.kind.is_pretrained for arm in subject.results.experiment.arms):
        words.append(PRETRAINING_LEFT_OUT)
    words += slow_words(subject)
    methods = sorted({energy_words(run.record.energy_method) for run in runs if run.record.energy_method})
    if methods:
        words.append(f"Energy is for training only, {' and '.join(methods)}.")
    return " ".join(words)


def has_energy(subject: Subject) -> bool:
    """Whether the energy of all curves is known, so that it can be an axis."""
    return is_energy_known(learning_curve_points(subject.runs))


def slow_words(subject: Subject) -> list[str]:
    """Name the runs that took far longer than the others of their arm, one sentence each."""
    slow = stragglers(learning_curve_points(subject.runs))
    return [
        f"Seed {row.seed} of {subject.names[str(row.arm)]} took {row.train_s:,.0f} s, while half of the runs "
        f"took {row.usual_s:,.0f} s or less. The machine may have been busy."
        for row in slow.itertuples()
    ]


def curve_numbers(points: pd.DataFrame, x: str, y: str, names: Mapping[str, str]) -> pd.DataFrame:
    """List the evaluations that `charts.learning_curves` draws, and the value that it writes at a line's end.

    Parameters
    ----------
    points
        What `curves.curve_points` returns.
    x, y
        The columns that are drawn.
    names
        Display names by arm name.
    """

    def write(values: pd.Series) -> pd.Series:
        return values.round(3) if y == "loss" else values.map(as_percent, na_action="ignore")

    kept: dict[str, Any] = {}
    if points["is_kept"].any():
        means = points["arm"].map(kept_means(points, y)).astype(float)
        kept = {
            "Weights kept": points["is_kept"].map({True: "yes", False: ""}),
            f"Mean of the kept, {_Y_WORDS[y]}": write(means),
        }
    return pd.DataFrame(
        {
            "Model": points["arm"].map(names),
            "Seed": points["seed"],
            _X_WORDS[x]: points[x].round(_ENERGY_DECIMALS if x == "energy_wh" else 1),
            f"Validation {_Y_WORDS[y]}": write(points[y]),
            **kept,
            "Validation examples": points["num_examples"],
        }
    )


def mean_numbers(points: pd.DataFrame, y: str, names: Mapping[str, str]) -> pd.DataFrame:
    """List the evaluations of every arm by step, as means over its seeds.

    The last row holds the values of the weights that the runs kept: the ends of the lines.
    """
    scale, digits = (1, 3) if y == "loss" else (100, 1)
    seen = _written(scale * points[y], points["train_s"], [points["step"], points["arm"]], digits)
    ends = kept_values(points, y)
    times = points.groupby(["arm", "run_id"])["train_s"].max().loc[ends.index]
    kept = _written(scale * ends, times, ends.index.get_level_values("arm"), digits)
    table = seen.unstack("arm").rename(index="{:,}".format)
    table.loc["kept"] = kept
    by_arm = table.reindex(columns=[arm for arm in names if arm in set(points["arm"])])
    written = by_arm.rename(columns=names).fillna("").reset_index(names="Step")
    return written.rename_axis(columns=None)


def _written(values: pd.Series, seconds: pd.Series, groups: Any, digits: int) -> pd.Series:
    """Write mean, lowest and highest of each group of values, with its median seconds."""
    found = values.groupby(groups).agg(["mean", "min", "max"])
    times = seconds.groupby(groups).median()
    words = [
        f"{row.mean:.{digits}f} ({row.min:.{digits}f} to {row.max:.{digits}f}), {times[row.Index]:.1f} s"
        for row in found.itertuples()
    ]
    return pd.Series(words, index=found.index)
