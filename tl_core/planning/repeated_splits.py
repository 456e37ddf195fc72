"""The same experiment on further random splits of its dataset: a series."""

from datetime import UTC, datetime, timedelta

from tl_core.errors import PlanError
from tl_core.intake.intake import find_intake
from tl_core.schema import DatasetInfo, ExperimentConfig, Series, SplitInfo, SplitMethod
from tl_core.splits.splitting import make_split, write_split
from tl_core.store.identifiers import new_id
from tl_core.store.workspace import Workspace

MAX_SPLITS = 10


def require_repeatable(dataset: DatasetInfo, split: SplitInfo) -> None:
    """Refuse to repeat a split that is not drawn at random, or has a sealed part. Raises PlanError."""
    drawn = "Use one split, or let the app draw the parts at random."
    if split.sealed:
        raise PlanError(
            "A part of the test is sealed, and other splits would train on it.",
            "Use one split, or seal nothing.",
        )
    if dataset.num_own_test:
        raise PlanError("The test file is your own, so there is only one test part.", drawn)
    if split.rule.method is SplitMethod.BY_TIME:
        raise PlanError("The split goes by time, so there is only one.", drawn)
    if split.rule.method is SplitMethod.OWN:
        raise PlanError("The data say which part each example belongs to, so there is only one split.", drawn)


def name_of_split(name: str, place: int, num_splits: int) -> str:
    """Name one experiment of a series, so that a list tells it from the others."""
    return f"{name}, split {place} of {num_splits}"


def repeat(workspace: Workspace, experiment: ExperimentConfig) -> tuple[ExperimentConfig, ...]:
    """Make and store the other splits of a series, and plan the experiment on each.

    Only the seed of the split differs, counted up from the first one's. Where groups make the training parts
    of unequal size, as many examples are trained on as each has, at most those of the first.

    Returns
    -------
    The experiments on the second split and those after it; none where the split is not to be repeated.

    Raises
    ------
    PlanError
        If the data are so few that two splits are the same.
    SplitError
        If the examples do not fill the parts of a split.
    NotFoundError
        If the dataset is not in this workspace.
    """
    series = experiment.series
    if series is None or series.place > 1:
        return ()
    first = experiment.split
    dataset = find_intake(workspace, f"{experiment.dataset_fingerprint}@{first.hash}").dataset
    threshold = first.rule.keep_together
    groups = None if threshold is None else dataset.content.near_groups(dataset, threshold).group
    splits = [
        make_split(dataset, first.rule.model_copy(update={"seed": first.rule.seed + step}), groups=groups)
        for step in range(1, series.num_splits)
    ]
    if len({first.hash, *(split.info.hash for split in splits)}) < series.num_splits:
        raise PlanError(
            f"There are too few examples for {series.num_splits} different splits.",
            "Use fewer splits, or add data.",
        )
    name = experiment.name.removesuffix(name_of_split("", 1, series.num_splits))
    now = datetime.now(UTC)
    plans = []
    for step, split in enumerate(splits, 1):
        write_split(split, workspace.dataset_folder(experiment.dataset_fingerprint))
        sizes = {_at_most(size, first, split.info) for size in experiment.train_sizes}
        search = experiment.rate_search
        if search is not None:
            size = _at_most(search.train_size, first, split.info)
            search = search.model_copy(update={"train_size": size})
        changes = {
            "experiment_id": new_id("exp"),
            "name": name_of_split(name, step + 1, series.num_splits),
            # One after the other in the list of experiments.
            "created_at": (now + timedelta(milliseconds=step)).isoformat(timespec="milliseconds"),
            "split": split.info,
            "train_sizes": tuple(sorted(sizes)),
            "rate_search": search,
            "series": Series(num_splits=series.num_splits, place=step + 1, first=experiment.experiment_id),
        }
        plans.append(ExperimentConfig.model_validate(dict(experiment) | changes))
    return tuple(plans)


def _at_most(size: int, first: SplitInfo, other: SplitInfo) -> int:
    """Return the train size of another split: all that it has in the place of all, else the same or that."""
    return other.train if size == first.train else min(size, other.train)
