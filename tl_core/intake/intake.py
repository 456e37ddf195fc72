"""The one way in: which column is what, and from a file to a stored dataset and split."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from tl_core.datasets.column_guess import guess_columns, guess_label
from tl_core.datasets.dataset import Dataset, build_dataset, read_dataset, write_dataset
from tl_core.datasets.labels import find_indicators
from tl_core.datasets.roles import guess_roles
from tl_core.datasets.selection import GROUP, PART, TIME
from tl_core.doctor.fixes import NEEDS_GROUPS, apply_fix
from tl_core.errors import NotFoundError, SplitError
from tl_core.files.reading import Table, read_table
from tl_core.jobs.queue import MENDING, SCREENING, SPLITTING, Report, quiet
from tl_core.modality import NearGroups, content_of
from tl_core.schema import ColumnChoice, Finding, Frozen, SplitMethod, SplitRule
from tl_core.splits.splitting import Split, list_splits, make_split, read_split, write_split
from tl_core.store.files import replacing
from tl_core.store.workspace import Workspace
from tl_core.words import quoted

JOINED_WITH = "\n"
_ROLES = ("split", "group", "weight", "time")
_TAKEN = _ROLES[:3]
"""Roles that are taken where a column is recognised; a date is only told of."""
Tick = Callable[[int, int], None]
USUAL_THRESHOLD = 0.8
"""Similarity from which on near duplicates stay in one part, if nobody says otherwise."""
MOST_KEPT_TOGETHER = 100_000
"""Examples from which on near duplicates are looked for only when asked."""
Kind = Literal["fast", "slow"]


class Choice(Frozen):
    """The columns of a file; ``reasons``, by ``text``, ``label`` and roles, say what was guessed and why."""

    choice: ColumnChoice
    reasons: dict[str, str]


def choose_columns(
    table: Table,
    *,
    text: Sequence[str] = (),
    label: Sequence[str] = (),
    is_pair: bool = False,
    should_guess_roles: bool = True,
    **named: Any,
) -> Choice:
    """Choose a table's columns.

    Parameters
    ----------
    text, label
        Columns; guessed if none is named. Several texts are joined by a line's end.
    is_pair
        Whether the two text columns stay a pair of texts instead.
    should_guess_roles
        Whether a split, group or weight column that is recognised is taken where none is named. A group or
        a date that was named decides the split, and no split column is looked for.
    **named
        Further fields of `ColumnChoice`; None stands for what was not named.

    Raises
    ------
    DataError
        If a named column is missing, or no two columns can be a text and its label.
    """
    given = {name: value for name, value in named.items() if value is not None}
    reasons: dict[str, str] = {}
    if table.modality is not None:
        given.setdefault("modality", table.modality)
        if not text:
            text = table.columns.column_names[:1]
            reasons["text"] = f"The {content_of(table.modality).noun.many} of the file."
        if not label:
            found, reasons["label"] = guess_label(table, content=text[0])
            label = _with_indicators(table, found, reasons)
    elif not (text and label):
        guess = guess_columns(table, text=text[0] if text else None, label=label[0] if label else None)
        if not text:
            text, reasons["text"] = (guess.text,), guess.reasons["text"]
        if not label:
            reasons["label"] = guess.reasons["label"]
            label = _with_indicators(table, guess.label, reasons)
    used = [*text, *label, *(given[role] for role in _ROLES if role in given)]
    roles = {one.role: one for one in guess_roles(table.columns, used)} if should_guess_roles else {}
    if given.keys() & {"group", "time"}:
        roles.pop("split", None)
    reasons |= {
        role: f"{quoted(one.column)}: {one.reason}." for role, one in roles.items() if role not in given
    }
    taken = {role: roles[role].column for role in _TAKEN if role in roles}
    joined_with = JOINED_WITH if len(text) > 1 and not is_pair else None
    columns = {"text": tuple(text), "label": tuple(label), "joined_with": joined_with}
    return Choice(choice=ColumnChoice.model_validate({**columns, **taken, **given}), reasons=reasons)


def _with_indicators(table: Table, label: str, reasons: dict[str, str]) -> tuple[str, ...]:
    """Take the columns that a label is one of, where each row has a one in one of them."""
    indicators = find_indicators(table.columns)
    if label not in indicators:
        return (label,)
    reasons["label"] = "Detected as labels: every row has a one in just one of these columns."
    return indicators


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


def split_by(
    dataset: Dataset, rule: SplitRule | None, tick: Tick | None = None, *, sealed: float | None = None
) -> Split:
    """Split by a person's rule; by the usual one without it, or if it needs a column that is gone by now.

    Where the usual rule finds so many near duplicates that no split keeps them together, they may part: the
    split's own rule then says so. ``tick`` is that of `make_split`; ``sealed`` is the rule's, if it is given.

    Raises
    ------
    SplitError
        As `make_split` does.
    """
    said = {} if sealed is None else {"sealed": sealed}
    if rule is not None and rule.method in possible_methods(dataset):
        return make_split(dataset, rule.model_copy(update=said), tick=tick)
    usual = usual_rule(dataset).model_copy(update=said)
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
    sealed: float | None = None,
    test: Table | None = None,
    fixes: Sequence[str] = (),
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
    rule, sealed
        How to split; as `split_by` does.
    fixes
        The doctor's fixes (`Finding.fix`) to be made before the split, one after another.
    report
        Hears of the phases.

    Raises
    ------
    DataError, SplitError
        As `build_dataset`, `mend` and `make_split` do.
    """
    report(SCREENING, 0, 1)
    dataset = build_dataset(table, name=name, choice=choice, test=test)
    for fix in fixes:
        dataset = mend(dataset, fix, report)
    report(SPLITTING, 0, 1)
    split = split_by(dataset, rule, lambda done, total: report(SPLITTING, done, total), sealed=sealed)
    return Intake(dataset=dataset, split=split)


def near_groups(dataset: Dataset, tick: Tick | None = None) -> NearGroups:
    """Group the near duplicates of a dataset, as alike as a split keeps them together by default."""
    return dataset.content.near_groups(dataset, USUAL_THRESHOLD, tick)


def mend(dataset: Dataset, fix: str, report: Report = quiet) -> Dataset:
    """Make the next version of a dataset by a fix (`Finding.fix`). Raises DataError as `apply_fix` does."""
    report(MENDING, 0, 1)
    choices: dict[str, Any] = {}
    if fix == NEEDS_GROUPS:
        choices["near"] = near_groups(dataset, lambda done, total: report(MENDING, done, total))
    return apply_fix(dataset, fix, **choices)


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


def find_intake(workspace: Workspace, name: str) -> Intake:
    """Read the stored dataset whose fingerprint begins as said, with the split in use.

    After an ``@`` the beginning of a split's hash may follow: then it is that split.

    Raises
    ------
    NotFoundError
        If none begins so, or several do.
    """
    wanted, _, wanted_split = name.partition("@")
    known = [info.fingerprint for info in workspace.database.list_datasets()]
    intake = read_intake(workspace, _only(known, wanted, "dataset"))
    folder = workspace.dataset_folder(intake.dataset.info.fingerprint)
    if not wanted_split or intake.split.info.hash.startswith(wanted_split):
        return intake
    return replace(intake, split=read_split(folder, _only(list_splits(folder), wanted_split, "split")))


def _only(known: Sequence[str], beginning: str, what: str) -> str:
    found = [one for one in known if beginning and one.startswith(beginning)]
    if len(found) == 1:
        return found[0]
    several = f"{len(found)} {what}s begin" if found else f"No {what} begins"
    raise NotFoundError(f"{several} with “{beginning}”.", f"Check the {what}'s name.")


def _split_key(fingerprint: str) -> str:
    return f"split:{fingerprint}"


class StoredFindings(Frozen):
    """What some checks have found.

    Attributes
    ----------
    findings
        What is noticed.
    num_seen
        Examples that were looked at: all of a dataset, or a random sample of a large one.
    lengths
        How many of those texts have how many tokens: ``(tokens, texts)``, by rising tokens; None where they
        were not counted.
    """

    findings: tuple[Finding, ...]
    num_seen: int
    lengths: tuple[tuple[int, int], ...] | None = None


def keep_findings(
    workspace: Workspace, fingerprint: str, split_hash: str, kind: Kind, found: StoredFindings
) -> None:
    """Keep what the fast or the slow checks have found."""
    with replacing(workspace.findings_path(fingerprint, split_hash, kind)) as file:
        file.write(found.model_dump_json().encode())


def read_findings(
    workspace: Workspace, fingerprint: str, split_hash: str, kind: Kind
) -> StoredFindings | None:
    """Return what was kept; None if these checks have not come to their end."""
    try:
        kept = workspace.findings_path(fingerprint, split_hash, kind).read_bytes()
    except FileNotFoundError:
        return None
    return StoredFindings.model_validate_json(kept)
