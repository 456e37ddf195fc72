"""How long an arm trains until it is as good as another one ever was.

Single evaluations are noisy, and the highest of many is mostly luck, so each run's curve is first made to
rise by isotonic regression (pooling adjacent violators: Barlow et al. 1972, Statistical Inference under Order
Restrictions): a level counts as reached once the evaluations from there on lie above it on average.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from tl_core.results.curves import is_energy_known
from tl_core.schema import Arm, Metric

# Means that are equal on paper differ by rounding.
_EQUAL = 1e-9
_COLUMNS = ["arm", "seed", "target", "is_reached", "train_s", "step", "energy_wh", "num_examples"]


@dataclass(frozen=True, kw_only=True)
class Factor:
    """A ratio of times: its geometric mean over seeds and the ends of the 95% t interval of its logarithm."""

    mean: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether the interval excludes 1."""
        return not self.low <= 1 <= self.high


@dataclass(frozen=True, kw_only=True)
class TimeToAccuracy:
    """Training seconds until arm ``a`` reaches the best validation value of arm ``b``, and until ``b`` does.

    Attributes
    ----------
    seeds
        Indices of the seeds that both arms have.
    seconds_a
        By seed: training time at which the smoothed curve of ``a`` is first as good as that of ``b`` at its
        best; None if it never is.
    seconds_b
        By seed: training time at which the smoothed curve of ``b`` is first at its best.
    energies_a, energies_b
        The same in watt-hours; empty if they are not known of every seed.
    num_examples
        Validation examples that an evaluation was made on.
    """

    a: str
    b: str
    metric: Metric
    seeds: tuple[int, ...]
    seconds_a: tuple[float | None, ...]
    seconds_b: tuple[float, ...]
    energies_a: tuple[float | None, ...] = ()
    energies_b: tuple[float, ...] = ()
    num_examples: int

    @property
    def num_reached(self) -> int:
        """Seeds in which ``a`` got there."""
        return sum(seconds is not None for seconds in self.seconds_a)

    @property
    def median_a(self) -> float | None:
        """Median over seeds; None if it falls among those that never got there."""
        return _median_reached(self.seconds_a)

    @property
    def median_b(self) -> float:
        """Median over seeds."""
        return median(self.seconds_b)

    @property
    def factor(self) -> Factor | None:
        """How many times as long ``b`` took; None with one seed, or where a seed took no time or forever."""
        reached = [seconds for seconds in self.seconds_a if seconds]
        if len(reached) < max(2, len(self.seeds)) or not all(self.seconds_b):
            return None
        logs = np.log(np.array(self.seconds_b) / np.array(reached))
        error = float(logs.std(ddof=1)) / math.sqrt(len(logs))
        if error < _EQUAL:  # no interval here has a width of zero
            return None
        half = float(special.stdtrit(len(logs) - 1, 0.975)) * error
        mean = float(logs.mean())
        return Factor(mean=math.exp(mean), low=math.exp(mean - half), high=math.exp(mean + half))

    @property
    def median_energies(self) -> tuple[float, float] | None:
        """Medians over seeds of ``a`` and ``b``, in Wh; None if unknown or ``a`` mostly never got there."""
        middle = _median_reached(self.energies_a) if self.energies_a else None
        return None if middle is None else (middle, median(self.energies_b))


def find_time_to_accuracy(curves: pd.DataFrame, a: str, b: str, metric: Metric) -> TimeToAccuracy | None:
    """Compare two arms' curves seed by seed; None if they share no seed.

    Parameters
    ----------
    curves
        What `curves.curve_points` returns, of one train size.
    a, b
        Names of the arms. The only run of an arm without a network counts for every seed.
    """
    rows = time_rows(curves, (a, b), b, metric)
    of_a = rows.loc[rows["arm"] == a]
    if of_a.empty:
        return None
    of_b = rows.loc[(rows["arm"] == b) & rows["seed"].isin(of_a["seed"])]
    is_known = is_energy_known(of_a) and is_energy_known(of_b)
    return TimeToAccuracy(
        a=a,
        b=b,
        metric=metric,
        seeds=tuple(int(seed) for seed in of_a["seed"]),
        seconds_a=_where_reached(of_a, "train_s"),
        seconds_b=tuple(float(seconds) for seconds in of_b["train_s"]),
        energies_a=_where_reached(of_a, "energy_wh") if is_known else (),
        energies_b=tuple(float(energy) for energy in of_b["energy_wh"]) if is_known else (),
        num_examples=int(of_b["num_examples"].iloc[0]),
    )


def time_rows(curves: pd.DataFrame, arms: Sequence[str], reference: str, metric: Metric) -> pd.DataFrame:
    """Find for each arm and seed where its smoothed curve is first as good as the reference's best there.

    Parameters
    ----------
    curves
        What `curves.curve_points` returns, of one train size.
    arms
        Names of the arms; one that shares no seed with the reference has no row. The only run of an arm
        without a network counts for every seed.
    reference
        Name of the arm whose best value is to be reached. It reaches its own.

    Returns
    -------
    Columns ``arm, seed, target, is_reached, train_s, step, energy_wh, num_examples``, sorted by arm in the
    order given and seed: ``target`` is a fraction; ``train_s``, ``step`` and ``energy_wh`` (missing if not
    measured) are where the seed got there, or ended.
    """
    seeds = sorted({int(seed) for seed in curves.loc[curves["arm"].isin([*arms, reference]), "seed"]})
    others = _repeated(_by_seed(curves, reference), reference, seeds)
    rows = []
    for arm in arms:
        own = _repeated(_by_seed(curves, arm), arm, seeds)
        for seed in sorted(own.keys() & others.keys()):
            run, target = own[seed], float(rising(others[seed][metric.value]).max())
            there = run.loc[rising(run[metric.value]) >= target - _EQUAL]
            end = (there.iloc[0] if len(there) else run.iloc[-1]).to_dict()
            spent = float(end["train_s"]), int(end["step"]), float(end["energy_wh"])
            rows.append((arm, seed, target, bool(len(there)), *spent, int(end["num_examples"])))
    return pd.DataFrame(rows, columns=_COLUMNS)


def rising(values: Iterable[float]) -> NDArray[np.float64]:
    """Make a curve rise by pooling adjacent violators."""
    from scipy.optimize import isotonic_regression  # a third of a second to import, and few pages need it

    return np.asarray(isotonic_regression(np.fromiter(values, dtype=float)).x)


def pace_of(found: TimeToAccuracy) -> str:
    """Say how much sooner the first arm got there, if it did: by the mean over seeds, else the medians."""
    factor = found.factor
    if factor is not None:
        return pace_words(1.0, factor.mean)
    return "" if found.median_a is None else pace_words(found.median_a, found.median_b)


def factor_words(factor: Factor) -> str:
    """Write the mean ratio over seeds and its interval, from the side of the arm ahead.

    >>> factor_words(Factor(mean=2.0, low=1.4, high=2.9))
    'mean 2.0×, 95% interval 1.4× to 2.9×'
    """
    mean, low, high = factor.mean, factor.low, factor.high
    if mean < 1:
        mean, low, high = 1 / mean, 1 / high, 1 / low
    return f"mean {mean:.1f}×, 95% interval {low:.1f}× to {high:.1f}×"


def _median_reached(spent: Sequence[float | None]) -> float | None:
    """Median in which whoever never got there counts as more than any; None if it falls among those."""
    middle = median(float("inf") if one is None else one for one in spent)
    return None if middle == float("inf") else middle


def _where_reached(rows: pd.DataFrame, column: str) -> tuple[float | None, ...]:
    reached = zip(rows[column], rows["is_reached"], strict=True)
    return tuple(float(spent) if is_reached else None for spent, is_reached in reached)


def pace_words(seconds: float, other: float) -> str:
    """Say how much sooner ``seconds`` is than ``other``; no factor where one of them is zero.

    >>> pace_words(6.5, 25), pace_words(20, 10), pace_words(0, 30), pace_words(3, 3)
    ('3.8× faster', '2.0× slower', 'faster', 'no faster')
    """
    if seconds == other:
        return "no faster"
    shorter, longer = sorted((seconds, other))
    times = f"{longer / shorter:.1f}× " if shorter else ""
    return f"{times}{'faster' if seconds < other else 'slower'}"


def seconds_words(seconds: float) -> str:
    """Write a time that a training took."""
    if 0 < seconds < 0.05:
        return "less than 0.1 s"
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:,.0f} s"


def _by_seed(curves: pd.DataFrame, arm: str) -> dict[int, pd.DataFrame]:
    rows = curves.loc[curves["arm"] == arm].sort_values("train_s", kind="stable")
    return {int(seed): run for seed, run in rows.groupby("seed")}


def _repeated(own: dict[int, pd.DataFrame], arm: str, seeds: Sequence[int]) -> dict[int, pd.DataFrame]:
    if len(own) != 1 or Arm.parse(arm).kind.is_neural:
        return own
    (only,) = own.values()
    return dict.fromkeys(seeds, only)
