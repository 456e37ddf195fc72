"""How long an arm trains until it is as good as another one ever was."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

import pandas as pd

from tl_core.schema import Arm, Metric


@dataclass(frozen=True, kw_only=True)
class Reaching:
    """Training seconds until arm ``a`` reaches the best validation value of arm ``b``, and until ``b`` does.

    Attributes
    ----------
    seeds
        Indices of the seeds that both arms have.
    seconds_a
        By seed: training time of the first evaluation of ``a`` that is at least as good as the best of
        ``b``; None if there is none.
    seconds_b
        By seed: training time of the evaluation at which ``b`` was best.
    num_examples
        Validation examples that an evaluation was made on.
    """

    a: str
    b: str
    metric: Metric
    seeds: tuple[int, ...]
    seconds_a: tuple[float | None, ...]
    seconds_b: tuple[float, ...]
    num_examples: int

    @property
    def num_reached(self) -> int:
        """Seeds in which ``a`` got there."""
        return sum(seconds is not None for seconds in self.seconds_a)

    @property
    def median_a(self) -> float | None:
        """Median over seeds; None if it falls among those that never got there."""
        middle = median(float("inf") if seconds is None else seconds for seconds in self.seconds_a)
        return None if middle == float("inf") else middle

    @property
    def median_b(self) -> float:
        """Median over seeds."""
        return median(self.seconds_b)


def find_reaching(curves: pd.DataFrame, a: str, b: str, metric: Metric) -> Reaching | None:
    """Compare two arms' curves seed by seed; None if they share no seed.

    Parameters
    ----------
    curves
        What `comparison.curve_points` returns, of one train size.
    a, b
        Names of the arms. The only run of an arm without a network counts for every seed.
    """
    of_a, of_b = _by_seed(curves, a), _by_seed(curves, b)
    of_a, of_b = _repeated(of_a, a, of_b), _repeated(of_b, b, of_a)
    seeds = tuple(sorted(of_a.keys() & of_b.keys()))
    if not seeds:
        return None
    best = {seed: float(of_b[seed][metric.value].max()) for seed in seeds}
    return Reaching(
        a=a,
        b=b,
        metric=metric,
        seeds=seeds,
        seconds_a=tuple(_first_at(of_a[seed], metric, best[seed]) for seed in seeds),
        seconds_b=tuple(_first_at(of_b[seed], metric, best[seed]) or 0.0 for seed in seeds),
        num_examples=int(of_b[seeds[0]]["num_examples"].iloc[-1]),
    )


def reaching_sentence(reaching: Reaching, labels: Mapping[str, str]) -> str:
    """Write a finding as a sentence; ``labels`` are display names by arm name."""
    a, b = labels[reaching.a], labels[reaching.b]
    seeds = len(reaching.seeds)
    seen = f"{reaching.num_examples:,} validation examples"
    medians = f"medians over {seeds} seeds, {seen}" if seeds > 1 else f"one seed, {seen}"
    if reaching.median_a is None:
        got = f"{reaching.num_reached} of {seeds} seeds" if reaching.num_reached else "never"
        return f"{a} got as good on validation as {b} at its best: {got} ({seen})."
    return (
        f"{a} was as good on validation as {b} at its best after {_seconds(reaching.median_a)} of training; "
        f"{b} itself took {_seconds(reaching.median_b)} ({medians})."
    )


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:,.0f} s"


def _by_seed(curves: pd.DataFrame, arm: str) -> dict[int, pd.DataFrame]:
    rows = curves.loc[curves["arm"] == arm].sort_values("train_s", kind="stable")
    return {int(seed): run for seed, run in rows.groupby("seed")}


def _repeated(
    own: dict[int, pd.DataFrame], arm: str, other: dict[int, pd.DataFrame]
) -> dict[int, pd.DataFrame]:
    if len(own) != 1 or Arm.parse(arm).kind.is_neural:
        return own
    (only,) = own.values()
    return dict.fromkeys(other, only)


def _first_at(run: pd.DataFrame, metric: Metric, value: float) -> float | None:
    there = run.loc[run[metric.value] >= value, "train_s"]
    return float(there.iloc[0]) if len(there) else None
