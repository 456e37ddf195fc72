"""The dataset: an immutable, validated table of examples and labels, its place on disk, and its weights."""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from itertools import repeat
from pathlib import Path
from uuid import uuid4

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tl_core.datasets.identity import Row, fingerprint
from tl_core.datasets.screening import Conflict, Screening, screen
from tl_core.datasets.selection import ID, LABEL, ROLES, WEIGHT, content_columns
from tl_core.datasets.weighting import Weights
from tl_core.errors import DataError, NotFoundError
from tl_core.files.arrow_files import read_mapped, write_mapped
from tl_core.files.reading import Table
from tl_core.modality import Content, content_of
from tl_core.schema import ColumnChoice, DatasetInfo, DatasetSchema
from tl_core.words import quoted

Rows = npt.NDArray[np.int64]

EXAMPLES_FILE = "examples.parquet"
MAPPED_FILE = "examples.arrow"
MAPPED_FROM = 100_000
"""Examples from which on they lie in a file that is mapped: larger on disk, but nobody's memory."""
INFO_FILE = "dataset.json"
CONFLICTS_FILE = "conflicts.json"
_BATCH = 65_536


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A dataset in memory.

    Attributes
    ----------
    info
        Everything except the rows.
    table
        Columns ``example_id``, those of the content (of texts ``text``, and ``text_b`` for pairs),
        ``target`` (int32, the label's id), ``origin`` (``train``, or ``test`` for rows of the person's own
        test file, which come last), and of the chosen roles ``group``, ``time`` (timestamp), ``weight``
        (float64), ``part``.
    conflicts
        Contents that were left out because their labels differ; at most 100.
    """

    info: DatasetInfo
    table: pa.Table
    conflicts: tuple[Conflict, ...] = ()

    @property
    def num_examples(self) -> int:
        """Number of rows."""
        return int(self.table.num_rows)

    @property
    def num_labels(self) -> int:
        """Number of classes."""
        return self.info.columns.num_labels

    @property
    def content(self) -> Content:
        """What its examples are."""
        return content_of(self.info.columns.modality)

    def example_ids(self) -> list[str]:
        """Return the id of every example, in the order of the rows."""
        ids: list[str] = self.table["example_id"].to_pylist()
        return ids

    def texts(self) -> list[str] | list[tuple[str, str]]:
        """Return what every example is, a text or a pair of texts, in the order of the rows."""
        first, *others = (self.table[name].to_pylist() for name in content_columns(self.table))
        return list(zip(first, *others, strict=True)) if others else first

    def take(self, rows: npt.NDArray[np.integer]) -> "Dataset":
        """Return these rows alone, under the same facts."""
        return replace(self, table=self.table.take(pa.array(rows)))

    def whole_texts(self) -> list[str]:
        """Return every text; the two of a pair as one, a line below the other."""
        return ["\n".join(text) if isinstance(text, tuple) else text for text in self.texts()]

    def targets(self) -> npt.NDArray[np.int32]:
        """Return the label id of every example, ``(num_examples,)``."""
        targets: npt.NDArray[np.int32] = self.table["target"].to_numpy()
        return targets

    def weights(self) -> npt.NDArray[np.float64] | None:
        """Return how much every example counts in training, ``(num_examples,)``; None if all count alike."""
        if WEIGHT not in self.table.column_names:
            return None
        weights: npt.NDArray[np.float64] = self.table[WEIGHT].to_numpy()
        return weights

    def is_own_test(self) -> npt.NDArray[np.bool_]:
        """Return which rows come from the person's own test file, ``(num_examples,)``."""
        is_test: npt.NDArray[np.bool_] = pc.equal(self.table["origin"], "test").to_numpy()
        return is_test


def build_dataset(table: Table, *, name: str, choice: ColumnChoice, test: Table | None = None) -> Dataset:
    """Make a dataset of a table. What is left out is told in ``info.findings``; nothing is ever changed.

    Parameters
    ----------
    table
        The person's file.
    name
        What the person calls it.
    choice
        Which columns make it, and how.
    test
        The person's own test file, with the same columns. None of its rows is left out.

    Raises
    ------
    DataError
        If a column is missing or does not hold what it is chosen for, the labels are no classes, or the test
        file would have to be changed.
    """
    return freeze(screen(table, choice=choice, test=test), table, name=name, choice=choice, test=test)


def freeze(
    screening: Screening, table: Table, *, name: str, choice: ColumnChoice, test: Table | None = None
) -> Dataset:
    """Make a dataset of rows that were screened; parameters as for `build_dataset`.

    Raises
    ------
    DataError
        If the screening met a problem.
    """
    if screening.problem:
        raise screening.problem.error
    schema = DatasetSchema(
        text_columns=choice.text,
        label_column=choice.label_name,
        labels=screening.labels,
        joined_with=choice.joined_with,
        group_column=choice.group,
        time_column=choice.time,
        weight_column=choice.weight,
        split_column=choice.split,
        modality=choice.modality,
    )
    rows = pa.concat_tables([screening.train, screening.test])
    targets = pc.index_in(rows[LABEL], value_set=pa.array(schema.labels, pa.string()))
    origins = ["train"] * screening.train.num_rows + ["test"] * screening.test.num_rows
    examples = pa.table(
        {
            ID: rows[ID],
            **{name: rows[name] for name in content_columns(rows)},
            "target": pc.cast(targets, pa.int32()),
            "origin": pa.array(origins, pa.string()),
            **{name: rows[name] for name in ROLES if name in rows.column_names},
        }
    )
    info = DatasetInfo(
        fingerprint=fingerprint(_rows(screening), schema),
        name=name,
        columns=schema,
        decisions=table.decisions,
        num_rows=table.num_rows + (test.num_rows if test else 0),
        num_examples=examples.num_rows,
        num_own_test=screening.test.num_rows,
        label_counts=screening.label_counts,
        findings=screening.findings,
    )
    return Dataset(info=info, table=examples, conflicts=screening.conflicts)


def _rows(screening: Screening) -> Iterator[Row]:
    """Yield what the fingerprint is of, some rows at a time."""
    for origin, part in (("train", screening.train), ("test", screening.test)):
        for batch in part.to_batches(max_chunksize=_BATCH):
            rows = pa.Table.from_batches([batch])
            parts = zip(*(rows[name].to_pylist() for name in content_columns(rows)), strict=True)
            yield from zip(parts, rows[LABEL].to_pylist(), repeat(origin), role_values(rows), strict=False)


def role_values(rows: pa.Table) -> Iterator[tuple[str, ...]]:
    """Yield each row's values of the chosen roles as text, the same with every version of a library."""
    columns = []
    for values in (rows[name] for name in ROLES if name in rows.column_names):
        plain = pc.cast(values, pa.int64()) if pa.types.is_timestamp(values.type) else values
        columns.append([one if isinstance(one, str) else repr(one) for one in plain.to_pylist()])
    return zip(*columns, strict=True) if columns else repeat((), rows.num_rows)


def write_dataset(dataset: Dataset, folder: Path) -> None:
    """Write a dataset into its folder; nothing happens if it is there already.

    Each file is renamed into place, ``dataset.json`` last, so that a folder with one is complete.
    """
    if (folder / INFO_FILE).exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    if dataset.num_examples >= MAPPED_FROM:
        write_mapped(dataset.table, folder / MAPPED_FILE)
    else:
        write_table(dataset.table, folder / EXAMPLES_FILE)
    _write_text(json.dumps([asdict(conflict) for conflict in dataset.conflicts]), folder / CONFLICTS_FILE)
    _write_text(dataset.info.model_dump_json(indent=2), folder / INFO_FILE)


def read_dataset(folder: Path) -> Dataset:
    """Read a dataset from its folder.

    Raises
    ------
    NotFoundError
        If the folder holds none.
    """
    if not (folder / INFO_FILE).exists():
        raise NotFoundError(f"The dataset {quoted(folder.name, 100)} is gone.", "Upload the file again.")
    conflicts = json.loads((folder / CONFLICTS_FILE).read_text("utf-8"))
    mapped = folder / MAPPED_FILE
    return Dataset(
        info=DatasetInfo.model_validate_json((folder / INFO_FILE).read_bytes()),
        table=read_mapped(mapped) if mapped.exists() else pq.read_table(folder / EXAMPLES_FILE),
        conflicts=tuple(
            Conflict(texts=tuple(one["texts"]), labels=tuple(one["labels"])) for one in conflicts
        ),
    )


def write_table(table: pa.Table, path: Path) -> None:
    """Write a Parquet file under a temporary name and rename it into place."""
    temporary = _temporary(path)
    pq.write_table(table, temporary)
    os.replace(temporary, path)


def _write_text(text: str, path: Path) -> None:
    temporary = _temporary(path)
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.{uuid4().hex}")


def rows_that_teach(rows: Rows, weights: Weights | None) -> Rows:
    """Leave out the train rows whose weight is 0.

    Parameters
    ----------
    rows
        Rows of a dataset.
    weights
        The weights of all its rows, None if it has none.

    Raises
    ------
    DataError
        If no row is left.
    """
    taught = rows if weights is None else rows[weights[rows] > 0]
    if not len(taught):
        raise DataError(
            f"All {len(rows):,} training examples have a weight of 0.",
            "Choose more training examples, or another weight column.",
        )
    return taught
