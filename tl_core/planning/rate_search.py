"""Which rates are tried for each arm before anything is measured, and where the answer is kept."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from tl_core.schema import Arm, ExperimentConfig, LearningRates, RateSearchPlan
from tl_core.store.workspace import Workspace

FACTOR = 3.0
"""From one rate of a grid to the next."""


def grid_around(rates: LearningRates, reach: int = 1) -> tuple[LearningRates, ...]:
    """Return the rates and those ``reach`` factors below and above: all parts of a network move together.

    >>> [round(one.head, 6) for one in grid_around(LearningRates(encoder=0, head=0.003))]
    [0.001, 0.003, 0.009]
    """
    factors = [FACTOR**power for power in range(-reach, reach + 1)]
    return tuple(
        LearningRates(
            encoder=_digits(factor * rates.encoder),
            head=_digits(factor * rates.head),
            redrawn=None if rates.redrawn is None else _digits(factor * rates.redrawn),
        )
        for factor in factors
    )


def _digits(rate: float) -> float:
    """Keep three digits, so that a rate reads as it is."""
    return float(f"{rate:.2e}")


def plan_search(rates: Mapping[str, LearningRates], train_size: int, reach: int = 1) -> RateSearchPlan:
    """Plan the same search for each arm, around its own rates."""
    return RateSearchPlan(
        grids={arm: grid_around(own, reach) for arm, own in rates.items()}, train_size=train_size
    )


def answer_path(workspace: Workspace, experiment: ExperimentConfig, arm: Arm) -> Path | None:
    """Return where the answer for an arm lies or will lie; None for an arm that searches none.

    It goes by everything that the search depends on and not by the experiment, so that further train sizes
    of the same comparison are trained at the same rates, and no search is paid for twice.
    """
    search = experiment.rate_search
    if search is None or arm.name not in search.grids:
        return None
    parts = [
        experiment.split.hash,
        arm.kind.value,
        arm.base_model or experiment.base_model,
        experiment.headline_metric.value,
        experiment.training.model_dump_json(),
        str(search.train_size),
        *(rates.model_dump_json() for rates in search.grids[arm.name]),
    ]
    key = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return workspace.rate_answer(experiment.dataset_fingerprint, key)


def arms_to_search(workspace: Workspace, experiment: ExperimentConfig) -> frozenset[str]:
    """Name the arms whose search is still to be paid for."""
    paths = {arm.name: answer_path(workspace, experiment, arm) for arm in experiment.arms}
    return frozenset(name for name, path in paths.items() if path is not None and not path.exists())
