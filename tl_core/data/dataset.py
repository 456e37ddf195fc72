"""The dataset: an immutable, validated table of texts and labels, and its place on disk."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import uuid4

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tl_core.data.identity import fingerprint
from tl_core.data.reading import Table
from tl_core.data.screening import Conflict, Screening, screen
from tl_core.errors import NotFoundError
from tl_core.schema import DatasetInfo, DatasetSchema

EXAMPLES_FILE = "examples.parquet"
INFO_FILE = "dataset.json"
CONFLICTS_FILE = "conflicts.json"


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A dataset in memory.

    Attributes
    ----------
    info
        Everything except the rows.
    table
        Columns ``example_id``, ``text``, ``text_b`` (for pairs only), ``target`` (int32, the label's id) and
        ``origin`` (``train``, or ``test`` for rows of the person's own test file, which come last).
    conflicts
        Texts that were set aside because their labels differ; at most 100.
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

    def example_ids(self) -> list[str]:
        """Return the id of every example, in the order of the rows."""
        ids: list[str] = self.table["example_id"].to_pylist()
        return ids

    def texts(self) -> list[str] | list[tuple[str, str]]:
        """Return every text, or every pair of texts, in the order of the rows."""
        first: list[str] = self.table["text"].to_pylist()
        if "text_b" not in self.table.column_names:
            return first
        return list(zip(first, self.table["text_b"].to_pylist(), strict=True))

    def targets(self) -> npt.NDArray[np.int32]:
        """Return the label id of every example, ``(num_examples,)``."""
        targets: npt.NDArray[np.int32] = self.table["target"].to_numpy()
        return targets

    def is_own_test(self) -> npt.NDArray[np.bool_]:
        """Return which rows come from the person's own test file, ``(num_examples,)``."""
        is_test: npt.NDArray[np.bool_] = pc.equal(self.table["origin"], "test").to_numpy()
        return is_test


def build_dataset(
    table: Table, *, name: str, text: str | Sequence[str], label: str, test: Table | None = None
) -> Dataset:
    """Make a dataset of a table. What is left out is told in ``info.findings``; texts are never changed.

    Parameters
    ----------
    table
        The person's file.
    name
        What the person calls it.
    text
        The column with the texts, or the two columns of a pair.
    label
        The column with the labels.
    test
        The person's own test file, with the same columns. None of its rows is left out.

    Raises
    ------
    DataError
        If a column is missing, the labels are no classes, or the test file would have to be changed.
    """
    text_columns = (text,) if isinstance(text, str) else tuple(text)
    screening = screen(table, text_columns=text_columns, label_column=label, test=test)
    return freeze(screening, table, name=name, text_columns=text_columns, label=label, test=test)


def freeze(
    screening: Screening,
    table: Table,
    *,
    name: str,
    text_columns: tuple[str, ...],
    label: str,
    test: Table | None = None,
) -> Dataset:
    """Make a dataset of rows that were screened; parameters as for `build_dataset`.

    Raises
    ------
    DataError
        If the screening met a problem.
    """
    if screening.problem:
        raise screening.problem.error
    schema = DatasetSchema(text_columns=text_columns, label_column=label, labels=screening.labels)
    examples = _to_arrow(screening, schema)
    info = DatasetInfo(
        fingerprint=fingerprint(_rows(screening), schema),
        name=name,
        columns=schema,
        decisions=table.decisions,
        num_rows=table.num_rows + (test.num_rows if test else 0),
        num_examples=examples.num_rows,
        num_own_test=len(screening.test.ids),
        label_counts=screening.label_counts,
        findings=screening.findings,
    )
    return Dataset(info=info, table=examples, conflicts=screening.conflicts)


def _rows(screening: Screening) -> list[tuple[tuple[str, ...], str, str]]:
    return [
        (texts, label, origin)
        for origin, part in (("train", screening.train), ("test", screening.test))
        for texts, label in zip(part.texts, part.labels, strict=True)
    ]


def _to_arrow(screening: Screening, schema: DatasetSchema) -> pa.Table:
    train, test = screening.train, screening.test
    texts = zip(*(train.texts + test.texts), strict=True)
    columns = dict(zip(("text", "text_b"), (pa.array(column, pa.string()) for column in texts), strict=False))
    label2id = schema.label2id
    return pa.table(
        {
            "example_id": pa.array(train.ids + test.ids, pa.string()),
            **columns,
            "target": pa.array([label2id[label] for label in train.labels + test.labels], pa.int32()),
            "origin": pa.array(["train"] * len(train.ids) + ["test"] * len(test.ids), pa.string()),
        }
    )


def write_dataset(dataset: Dataset, folder: Path) -> None:
    """Write a dataset into its folder; nothing happens if it is there already.

    Each file is renamed into place, ``dataset.json`` last, so that a folder with one is complete.
    """
    if (folder / INFO_FILE).exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
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
        raise NotFoundError(
            f"Expected a dataset in '{folder.name}'; there is none.", "Make it again from its file."
        )
    conflicts = json.loads((folder / CONFLICTS_FILE).read_text("utf-8"))
    return Dataset(
        info=DatasetInfo.model_validate_json((folder / INFO_FILE).read_bytes()),
        table=pq.read_table(folder / EXAMPLES_FILE),
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
