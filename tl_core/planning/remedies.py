"""What a status calls for, as a further experiment for all arms: a longer budget for one is no budget."""

from datetime import UTC, datetime

from tl_core.planning.presets import plan_search
from tl_core.schema import BudgetRule, ExperimentConfig, TrainingConfig
from tl_core.store.identifiers import new_id

FACTOR = 2


def plan_longer(experiment: ExperimentConfig) -> ExperimentConfig:
    """Plan the same experiment with twice the steps for every arm with a network."""
    return _again(experiment, "twice the steps", training=_longer(experiment.training))


def _longer(training: TrainingConfig) -> TrainingConfig:
    """Double the steps of equal steps at every train size, or those at which the plateau's search ends."""
    if training.budget is BudgetRule.PLATEAU:
        return training.model_copy(update={"cap_factor": FACTOR * training.cap_factor})
    return training.model_copy(
        update={"epochs": FACTOR * training.epochs, "min_steps": FACTOR * training.min_steps}
    )


def plan_search_of_rates(experiment: ExperimentConfig) -> ExperimentConfig:
    """Plan the same experiment with rates chosen on validation for every arm; wider if they were already."""
    search = experiment.rate_search
    reach = 1 if search is None else max(len(grid) // 2 for grid in search.grids.values()) + 1
    wider = plan_search(experiment.learning_rates, max(experiment.train_sizes), reach)
    return _again(experiment, "rates searched", rate_search=wider)


def plan_longer_search(experiment: ExperimentConfig) -> ExperimentConfig:
    """Plan both at once: rates chosen on validation, and twice the steps to use them."""
    longer = experiment.model_copy(update={"training": _longer(experiment.training)})
    return plan_search_of_rates(longer).model_copy(
        update={"name": f"{experiment.name}, rates searched, twice the steps"}
    )


def _again(experiment: ExperimentConfig, name: str, **changes: object) -> ExperimentConfig:
    fields = {
        "experiment_id": new_id("exp"),
        "created_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "name": experiment.name if name in experiment.name else f"{experiment.name}, {name}",
        "series": None,
    }
    return ExperimentConfig.model_validate(dict(experiment) | fields | changes)
