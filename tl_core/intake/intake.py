"""From a file to a stored dataset and split."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tl_core.datasets.dataset import Dataset, build_dataset, read_dataset, write_dataset
from tl_core.datasets.selection import GROUP, PART, TIME
from tl_core.errors import SplitError
from tl_core.files.reading import Table, read_table
from tl_core.intake.choosing import choose_columns
from tl_core.jobs.phases import SCREENING, SPLITTING, Report, quiet
from tl_core.schema import ColumnChoice, SplitMethod, SplitRule
from tl_core.splits.splitting import Split, make_split, read_split, write_split
from tl_core.store.workspace import Workspace

Tick = Callable[[int, int], None]

USUAL_THRESHOLD = 0.8
"""Similarity from which on near duplicates stay in one part, if nobody says otherwise."""
MOST_KEPT_TOGETHER = 100_000
"""Examples from which on near duplicates are looked for only when asked."""


@dataclass(frozen=True, kw_only=True)
class Intake:
    """A dataset and its split, as they now lie in the workspace."""

    dataset: Dataset
    split: Split


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


def make_intake(
    table: Table,
    *,
    name: str,
    choice: ColumnChoice,
    rule: SplitRule | None = None,
    test: Table | None = None,
    report: Report = quiet,
) -> Intake:
    """Make the dataset and the split of a table, without storing either.

    Every way in leads here: a page, a job and the command line.

    Parameters
    ----------
    name
        What the person calls it.
    test
        The person's own test file, with the same columns.
    rule
        How to split; as `split_by` does.
    report
        Hears of the phases.

    Raises
    ------
    DataError, SplitError
        As `build_dataset` and `make_split` do.
    """
    report(SCREENING, 0, 1)
    dataset = build_dataset(table, name=name, choice=choice, test=test)
    report(SPLITTING, 0, 1)
    split = split_by(dataset, rule, lambda done, total: report(SPLITTING, done, total))
    return Intake(dataset=dataset, split=split)


def take_in(
    workspace: Workspace,
    path: Path,
    *,
    name: str,
    test_path: Path | None = None,
    rule: SplitRule | None = None,
    **named: Any,
) -> Intake:
    """Read a file and a person's own test file, choose columns as `choose_columns` does, store what it makes.

    Raises
    ------
    DataError, SplitError
        As `read_table`, `choose_columns` and `make_intake` do.
    """
    table, test = read_table(path), read_table(test_path) if test_path else None
    choice = choose_columns(table, **named).choice
    return store_intake(workspace, make_intake(table, name=name, choice=choice, rule=rule, test=test))


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
