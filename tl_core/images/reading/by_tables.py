"""Tables beside pictures, which name them in one column and say more of them in the others."""

import tempfile
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pyarrow as pa

from tl_core.errors import DataError
from tl_core.files.reading import read_table
from tl_core.images.pictures import MOST_BYTES
from tl_core.images.reading.rows import IMAGE
from tl_core.images.reading.sources import TABLES, Source, is_picture_name, named_after, names_and_stems

MOST_TABLES = 100
"""Tables that are tried: each takes some hundredths of a second."""
NOTES = (".txt", ".json")
"""Endings of what may be told of a single picture."""


@dataclass(frozen=True, kw_only=True)
class Metadata:
    """A table, and what it says of pictures.

    Attributes
    ----------
    rows
        Names of pictures, with their other cells by column.
    missing
        Names in the table that no picture has.
    first
        What the table calls its first picture.
    """

    table: str
    columns: Sequence[str]
    rows: Sequence[tuple[str, Mapping[str, str]]]
    missing: Sequence[str] = ()
    first: str = ""


def read_tables(source: Source, files: Sequence[str], pictures: Sequence[str]) -> list[Metadata]:
    """Read the tables among files; those that name no picture have no rows."""
    single = names_and_stems(pictures)
    tables = [
        one
        for one in files
        if one.lower().endswith(TABLES) and not (one.lower().endswith(NOTES) and named_after(one, single))
    ]
    tables.sort(key=lambda one: (one.count("/"), one))
    found = (_read(source, one, pictures) for one in tables[:MOST_TABLES])
    return [one for one in found if one is not None]


def _read(source: Source, table: str, pictures: Sequence[str]) -> Metadata | None:
    """Read one table; None if it is none."""
    if source.sizes[table] > MOST_BYTES:
        return None
    path, data = PurePosixPath(table), source.read(table)
    with tempfile.TemporaryDirectory(prefix="tl-names-") as folder:
        copy = Path(folder) / "table"
        copy.write_bytes(data)
        with suppress(DataError):
            columns = read_table(copy, name=path.name, min_columns=2).columns
            found = _match(table, columns, pictures)
            if found.rows or path.suffix.lower() != ".txt":
                return found
    listed = _listed(data) if path.suffix.lower() == ".txt" else None
    return None if listed is None else _match(table, listed, pictures)


def _listed(data: bytes) -> pa.Table | None:
    """Read lines of a name, spaces and a label, as Caffe has them; None for anything else."""
    lines = [line.rsplit(maxsplit=1) for line in data.decode("utf-8", "replace").splitlines() if line.strip()]
    if not lines or any(len(line) < 2 or not is_picture_name(line[0]) for line in lines):
        return None
    names, labels = zip(*lines, strict=True)
    return pa.table({"file_name": list(names), "label": list(labels)})


class _Names:
    """Pictures by what a table may call them, the surest way first."""

    def __init__(self, pictures: Sequence[str], folder: PurePosixPath) -> None:
        whole = {one: one for one in pictures}
        inside = {_inside(one, folder): one for one in pictures}
        last, stems = (
            _unique(pictures, lambda path: path.name.casefold()),
            _unique(pictures, lambda path: path.stem.casefold()),
        )
        self._ways = (whole, inside, last, stems)

    def find(self, cell: str) -> str | None:
        """Return the picture that a cell names, with or without its folders and its ending."""
        name = unicodedata.normalize("NFC", cell.strip().replace("\\", "/")).removeprefix("./")
        path = PurePosixPath(name)
        bare = path.stem if is_picture_name(name) else path.name
        tries = (name, name, path.name.casefold(), bare.casefold())
        return next(
            (way[one] for way, one in zip(self._ways, tries, strict=True) if one and one in way), None
        )


def _unique(pictures: Sequence[str], key: Callable[[PurePosixPath], str]) -> dict[str, str]:
    keys = [key(PurePosixPath(one)) for one in pictures]
    counts = Counter(keys)
    return {one: picture for one, picture in zip(keys, pictures, strict=True) if counts[one] == 1}


def _match(table: str, columns: pa.Table, pictures: Sequence[str]) -> Metadata:
    """Find the column that names most pictures.

    Names of files count from a tenth of the rows on. Numbers, as of rows, may be called like pictures too: a
    column without endings has to name half of the pictures.
    """
    names = _Names(pictures, PurePosixPath(table).parent)
    cells = {column: columns[column].to_pylist() for column in columns.column_names}
    found = {column: [names.find(cell) for cell in cells[column]] for column in cells}
    best = max(found, key=lambda column: sum(one is not None for one in found[column]))
    num_rows = sum(one is not None for one in found[best])
    covers = len({one for one in found[best] if one is not None}) >= len(pictures) / 2
    are_files = 2 * sum(map(is_picture_name, cells[best])) >= columns.num_rows
    others = [column for column in cells if column not in (best, IMAGE)]
    if not num_rows or not (covers or (are_files and num_rows >= columns.num_rows / 10)):
        called = next((column for column in cells if any(map(is_picture_name, cells[column]))), best)
        return Metadata(table=table, columns=others, rows=[], first=next(iter(cells[called]), ""))
    values = columns.select(others).to_pylist()
    return Metadata(
        table=table,
        columns=others,
        rows=[(one, row) for one, row in zip(found[best], values, strict=True) if one is not None],
        missing=[cell for one, cell in zip(found[best], cells[best], strict=True) if one is None],
    )


def _inside(picture: str, folder: PurePosixPath) -> str:
    path = PurePosixPath(picture)
    return path.relative_to(folder).as_posix() if folder in path.parents else ""
