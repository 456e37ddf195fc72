"""What a comparison lacks, as further experiments under its own rules."""

from collections.abc import Iterable
from datetime import UTC, datetime

from tl_core.catalogue.locating import describe
from tl_core.planning.presets import default_rates, grid_around
from tl_core.schema import Arm, ExperimentConfig, RateSearchPlan
from tl_core.store.identifiers import new_id


def plan_missing(
    experiment: ExperimentConfig, cells: Iterable[tuple[Arm, int]]
) -> tuple[ExperimentConfig, ...]:
    """Plan exactly these arms at these train sizes, on the split, seeds and settings of an experiment.

    Arms that lack the same sizes come as one experiment. An arm keeps its learning rates where it has some;
    where those are searched, the search is the same one, so that its answer serves again: its own grids, and
    the usual ones of arms that are new to it. Partial arms that are new are searched in any case: nobody has
    recorded rates for them.
    """
    lacking: dict[Arm, list[int]] = {}
    for arm, size in cells:
        lacking.setdefault(arm, []).append(size)
    by_sizes: dict[tuple[int, ...], list[Arm]] = {}
    for arm, lacks in lacking.items():
        by_sizes.setdefault(tuple(sorted(lacks)), []).append(arm)

    plans = []
    for sizes, arms in by_sizes.items():
        usual = {
            arm.name: default_rates(arm.kind, describe(arm.base_model or experiment.base_model))
            for arm in arms
            if arm.kind.is_whole
        }
        kept = {name: rates for name, rates in experiment.learning_rates.items() if name in usual}
        search = experiment.rate_search
        own_grids = search.grids if search else {}
        set_by_hand = experiment.learning_rates.keys() - own_grids.keys()
        grids = {
            name: own_grids.get(name) or grid_around(rates)
            for name, rates in usual.items()
            if name not in set_by_hand and (search is not None or Arm.parse(name).kind.is_partial)
        }
        train_size = search.train_size if search else max(sizes)
        search = RateSearchPlan(grids=grids, train_size=train_size) if grids else None
        changes = {
            "experiment_id": new_id("exp"),
            "created_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "arms": tuple(arms),
            "train_sizes": sizes,
            "learning_rates": usual | kept,
            "rate_search": search,
            "series": None,
        }
        plans.append(ExperimentConfig.model_validate(dict(experiment) | changes))
    return tuple(plans)
