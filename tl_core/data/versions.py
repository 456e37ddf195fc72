"""The next version of a dataset: identity, labels and counts anew, and what changed on record."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from tl_core.data.dataset import Dataset, role_values
from tl_core.data.identity import Row, example_id, fingerprint
from tl_core.data.screening import MAX_CONFLICTS, Conflict, find_imbalance, sort_labels
from tl_core.errors import DataError
from tl_core.schema import Change


@dataclass(frozen=True, kw_only=True)
class Edit:
    """What a fix would change.

    Attributes
    ----------
    table
        The rows as in `Dataset.table`, without those removed and with texts and targets rewritten.
    labels
        The names that ``target`` in `table` stands for; not all need to be in use.
    message
        What happened and to how many, without a full stop.
    count
        Number of examples removed, relabelled or rewritten.
    is_rewritten
        Whether texts changed, so that ids are made anew and some rows may have become equal or empty.
    """

    table: pa.Table
    labels: tuple[str, ...]
    message: str
    count: int
    is_rewritten: bool = False


@dataclass(frozen=True, kw_only=True)
class _Kept:
    """Rows after a rewriting: what is left, what is said about the rest, and texts with several labels."""

    table: pa.Table
    message: str = ""
    conflicts: tuple[Conflict, ...] = ()


def next_version(dataset: Dataset, fix: str, edit: Edit) -> Dataset:
    """Make the version of a dataset that an edit leads to; the dataset itself if nothing changed.

    Raises
    ------
    DataError
        If fewer than two classes are left, or the person's own test file holds a class that is gone.
    """
    if edit.count == 0:
        return dataset
    kept = _keep(edit) if edit.is_rewritten else _Kept(table=edit.table)
    names = np.array(edit.labels, dtype=object)[kept.table["target"].to_numpy()]
    is_own_test = pc.equal(kept.table["origin"], "test").to_numpy()
    labels = sort_labels(names[~is_own_test].tolist())
    _check_labels(labels, names[is_own_test].tolist())
    change = Change(fix=fix, message=f"{edit.message}{kept.message}.", count=edit.count)
    return _freeze(dataset, kept, names.tolist(), labels, change)


def _freeze(
    dataset: Dataset, kept: _Kept, names: list[str], labels: tuple[str, ...], change: Change
) -> Dataset:
    schema = dataset.info.columns.model_copy(update={"labels": labels})
    targets = pa.array([schema.label2id[name] for name in names], pa.int32())
    table = kept.table.set_column(kept.table.column_names.index("target"), "target", targets)
    counts = Counter(names)
    findings = [one for one in dataset.info.findings if one.code != "imbalance"]
    info = dataset.info.model_copy(
        update={
            "fingerprint": fingerprint(_rows(table, names), schema),
            "columns": schema,
            "num_examples": table.num_rows,
            "label_counts": {label: counts[label] for label in labels},
            "findings": (*findings, *find_imbalance(counts)),
            "parent": dataset.info.fingerprint,
            "changes": (*dataset.info.changes, change),
        }
    )
    conflicts = (*dataset.conflicts, *kept.conflicts)[:MAX_CONFLICTS]
    return Dataset(info=info, table=table, conflicts=conflicts)


def _keep(edit: Edit) -> _Kept:
    """Renew the ids, and set aside what became empty, equal or contradictory, as when a file is read."""
    table = edit.table.set_column(
        edit.table.column_names.index("example_id"), "example_id", _new_ids(edit.table)
    )
    is_own_test = pc.equal(table["origin"], "test").to_numpy()
    ids, targets = table["example_id"].to_pandas(), pd.Series(table["target"].to_numpy())
    is_empty = np.array([not all(part.strip() for part in text) for text in _texts(table)])
    is_shared = ids.isin(ids[is_own_test]).to_numpy() & ~is_own_test
    is_open = ~(is_own_test | is_empty | is_shared)
    is_disputed = is_open & (targets.where(is_open).groupby(ids).transform("nunique") > 1).to_numpy()
    is_copy = is_open & ~is_disputed & ids.where(is_open, np.nan).duplicated().to_numpy()
    asides = {
        "then empty": is_empty,
        "then also in the own test file": is_shared & ~is_empty,
        "then with several labels": is_disputed,
        "then equal to another": is_copy,
    }
    said = [f"{what}: {mask.sum():,}" for what, mask in asides.items() if mask.any()]
    left = ~np.logical_or.reduce(list(asides.values()))
    return _Kept(
        table=table.filter(pa.array(left)),
        message=f"; set aside, {', '.join(said)}" if said else "",
        conflicts=_conflicts(table.filter(pa.array(is_disputed)), edit.labels),
    )


def _new_ids(table: pa.Table) -> pa.Array:
    """Return the ids by the texts; rows of an own test file keep theirs, which tell copies apart."""
    own = pc.equal(table["origin"], "test").to_pylist()
    rows = zip(table["example_id"].to_pylist(), _texts(table), own, strict=True)
    return pa.array([old if is_own else example_id(texts) for old, texts, is_own in rows], pa.string())


def _conflicts(table: pa.Table, labels: Sequence[str]) -> tuple[Conflict, ...]:
    """List the texts of rows that have several labels."""
    names: dict[tuple[str, ...], set[str]] = {}
    for texts, target in zip(_texts(table), table["target"].to_pylist(), strict=True):
        names.setdefault(texts, set()).add(labels[target])
    return tuple(Conflict(texts=texts, labels=tuple(sorted(several))) for texts, several in names.items())


def _texts(table: pa.Table) -> list[tuple[str, ...]]:
    columns = [table[name].to_pylist() for name in ("text", "text_b") if name in table.column_names]
    return list(zip(*columns, strict=True))


def _rows(table: pa.Table, names: Sequence[str]) -> Iterator[Row]:
    return zip(_texts(table), names, table["origin"].to_pylist(), role_values(table), strict=True)


def _check_labels(labels: Sequence[str], own_test: Sequence[str]) -> None:
    if len(labels) < 2:
        raise DataError(
            f"Expected at least two classes after the change; got {len(labels)}.", "Choose a smaller change."
        )
    gone = Counter(label for label in own_test if label not in set(labels))
    if gone:
        shown = ", ".join(map(repr, list(gone)[:5]))
        raise DataError(
            f"Expected every class of your own test file to stay; {shown} would be gone (rows:"
            f" {gone.total():,}), and that file is never altered.",
            "Make the same change in the test file and upload both again.",
        )
