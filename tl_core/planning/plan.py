"""From what a person asks for to a frozen experiment and its runs."""

from collections.abc import Sequence
from datetime import UTC, datetime

from tl_core.data.identity import derive_seeds
from tl_core.errors import PlanError
from tl_core.planning.presets import DEFAULT_RATES, PRESETS
from tl_core.schema import (
    Arm,
    ArmKind,
    BudgetRule,
    DatasetInfo,
    ExperimentConfig,
    LearningRates,
    Metric,
    Preset,
    RunConfig,
    SplitInfo,
    Task,
    TrainingConfig,
)

IMBALANCE = 0.6
"""Share of the largest class above which macro-F1 is the default headline metric."""

DEFAULT_ARMS = (ArmKind.MAJORITY, ArmKind.TFIDF, ArmKind.SCRATCH, ArmKind.FINE_TUNED)


def default_metric(label_counts: dict[str, int]) -> Metric:
    """Choose accuracy, or macro-F1 when the largest class exceeds 60 %."""
    largest = max(label_counts.values()) / sum(label_counts.values())
    return Metric.MACRO_F1 if largest > IMBALANCE else Metric.ACCURACY


def parse_arms(names: Sequence[str]) -> tuple[Arm, ...]:
    """Read arm names such as ``fine_tuned:distilbert-base-uncased``.

    Raises
    ------
    PlanError
        For an unknown arm or one listed twice.
    """
    known = ", ".join(kind.value for kind in ArmKind)
    arms = []
    for name in names:
        try:
            arms.append(Arm.parse(name))
        except ValueError as error:
            raise PlanError(f"Expected arms out of {known}; got {name!r}.") from error
    if len(set(arms)) != len(arms):
        raise PlanError("Expected each arm once; one is listed twice.", "Leave the second one out.")
    return tuple(arms)


def plan_experiment(
    *,
    experiment_id: str,
    name: str,
    dataset: DatasetInfo,
    split: SplitInfo,
    task: Task,
    base_model: str,
    arms: Sequence[Arm],
    preset: Preset = Preset.QUICK,
    num_seeds: int | None = None,
    train_sizes: Sequence[int] | None = None,
    budget: BudgetRule = BudgetRule.EQUAL_STEPS,
    epochs: float | None = None,
    max_length: int = 128,
    batch_size: int = 16,
    headline_metric: Metric | None = None,
    learning_rates: dict[str, LearningRates] | None = None,
) -> ExperimentConfig:
    """Freeze an experiment: what was not asked for comes from the preset.

    Raises
    ------
    PlanError
        If a train size is too small for the classes or larger than the train split, or there is no arm.
    """
    if not arms:
        raise PlanError("Expected at least one arm; got none.", "Choose fine_tuned and scratch to begin with.")
    choice = PRESETS[preset]
    sizes = tuple(sorted(set(train_sizes or [min(split.train, choice.max_train_size or split.train)])))
    _require_sizes(sizes, split.train, len(dataset.columns.labels))
    asked = learning_rates or {}
    rates = {
        arm.name: asked.get(arm.name, DEFAULT_RATES[arm.kind]) for arm in arms if arm.kind.is_neural
    }
    return ExperimentConfig(
        experiment_id=experiment_id,
        name=name,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        task=task,
        dataset_name=dataset.name,
        dataset_fingerprint=dataset.fingerprint,
        split=split,
        labels=dataset.columns.labels,
        base_model=base_model,
        arms=tuple(arms),
        num_seeds=num_seeds or choice.num_seeds,
        train_sizes=sizes,
        preset=preset,
        headline_metric=headline_metric or default_metric(dataset.label_counts),
        training=TrainingConfig(
            epochs=epochs or choice.epochs, max_length=max_length, batch_size=batch_size, budget=budget
        ),
        learning_rates=rates,
    )


def _require_sizes(sizes: Sequence[int], train: int, num_labels: int) -> None:
    if sizes[0] < num_labels:
        raise PlanError(
            f"Expected at least {num_labels} train examples, one per class; got {sizes[0]}.",
            "Ask for a larger train size.",
        )
    if sizes[-1] > train:
        raise PlanError(
            f"Expected at most {train} train examples, the size of the train split; got {sizes[-1]}.",
            "Ask for a smaller train size or give more data.",
        )


def expand(experiment: ExperimentConfig, run_ids: Sequence[str]) -> tuple[RunConfig, ...]:
    """List the experiment's runs in their order of work: seed by seed, and within a seed arm by arm.

    So the first comparison, with one seed, is there early. ``run_ids`` names them, `num_runs` of them.
    """
    return tuple(
        RunConfig(
            run_id=run_id,
            experiment_id=experiment.experiment_id,
            position=position,
            arm=arm,
            base_model=(arm.base_model or experiment.base_model) if arm.kind.is_neural else None,
            seed=seed,
            seeds=derive_seeds(seed),
            train_size=size,
            task=experiment.task,
            dataset_fingerprint=experiment.dataset_fingerprint,
            split_hash=experiment.split.hash,
            labels=experiment.labels,
            headline_metric=experiment.headline_metric,
            training=experiment.training,
            learning_rates=experiment.learning_rates.get(arm.name),
        )
        for position, (run_id, (seed, size, arm)) in enumerate(zip(run_ids, _places(experiment), strict=True))
    )


def num_runs(experiment: ExperimentConfig) -> int:
    """Count the experiment's runs."""
    return len(_places(experiment))


def _places(experiment: ExperimentConfig) -> list[tuple[int, int, Arm]]:
    """List (seed, train size, arm) in the order of work.

    An arm without a network depends on its train examples alone: on all of them it runs once, for every seed.
    """
    order = sorted(experiment.arms, key=lambda arm: (list(ArmKind).index(arm.kind), arm.name))
    return [
        (seed, size, arm)
        for seed in range(experiment.num_seeds)
        for size in experiment.train_sizes
        for arm in order
        if arm.kind.is_neural or seed == 0 or size < experiment.split.train
    ]
