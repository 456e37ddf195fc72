"""Rows that say the same twice, or label the same text differently."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tl_core.datasets.identity import example_id
from tl_core.datasets.selection import ID, LABEL, codes_of, content_columns, shown_contents
from tl_core.files.excerpts import MAX_EXAMPLES, shorten
from tl_core.modality import Content
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
    noun = content.noun
    identities, labels = codes_of(rows[ID]), codes_of(rows[LABEL])
    num_identities = int(identities.max(initial=-1)) + 1
    first = np.empty(num_identities, dtype=np.int64)
    first[identities[::-1]] = np.arange(len(identities))[::-1]  # the last to be written is the first row
    is_disputed = np.zeros(num_identities, dtype=bool)
    is_disputed[identities[labels != labels[first[identities]]]] = True
    is_copy = (first[identities] != np.arange(len(identities))) & ~is_disputed[identities]
    copies = np.flatnonzero(is_copy)
    if len(copies):
        _, at = np.unique(identities[copies], return_index=True)
        findings.append(
            Finding(
                code="duplicates",
                severity="info",
                message=f"Exact copies of an earlier row: {len(copies):,}. Only the first of each is kept.",
                count=len(copies),
                examples=shown_contents(rows, copies[at[:MAX_EXAMPLES]]),
                remedy="Nothing needs to be done; if copies should count, give their row a weight.",
            )
        )

    conflicts = list[Conflict]()
    for disputed in np.flatnonzero(is_disputed)[:MAX_CONFLICTS]:
        place = int(first[disputed])
        texts = tuple(rows[name][place].as_py() for name in content_columns(rows))
        several = set(rows[LABEL].take(pa.array(np.flatnonzero(identities == disputed))).to_pylist())
        conflicts.append(Conflict(texts=texts, labels=tuple(sorted(several))))
    if num_rows := int(is_disputed[identities].sum()):
        findings.append(
            Finding(
                code="conflicting_labels",
                severity="warning",
                message=f"Rows whose {noun.one} stands in the file with more than one label: {num_rows:,}, "
                f"different {noun.many} among them: {is_disputed.sum():,}. All of them are set aside.",
                count=num_rows,
                examples=tuple(
                    f"{', '.join(map(repr, one.labels[:MAX_EXAMPLES]))}: {shorten(' | '.join(one.texts))}"
                    for one in conflicts[:MAX_EXAMPLES]
                ),
                remedy=f"Decide on one label for each of these {noun.many} in the file.",
            )
        )
    return rows.take(pa.array(np.sort(first[~is_disputed]))), tuple(conflicts)


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
