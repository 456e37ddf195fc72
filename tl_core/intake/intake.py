"""From a file to a stored dataset and split."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tl_core.datasets.column_guess import guess_columns
from tl_core.datasets.dataset import Dataset, build_dataset, read_dataset, write_dataset
from tl_core.datasets.labels import find_indicators
from tl_core.datasets.selection import GROUP, PART, TIME
from tl_core.errors import SplitError
from tl_core.files.reading import ReadChoices, Table, read_table
from tl_core.schema import ColumnChoice, SplitMethod, SplitRule
from tl_core.splits.splitting import Split, make_split, read_split, write_split
from tl_core.store.workspace import Workspace

Tick = Callable[[int, int], None]

JOINED_WITH = "\n"
USUAL_THRESHOLD = 0.8
"""Similarity from which on near duplicates stay in one part, if nobody says otherwise."""
MOST_KEPT_TOGETHER = 100_000
"""Examples from which on near duplicates are looked for only when asked."""


@dataclass(frozen=True, kw_only=True)
class Intake:
    """A dataset and its split, as they now lie in the workspace."""

    dataset: Dataset
    split: Split


def complete_choice(
    table: Table,
    *,
    text: Sequence[str] = (),
    is_pair: bool = False,
    label: Sequence[str] = (),
    **others: Any,
) -> ColumnChoice:
    """Choose a table's columns: what a person named stands, and the rest is guessed.

    Parameters
    ----------
    text, label
        Columns; guessed if none is named. Several texts are joined by a line's end.
    is_pair
        Whether the two text columns stay a pair of texts instead.
    **others
        Further fields of `ColumnChoice`, as they are.

    Raises
    ------
    DataError
        If a named column is missing, or no two columns can be a text and its label.
    """
    if not label and (indicators := find_indicators(table.columns)):
        label = indicators
    if not text or not label:
        named = {"text": text[0] if text else None, "label": label[0] if label else None}
        guess = guess_columns(table, **named)
        text, label = text or (guess.text,), label or (guess.label,)
    joined_with = JOINED_WITH if len(text) > 1 and not is_pair else None
    return ColumnChoice.model_validate(
        {"text": tuple(text), "label": tuple(label), "joined_with": joined_with, **others}
    )


def usual_rule(dataset: Dataset) -> SplitRule:
    """Return how a dataset is split if nobody says otherwise.

    A person's own split column decides, else their group column; near duplicates stay together where they
    can be found in seconds.
    """
    names = dataset.table.column_names
    method = SplitMethod.GROUPED if GROUP in names else SplitMethod.STRATIFIED
    return SplitRule(
        method=SplitMethod.OWN if PART in names else method,
        keep_together=USUAL_THRESHOLD if dataset.num_examples < MOST_KEPT_TOGETHER else None,
    )


def possible_methods(dataset: Dataset) -> tuple[SplitMethod, ...]:
    """List the ways in which a dataset can be split: some need a column of their own."""
    needed = {SplitMethod.GROUPED: GROUP, SplitMethod.BY_TIME: TIME, SplitMethod.OWN: PART}
    names = dataset.table.column_names
    return tuple(one for one in SplitMethod if needed.get(one) is None or needed[one] in names)


def split_by(dataset: Dataset, rule: SplitRule | None, tick: Tick | None = None) -> Split:
    """Split by a person's rule; by the usual one without it, or if it needs a column that is gone by now.

    Where the usual rule finds so many near duplicates that no split keeps them together, they may part: the
    split's own rule then says so. ``tick`` is that of `make_split`.

    Raises
    ------
    SplitError
        As `make_split` does.
    """
    if rule is not None and rule.method in possible_methods(dataset):
        return make_split(dataset, rule, tick=tick)
    usual = usual_rule(dataset)
    try:
        return make_split(dataset, usual, tick=tick)
    except SplitError:
        return make_split(dataset, usual.model_copy(update={"keep_together": None}))


def take_in(
    workspace: Workspace,
    path: Path,
    *,
    name: str,
    test_path: Path | None = None,
    reading: ReadChoices = ReadChoices(),  # noqa: B008 (it is frozen)
    rule: SplitRule | None = None,
    **columns: Any,
) -> Intake:
    """Read a file, make its dataset and split, and store both; what is there already stays as it is.

    Parameters
    ----------
    path, test_path
        The person's file, and their own test file with the same columns if they have one.
    name
        What the person calls it.
    reading
        How the files are to be read; the sheet is that of the first alone.
    rule
        How to split; as `split_by` does.
    **columns
        As for `complete_choice`.

    Raises
    ------
    DataError, SplitError, NotFoundError
        As `read_table`, `complete_choice`, `build_dataset` and `make_split` do.
    """
    table = read_table(path, **reading.model_dump())
    test = read_table(test_path, **reading.model_dump(exclude={"sheet"})) if test_path else None
    choice = complete_choice(table, **columns)
    return store_dataset(workspace, build_dataset(table, name=name, choice=choice, test=test), rule)


def store_dataset(workspace: Workspace, dataset: Dataset, rule: SplitRule | None = None) -> Intake:
    """Split a dataset and store both; the split becomes the one in use. Raises SplitError as `make_split`."""
    return store_intake(workspace, Intake(dataset=dataset, split=split_by(dataset, rule)))


def store_intake(workspace: Workspace, intake: Intake) -> Intake:
    """Store a dataset with its split, which becomes the one in use."""
    info = intake.dataset.info
    folder = workspace.dataset_folder(info.fingerprint)
    write_dataset(intake.dataset, folder)
    write_split(intake.split, folder)
    workspace.database.add_dataset(info)
    workspace.database.save_draft(_split_key(info.fingerprint), {"hash": intake.split.info.hash})
    return intake


def read_intake(workspace: Workspace, fingerprint: str) -> Intake:
    """Read a stored dataset with the split in use.

    Raises
    ------
    NotFoundError
        If it is not in this workspace.
    """
    folder = workspace.dataset_folder(fingerprint)
    dataset = read_dataset(folder)
    draft = workspace.database.get_draft(_split_key(fingerprint))
    split = read_split(folder, draft["hash"]) if draft else make_split(dataset)
    return Intake(dataset=dataset, split=split)


def _split_key(fingerprint: str) -> str:
    return f"split:{fingerprint}"
