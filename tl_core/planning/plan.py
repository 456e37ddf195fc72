"""From what a person asks for to a frozen experiment, its runs, and their place in the queue."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from tl_core.arms import Start
from tl_core.catalogue.base_models import BUILTIN, CATALOGUE, Pooling, builtin_of
from tl_core.catalogue.layers import num_layers, shares_layers
from tl_core.catalogue.locating import describe
from tl_core.datasets.identity import derive_seeds
from tl_core.datasets.screening import IMBALANCE_SHARE
from tl_core.errors import PlanError
from tl_core.evaluation.wording import METRIC_WORDS, spoken_name
from tl_core.intake.bundled import Sample
from tl_core.intake.intake import Intake
from tl_core.jobs import client
from tl_core.modality import IMAGE, content_of
from tl_core.planning.presets import DEFAULT_BUDGET, PRESETS, default_rates, plan_search
from tl_core.planning.repeated_splits import name_of_split, repeat, require_repeatable
from tl_core.schema import (
    DEFAULT_MARGIN,
    Arm,
    ArmKind,
    DatasetInfo,
    ExperimentConfig,
    LearningRates,
    Metric,
    Preset,
    Promise,
    RunConfig,
    Series,
    SplitInfo,
    Task,
    TrainingConfig,
    metrics_for,
)
from tl_core.store.identifiers import new_id
from tl_core.store.workspace import Workspace
from tl_core.words import capitalised, plural, quoted


def default_arms(modality: str | None = None) -> tuple[Arm, ...]:
    """Return the arms that are compared if nobody says otherwise."""
    return tuple(Arm(kind=one) for one in ArmKind if one.spec.is_default and one.can_read(modality))


DEFAULT_ARMS = default_arms()


def default_metric(label_counts: dict[str, int]) -> Metric:
    """Choose accuracy, or macro-F1 when the largest class exceeds 60%."""
    largest = max(label_counts.values()) / sum(label_counts.values())
    return Metric.MACRO_F1 if largest > IMBALANCE_SHARE else Metric.ACCURACY


def parse_arms(names: Sequence[str]) -> tuple[Arm, ...]:
    """Read arm names such as ``fine_tuned:distilbert-base-uncased``.

    Raises
    ------
    PlanError
        For an unknown arm or one listed twice.
    """
    known = ", ".join(f"{kind.value}_N" if kind.has_layers else kind.value for kind in ArmKind)
    arms = []
    for name in names:
        try:
            arms.append(Arm.parse(name))
        except ValueError as error:
            raise PlanError(f"There is no model {quoted(name)}.", f"Choose among {known}.") from error
    _require_distinct(arms)
    return tuple(arms)


def _require_distinct(arms: Sequence[Arm]) -> None:
    twice = next((arm for arm in arms if arms.count(arm) > 1), None)
    if twice:
        raise PlanError(f"{_spoken(twice)} is listed twice.", "Leave the second one out.")


def plan_training(preset: Preset, **asked: Any) -> TrainingConfig:
    """Take what was asked of the fields of `TrainingConfig`, not None, and the rest from the preset.

    Raises
    ------
    PlanError
        If a number is out of its range.
    """
    given = {name: value for name, value in asked.items() if value is not None}
    try:
        return TrainingConfig(**{"epochs": PRESETS[preset].epochs, "budget": DEFAULT_BUDGET, **given})
    except ValidationError as error:
        raise _out_of_range(error) from error


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
    training: TrainingConfig | None = None,
    headline_metric: Metric | None = None,
    margin: float | None = None,
    learning_rates: dict[str, LearningRates] | None = None,
    should_search_rates: bool | None = None,
    num_splits: int = 1,
) -> ExperimentConfig:
    """Freeze an experiment: what was not asked for comes from the preset.

    ``margin`` is the largest difference of the headline metric that does not matter, above 0 and below 1.
    Rates are searched around the recorded ones; an arm that is given others keeps those. Those of a partial
    arm, which nobody has recorded, are searched by every preset, unless no search at all is asked for. An arm
    that names the experiment's own base model is the same as one that names none. With more than one split it
    is the first of a series, which `launch` completes.

    Raises
    ------
    PlanError
        If there is no arm, one is listed twice or names a base model that it has no use for, if a train size
        is too small for the classes or larger than the train split, if the metric does not fit the labels, if
        a contrastive arm's base model has a head of its own or the examples have weights, if an arm reads
        what only texts have, if the split is to be repeated and cannot be, or if a number is out of its
        range.
    """
    if num_splits > 1:
        require_repeatable(dataset, split)
    plain = _plain_arms(arms, base_model, dataset)
    training = training or plan_training(preset)
    _require_balance(plain, training)
    choice = PRESETS[preset]
    metric = headline_metric or default_metric(dataset.label_counts)
    _require_metric(metric, dataset.columns.labels)
    sizes = tuple(sorted(set(train_sizes or [min(split.train, choice.max_train_size or split.train)])))
    _require_sizes(sizes, split.train, len(dataset.columns.labels))
    asked = _plain_rates(learning_rates or {}, plain, base_model)
    usual = {
        arm.name: default_rates(arm.kind, describe(arm.base_model or base_model))
        for arm in plain
        if arm.kind.is_whole
    }
    searches = choice.searches_rates if should_search_rates is None else should_search_rates
    searched = {
        name: own
        for name, own in usual.items()
        if asked.get(name, own) == own
        and (searches or (should_search_rates is None and Arm.parse(name).kind.is_partial))
    }
    try:
        return ExperimentConfig(
            experiment_id=experiment_id,
            name=name if num_splits == 1 else name_of_split(name, 1, num_splits),
            created_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            task=task,
            dataset_name=dataset.name,
            dataset_fingerprint=dataset.fingerprint,
            split=split,
            labels=dataset.columns.labels,
            base_model=base_model,
            arms=plain,
            num_seeds=choice.num_seeds if num_seeds is None else num_seeds,
            train_sizes=sizes,
            preset=preset,
            headline_metric=metric,
            margin=DEFAULT_MARGIN if margin is None else margin,
            training=training,
            learning_rates=usual | asked,
            rate_search=plan_search(searched, sizes[-1]) if searched else None,
            series=None if num_splits == 1 else Series(num_splits=num_splits),
        )
    except ValidationError as error:
        raise _out_of_range(error) from error


def _plain_arms(arms: Sequence[Arm], base_model: str, dataset: DatasetInfo) -> tuple[Arm, ...]:
    """Leave out the base model where it is the experiment's own, and refuse what makes no sense."""
    if not arms:
        usual = [kind.spec.label for kind in (ArmKind.FINE_TUNED, ArmKind.SCRATCH)]
        raise PlanError("No model is chosen.", f"Choose {' and '.join(usual)} to begin with.")
    for arm in arms:
        if arm.base_model is not None and not arm.kind.is_neural:
            kind = arm.kind.spec.label
            raise PlanError(f"{kind} uses no base model, but one is named.", "Leave the base model out.")
    plain = tuple(_plain(arm, base_model) for arm in arms)
    _require_distinct(plain)
    for arm in plain:
        _require_layers(arm, arm.base_model or base_model)

    # A contrastive arm's head is one layer on pooled features, and nothing says what a pair of examples with
    # weights counts.
    for arm in plain:
        base = describe(arm.base_model or base_model)
        if arm.kind.is_on_pairs and base.pooling is Pooling.OWN:
            raise PlanError(
                f"{_spoken(arm)} needs a sentence encoder on disk, and {base.title} is not known as one.",
                f"Choose the base model {describe(BUILTIN).title}, download a sentence encoder, or leave "
                f"{_spoken(arm)} out.",
            )
    column = dataset.columns.weight_column
    if column is not None and any(arm.kind.is_on_pairs for arm in plain):
        contrastive = ArmKind.CONTRASTIVE.spec.label
        raise PlanError(
            f"{contrastive} cannot use weights, and the examples have some in {quoted(column)}.",
            f"Leave {contrastive} out, or choose no weight column.",
        )
    modality = dataset.columns.modality
    for arm in plain:
        if not arm.kind.can_read(modality):
            raise PlanError(
                f"{_spoken(arm)} cannot learn from {content_of(modality).noun.many}.",
                f"Leave {_spoken(arm)} out.",
            )
        known = CATALOGUE.get(arm.base_model or base_model) if arm.kind.is_neural else None
        if known is not None and modality in (None, IMAGE) and known.modality != modality:
            wanted = content_of(modality).noun.many
            raise PlanError(
                f"{known.title} reads {content_of(known.modality).noun.many}, and these are {wanted}.",
                f"Choose a base model for {wanted}, such as {describe(builtin_of(modality)).title}.",
            )
    return plain


def _spoken(arm: Arm) -> str:
    return spoken_name(arm, describe(arm.base_model).title if arm.base_model else "")


def _plain(arm: Arm, base_model: str) -> Arm:
    return arm.model_copy(update={"base_model": None}) if arm.base_model == base_model else arm


def _require_layers(arm: Arm, base_model: str) -> None:
    """Refuse a partial arm of a network whose layers cannot be drawn anew as it asks, where that is known."""
    if not arm.kind.is_partial or arm.kind.spec.start is Start.SHUFFLED:
        return
    if shares_layers(base_model):
        raise PlanError(
            f"All layers of {describe(base_model).title} share one set of weights, so {_spoken(arm)} cannot"
            " be made of it.",
            f"Leave {_spoken(arm)} out, or choose another base model.",
        )
    most = num_layers(base_model)
    if most is not None and (arm.num_layers or 0) > most:
        raise PlanError(
            f"{describe(base_model).title} has only {most} layers, too few for {_spoken(arm)}.",
            "Choose fewer layers.",
        )


def _require_metric(metric: Metric, labels: Sequence[str]) -> None:
    """Refuse a main metric that does not fit the labels."""
    if metric in metrics_for(labels):
        return
    needs = "three or more labels that are numbers, or were cut from some"
    if metric is Metric.AUROC:
        needs = f"two labels, and there are {len(labels)}"
    others = ", ".join(one.value for one in metrics_for(labels))
    raise PlanError(
        f"{capitalised(METRIC_WORDS[metric])} needs {needs}.", f"Choose another main metric: {others}."
    )


def _require_balance(arms: Sequence[Arm], training: TrainingConfig) -> None:
    """Refuse arms whose classes cannot be balanced where they are to be."""
    for arm in arms:
        label = arm.kind.spec.label
        if arm.kind.is_floor and arm.is_balanced:
            raise PlanError(f"{label} learns nothing, so classes cannot be balanced for it.", "Leave it out.")
        if arm.kind.is_on_pairs and (arm.is_balanced or training.balances_classes):
            raise PlanError(
                f"{label} learns from pairs of texts, so classes cannot be balanced for it.",
                f"Leave {label} out, or count classes as they occur.",
            )


def _plain_rates(
    rates: dict[str, LearningRates], arms: Sequence[Arm], base_model: str
) -> dict[str, LearningRates]:
    """Key the rates that were asked for by the names of the plain arms."""
    plain = {_plain(Arm.parse(name), base_model).name: rate for name, rate in rates.items()}
    unknown = sorted(plain.keys() - {arm.name for arm in arms if arm.kind.is_whole})
    if unknown:
        raise PlanError(
            f"{_spoken(Arm.parse(unknown[0]))} has a learning rate, but is not one of the networks to train.",
            "Add the model, or leave the learning rate out.",
        )
    return plain


def _out_of_range(error: ValidationError) -> PlanError:
    first = error.errors()[0]
    name = ".".join(map(str, first["loc"]))
    return PlanError(
        f"{name} cannot be {quoted(str(first['input']))}: {first['msg']}.", "Choose another value."
    )


def _require_sizes(sizes: Sequence[int], train: int, num_labels: int) -> None:
    if sizes[0] < num_labels:
        raise PlanError(
            f"{plural(sizes[0], 'training example is', 'training examples are')} too few for {num_labels}"
            " labels.",
            f"Train on at least {num_labels}, one per label.",
        )
    if sizes[-1] > train:
        raise PlanError(
            f"{sizes[-1]:,} training examples are more than the {train:,} in the training part.",
            "Choose fewer, or add data.",
        )


def expand(experiment: ExperimentConfig, run_ids: Sequence[str]) -> tuple[RunConfig, ...]:
    """List the experiment's runs in their order of work: seed by seed, and within a seed arm by arm.

    So the first comparison, with one seed, is there early; what the headline is about comes right after the
    floor, which takes no time. ``run_ids`` names them, `num_runs` of them.
    """
    return tuple(
        RunConfig(
            run_id=run_id,
            experiment_id=experiment.experiment_id,
            position=position,
            arm=arm,
            base_model=(arm.base_model or experiment.base_model) if arm.kind.is_neural else None,
            seed=seed,
            seeds=derive_seeds(seed, experiment.split.seed),
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
    kinds = list(ArmKind)

    def rank(arm: Arm) -> tuple[bool, bool, int, int, str]:
        is_headline = arm.kind.is_scratch or arm.kind.is_fine_tuned
        kind = kinds.index(arm.kind)
        return not arm.kind.is_floor, not is_headline, kind, arm.num_layers or 0, arm.name

    order = sorted(experiment.arms, key=rank)
    return [
        (seed, size, arm)
        for seed in range(experiment.num_seeds)
        for size in experiment.train_sizes
        for arm in order
        if arm.kind.is_neural or seed == 0 or size < experiment.split.train
    ]


def launch(workspace: Workspace, experiment: ExperimentConfig, promise: Promise | None = None) -> None:
    """Queue an experiment's runs, and make sure that somebody carries them out.

    The first of a series takes the others with it: their runs come after. ``promise`` is what a person was
    told of the time; it is kept for the first split.

    Raises
    ------
    PlanError, SplitError, NotFoundError
        As `repeat` does; nothing is queued then.
    """
    others = repeat(workspace, experiment)
    queue_runs(workspace, experiment, promise)
    for one in others:
        queue_runs(workspace, one)
    client.ensure_supervisor(workspace.settings)


def queue_runs(workspace: Workspace, experiment: ExperimentConfig, promise: Promise | None = None) -> None:
    """Queue an experiment's runs, in their order of work; they wait for a supervisor."""
    run_ids = [new_id("run") for _ in range(num_runs(experiment))]
    workspace.database.add_experiment(experiment, expand(experiment, run_ids), promise)


def plan_sample(
    sample: Sample,
    intake: Intake,
    *,
    arms: Sequence[Arm] | None = None,
    train_sizes: Sequence[int] | None = None,
    num_seeds: int | None = None,
) -> ExperimentConfig:
    """Freeze a comparison of a sample with the built-in model; the quick preset says what is not asked."""
    modality = intake.dataset.info.columns.modality
    return plan_experiment(
        experiment_id=new_id("exp"),
        name=sample.name,
        dataset=intake.dataset.info,
        split=intake.split.info,
        task=sample.task,
        base_model=builtin_of(modality),
        arms=default_arms(modality) if arms is None else arms,
        preset=Preset.QUICK,
        train_sizes=train_sizes,
        num_seeds=num_seeds,
    )


def find_same(plan: ExperimentConfig, others: list[ExperimentConfig]) -> ExperimentConfig | None:
    """Find an experiment that is the plan but for its name and its moment."""
    own = {"experiment_id", "created_at", "name"}
    wanted = plan.model_dump(exclude=own)
    return next((one for one in others if one.model_dump(exclude=own) == wanted), None)
