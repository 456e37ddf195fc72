"""From a file to a stored dataset and split, and from a plan to queued runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tl_core.data.columns import guess_columns
from tl_core.data.dataset import Dataset, build_dataset, write_dataset
from tl_core.data.reading import ReadChoices, read_table
from tl_core.data.splitting import Split, make_split, write_split
from tl_core.planning.plan import expand, num_runs
from tl_core.schema import ExperimentConfig
from tl_core.store.identifiers import new_id
from tl_core.store.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Intake:
    """A dataset and its split, as they now lie in the workspace."""

    dataset: Dataset
    split: Split


def take_in(
    workspace: Workspace,
    path: Path,
    *,
    name: str,
    text: str | Sequence[str] | None = None,
    label: str | None = None,
    test_path: Path | None = None,
    choices: ReadChoices = ReadChoices(),  # noqa: B008 (it is frozen)
) -> Intake:
    """Read a file, make its dataset and split, and store both; what is there already stays as it is.

    Parameters
    ----------
    path, test_path
        The person's file, and their own test file with the same columns if they have one.
    name
        What the person calls it.
    text, label
        Columns; guessed if None.
    choices
        How the files are to be read; the sheet is that of the first alone.

    Raises
    ------
    DataError, SplitError, NotFoundError
        As `read_table`, `guess_columns`, `build_dataset` and `make_split` do.
    """
    table = read_table(path, **choices.model_dump())
    if text is None or label is None:
        named = text if isinstance(text, str) else None
        guess = guess_columns(table, text=named, label=label)
        text, label = text or guess.text, label or guess.label
    test = read_table(test_path, **choices.model_dump(exclude={"sheet"})) if test_path else None
    return store_dataset(workspace, build_dataset(table, name=name, text=text, label=label, test=test))


def store_dataset(workspace: Workspace, dataset: Dataset) -> Intake:
    """Split a dataset and store both. Raises SplitError if a class is too small."""
    split = make_split(dataset)
    folder = workspace.dataset_folder(dataset.info.fingerprint)
    write_dataset(dataset, folder)
    write_split(split, folder)
    workspace.database.add_dataset(dataset.info)
    return Intake(dataset=dataset, split=split)


def launch(workspace: Workspace, experiment: ExperimentConfig) -> None:
    """Queue an experiment's runs, in their order of work; a supervisor carries them out."""
    run_ids = [new_id("run") for _ in range(num_runs(experiment))]
    workspace.database.add_experiment(experiment, expand(experiment, run_ids))
