"""What plans promised and what they took: the next estimate learns from it."""

from collections.abc import Sequence
from statistics import median

from tl_core.planning.estimate import Estimate
from tl_core.planning.queue_time import Ahead
from tl_core.schema import Promise, Took
from tl_core.store.rows import PromiseRow

NEWEST = 5
ENOUGH = 3
"""Promises before anything is learned from them: the median of fewer does not outvote a disturbed one."""
BOUNDS = (0.5, 2.0)
"""What was learned stays within: beyond it a measured speed is wrong, which time itself will mend."""


def make_promise(cost: Estimate, ahead: Ahead, device: str) -> Promise | None:
    """Put together what is said of an experiment at its start; None where the queue's time is unknown."""
    if ahead.span is None:
        return None
    return Promise(
        device=device,
        work=cost.work,
        is_measured=cost.is_measured,
        start=ahead.span,
        first_verdict=ahead.span + cost.first_verdict,
        total=ahead.span + cost.total,
        num_first=cost.num_first,
        num_runs=len(cost.runs),
    )


def learned_factor(promises: Sequence[PromiseRow], device: str) -> float:
    """Return how many times as long runs took as was estimated.

    It is the median of the newest five on one device whose runs have all finished, and 1 before there are
    three. Waiting is left out, and so is what a guess or a check was wrong by: the runs have measured that
    since, and it would count twice. An experiment that took as long as some time within the promised range
    took what was estimated.

    Parameters
    ----------
    promises
        The newest first.
    """
    kept = [
        took.work_s / min(max(took.work_s, promise.work.low_s), promise.work.high_s)
        for promise, took in _kept(promises)
        if promise.device == device and promise.is_measured
    ][:NEWEST]
    if len(kept) < ENOUGH:
        return 1.0
    least, most = BOUNDS
    return min(max(median(kept), least), most)


def last_kept(promises: Sequence[PromiseRow]) -> tuple[Promise, Took] | None:
    """Return the newest promise whose runs have all finished, with what it took."""
    return next(iter(_kept(promises)), None)


def _kept(promises: Sequence[PromiseRow]) -> list[tuple[Promise, Took]]:
    return [(one.promise, one.took) for one in promises if one.took is not None and one.took.is_whole]
