"""Rows that say the same twice, or label the same text differently."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tl_core.datasets.identity import example_id
from tl_core.datasets.rows import codes_of, shown_contents
from tl_core.datasets.selection import ID, LABEL, content_columns
from tl_core.files.excerpts import MAX_EXAMPLES, shorten
from tl_core.modality import Content, Noun
from tl_core.schema import Finding

MAX_CONFLICTS = 100


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """A text (or pair) that the file labels differently in different rows; all of them are set aside."""

    texts: tuple[str, ...]
    labels: tuple[str, ...]


def drop_repeated(
    rows: pa.Table, content: Content, findings: list[Finding]
) -> tuple[pa.Table, tuple[Conflict, ...]]:
    """Keep the first of equal rows, and none of those that label the same differently."""
    identities, labels = codes_of(rows[ID]), codes_of(rows[LABEL])
    num_identities = int(identities.max(initial=-1)) + 1
    first = np.empty(num_identities, dtype=np.int64)
    first[identities[::-1]] = np.arange(len(identities))[::-1]  # the last to be written is the first row
    is_disputed = np.zeros(num_identities, dtype=bool)
    is_disputed[identities[labels != labels[first[identities]]]] = True
    is_copy = (first[identities] != np.arange(len(identities))) & ~is_disputed[identities]
    findings += _find_copies(rows, np.flatnonzero(is_copy), identities)
    shown = np.flatnonzero(is_disputed)[:MAX_CONFLICTS]
    conflicts = tuple(_conflict(rows, int(first[one]), np.flatnonzero(identities == one)) for one in shown)
    if num_rows := int(is_disputed[identities].sum()):
        findings.append(_disputed(num_rows, int(is_disputed.sum()), conflicts, content.noun))
    return rows.take(pa.array(np.sort(first[~is_disputed]))), conflicts


def _find_copies(
    rows: pa.Table, copies: npt.NDArray[np.int64], identities: npt.NDArray[np.int64]
) -> Iterable[Finding]:
    if len(copies):
        _, at = np.unique(identities[copies], return_index=True)
        yield Finding(
            code="duplicates",
            severity="info",
            message=f"Exact copies of an earlier row: {len(copies):,}. Only the first of each is kept.",
            count=len(copies),
            examples=shown_contents(rows, copies[at[:MAX_EXAMPLES]]),
            remedy="Nothing needs to be done; if copies should count, give their row a weight.",
        )


def _disputed(num_rows: int, num_contents: int, conflicts: Sequence[Conflict], noun: Noun) -> Finding:
    return Finding(
        code="conflicting_labels",
        severity="warning",
        message=f"Rows whose {noun.one} stands in the file with more than one label: {num_rows:,}, "
        f"different {noun.many} among them: {num_contents:,}. All of them are set aside.",
        count=num_rows,
        examples=tuple(
            f"{', '.join(map(repr, one.labels[:MAX_EXAMPLES]))}: {shorten(' | '.join(one.texts))}"
            for one in conflicts[:MAX_EXAMPLES]
        ),
        remedy=f"Decide on one label for each of these {noun.many} in the file.",
    )


def _conflict(rows: pa.Table, first: int, all_rows: npt.NDArray[np.int64]) -> Conflict:
    labels = set(rows[LABEL].take(pa.array(all_rows)).to_pylist())
    texts = tuple(rows[name][first].as_py() for name in content_columns(rows))
    return Conflict(texts=texts, labels=tuple(sorted(labels)))


def number_repeated(rows: pa.Table, modality: str | None) -> pa.Table:
    """Give repeated rows of an own test file ids of their own."""
    seen: Counter[str] = Counter()
    ids = rows[ID].to_pylist()
    for position, identity in enumerate(ids):
        if seen[identity]:
            parts = [rows[name][position].as_py() for name in content_columns(rows)]
            ids[position] = example_id(parts, seen[identity], modality)
        seen[identity] += 1
    return rows.set_column(rows.column_names.index(ID), ID, pa.array(ids, pa.string()))
