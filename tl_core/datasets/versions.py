"""The next version of a dataset: identity, labels and counts anew, and what changed on record."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tl_core.datasets.dataset import Dataset, role_values
from tl_core.datasets.identity import Row, example_id, fingerprint
from tl_core.datasets.screening import MAX_CONFLICTS, Conflict, find_imbalance, sort_labels
from tl_core.datasets.selection import codes_of, content_columns, lacks_content
from tl_core.errors import DataError
from tl_core.modality import content_of
from tl_core.schema import Change
from tl_core.words import plural, quoted_names

_ROWS_AT_A_TIME = 65_536


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
        To how many examples what happened, without a full stop.
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
    kept = _keep(edit, dataset.info.columns.modality) if edit.is_rewritten else _Kept(table=edit.table)
    targets = kept.table["target"].to_numpy()
    names = np.array(edit.labels, dtype=object)[targets]
    is_own_test = pc.equal(kept.table["origin"], "test").to_numpy()
    labels = sort_labels(edit.labels[target] for target in np.unique(targets[~is_own_test]))
    if len(labels) < 2:
        raise DataError(
            f"This change would leave {'only one label' if labels else 'no label'}; two are needed.",
            "Choose a smaller change.",
        )
    gone = Counter(label for label in names[is_own_test].tolist() if label not in set(labels))
    if gone:
        raise DataError(
            f"This change would remove {quoted_names(list(gone))} from the training data, but your own test"
            f" file has {plural(gone.total(), 'such row')} and is never changed.",
            "Make the same change in the test file and upload both again.",
        )

    schema = dataset.info.columns.model_copy(update={"labels": labels})
    ids = schema.label2id
    names_of_rows = names.tolist()
    renumbered = pa.array([ids[name] for name in names_of_rows], pa.int32())
    table = kept.table.set_column(kept.table.column_names.index("target"), "target", renumbered)
    counts = Counter(names_of_rows)
    findings = [one for one in dataset.info.findings if one.code != "imbalance"]
    change = Change(fix=fix, message=f"{edit.message}{kept.message}.", count=edit.count)
    info = dataset.info.model_copy(
        update={
            "fingerprint": fingerprint(_rows(table, names_of_rows), schema),
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


def _keep(edit: Edit, modality: str | None) -> _Kept:
    """Renew the ids, and leave out what became empty, equal or contradictory, as when a file is read."""
    position = edit.table.column_names.index("example_id")
    table = edit.table.set_column(position, "example_id", _new_ids(edit.table, modality))
    is_own_test = pc.equal(table["origin"], "test").to_numpy()
    codes, targets = codes_of(table["example_id"]), table["target"].to_numpy()
    is_empty = lacks_content(table, content_of(modality)).to_numpy()
    is_shared = np.isin(codes, codes[is_own_test]) & ~is_own_test
    is_open = ~(is_own_test | is_empty | is_shared)
    first = np.full(int(codes.max(initial=-1)) + 1, -1)
    open_rows = np.flatnonzero(is_open)
    first[codes[open_rows[::-1]]] = open_rows[::-1]  # the last to be written is the first row
    differs = np.zeros(len(first), dtype=bool)
    differs[codes[open_rows[targets[open_rows] != targets[first[codes[open_rows]]]]]] = True
    is_disputed = is_open & differs[codes]
    is_copy = is_open & ~is_disputed & (first[codes] != np.arange(len(codes)))
    asides = {
        "now empty": is_empty,
        "now also in the test file": is_shared & ~is_empty,
        "now with conflicting labels": is_disputed,
        "now a copy of another": is_copy,
    }
    said = [f"{mask.sum():,} {what}" for what, mask in asides.items() if mask.any()]
    left = ~np.logical_or.reduce(list(asides.values()))
    labels_of: dict[tuple[str, ...], set[str]] = {}
    for part in _parts(table.filter(pa.array(is_disputed))):
        for texts, target in zip(_texts(part), part["target"].to_pylist(), strict=True):
            if texts in labels_of or len(labels_of) < MAX_CONFLICTS:
                labels_of.setdefault(texts, set()).add(edit.labels[target])
    return _Kept(
        table=table if left.all() else table.filter(pa.array(left)),
        message=f"; removed: {', '.join(said)}" if said else "",
        conflicts=tuple(
            Conflict(texts=texts, labels=tuple(sorted(several))) for texts, several in labels_of.items()
        ),
    )


def _new_ids(table: pa.Table, modality: str | None) -> pa.ChunkedArray:
    """Return the ids by the content; rows of an own test file keep theirs, which tell copies apart."""
    chunks = []
    for part in _parts(table):
        rows = zip(part["example_id"].to_pylist(), _texts(part), part["origin"].to_pylist(), strict=True)
        ids = [
            old if origin == "test" else example_id(texts, modality=modality) for old, texts, origin in rows
        ]
        chunks.append(pa.array(ids, pa.string()))
    return pa.chunked_array(chunks, pa.string())


def _parts(table: pa.Table) -> Iterator[pa.Table]:
    """Yield some rows at a time: a million strings of Python take more memory than their table."""
    for start in range(0, table.num_rows, _ROWS_AT_A_TIME):
        yield table.slice(start, _ROWS_AT_A_TIME)


def _texts(table: pa.Table) -> list[tuple[str, ...]]:
    return list(zip(*(table[name].to_pylist() for name in content_columns(table)), strict=True))


def _rows(table: pa.Table, names: Sequence[str]) -> Iterator[Row]:
    for number, part in enumerate(_parts(table)):
        start = number * _ROWS_AT_A_TIME
        labels = names[start : start + part.num_rows]
        yield from zip(_texts(part), labels, part["origin"].to_pylist(), role_values(part), strict=False)
