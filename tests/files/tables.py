"""Small tables for tests."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from tl_core.datasets.dataset import Dataset, build_dataset
from tl_core.files.reading import Table
from tl_core.schema import ColumnChoice, ReadDecisions

CHOICE = ColumnChoice.of("text", "label")
"""The columns that most tables of tests have."""


def table(**columns: Sequence[str]) -> Table:
    """Return a table as `read_table` would."""
    return Table(
        columns=pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()}),
        decisions=ReadDecisions(encoding="utf-8", delimiter=",", quote='"', has_header=True),
    )


def dataset(counts: dict[str, int], **options: Any) -> Dataset:
    """Return a dataset with so many examples of each label, their texts all different."""
    rows = [(f"{label} example {i}", label) for label, count in counts.items() for i in range(count)]
    texts, labels = zip(*rows, strict=True)
    return build_dataset(table(text=texts, label=labels), name="made", choice=CHOICE, **options)


def with_columns(made: Dataset, **columns: Sequence[Any]) -> Dataset:
    """Return the dataset with further columns, such as ``group``, ``time`` and ``part``."""
    examples = made.table
    for name, values in columns.items():
        examples = examples.append_column(name, pa.array(values))
    return replace(made, table=examples)
