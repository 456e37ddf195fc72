"""JSON Lines, and lists of JSON objects: every value a text, every line a row or a reject."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa

from tl_core.errors import DataError
from tl_core.files.arrow_files import Spool
from tl_core.files.delimited import locked_connection
from tl_core.files.encodings import MAX_LINE_BYTES
from tl_core.files.formats import check_num_cells, check_num_columns
from tl_core.files.headers import column_names
from tl_core.files.lines import REJECT_CHARS, Reject, reject_table
from tl_core.words import quoted

_BATCH_ROWS = 10_000
_BATCH_CHARS = 16 << 20
_EDGE_BYTES = 100
_LINES_ENDINGS = (".jsonl", ".ndjson", ".jl")
_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str, strict=False)
_REMEDY = (
    "Write one object with a text and a label on each line, or a list of such objects (in pandas:"
    " to_json(path, orient='records', lines=True))."
)


def is_json_list(path: Path) -> bool:
    """Whether a file begins and ends like a list of JSON objects."""
    with path.open("rb") as file:
        beginning = b"".join(file.read(_EDGE_BYTES).split())
        file.seek(max(0, path.stat().st_size - _EDGE_BYTES))
        return beginning.startswith(b"[{") and file.read().rstrip().endswith(b"]")


def is_json_lines(path: Path, ending: str, name: str) -> bool:
    """Whether the first line that is not blank is a JSON object.

    Where the name ends as that of JSON Lines does, it is enough that the line begins like one.

    Raises
    ------
    DataError
        If the file is JSON of another shape.
    """
    with path.open(encoding="utf-8", newline="\n") as file:
        line = next((line for line in file if line.strip()), "").lstrip()
    if line.startswith("{") and (ending in _LINES_ENDINGS or isinstance(_parse(line), dict)):
        return True
    if line.startswith(("{", "[")) and ending == ".json":
        raise DataError(
            f"{quoted(name)} is JSON, but neither an object on each line nor a list of objects.",
            _REMEDY,
        )
    return False


def read_json(
    path: Path, name: str, *, is_list: bool, min_columns: int, keep_every_row: bool = False
) -> tuple[pa.Table, pa.Table, tuple[int, ...]]:
    """Return the columns, named and in order of first appearance, and the rejects.

    If every row is kept, an empty one stands for each reject, and their places are returned too.

    Strings stand without their quotes; numbers, true and false as they are written; null, and what is
    missing, is empty; objects and lists inside an object stay JSON.

    Parameters
    ----------
    path
        UTF-8 with LF line ends, in a folder of its own.
    name
        What the person calls the file.
    is_list
        Whether it is one list of objects; their numbers then stand for line numbers in the rejects.
    min_columns
        1 accepts a single column.

    Raises
    ------
    DataError
        If most lines are no objects, or there are no rows, or too few or too many columns.
    """
    collected, rejects = _Collected(name, Spool(path.with_name("rows.arrow"))), list[Reject]()
    reject_rows: list[int] = []
    num_rows = 0
    for line, text in _elements(path, name) if is_list else _lines(path):
        values = _parse(text) or "The object is empty."
        if isinstance(values, str):
            rejects.append(Reject(line=line, reason=values, text=text[:REJECT_CHARS]))
            if not keep_every_row:
                continue
            reject_rows.append(num_rows)
            values = {}
        collected.add(values, len(text))
        num_rows += 1
    columns = collected.table()
    num_read = num_rows - len(reject_rows)
    if len(rejects) > num_read:
        raise DataError(
            f"Most of {quoted(name)} is not a JSON object on each line: {len(rejects):,} failed, the first"
            f" on line {rejects[0].line:,}. {rejects[0].reason}",
            _REMEDY,
        )
    if num_read == 0:
        raise DataError(f"{quoted(name)} holds no JSON objects.", _REMEDY)
    if columns.num_rows == 1 and all(column[0].as_py().startswith(("{", "[")) for column in columns.columns):
        raise DataError(
            f"{quoted(name)} is one JSON object with whole columns in it.",
            _REMEDY,
        )
    check_num_columns(columns.num_columns, min_columns, name)
    columns = columns.rename_columns(column_names(columns.column_names))
    return columns, reject_table(rejects), tuple(reject_rows)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    with path.open(encoding="utf-8", newline="\n") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield number, line.rstrip("\n")


def _elements(path: Path, name: str) -> Iterator[tuple[int, str]]:
    query = "SELECT json FROM read_json_objects($path, format = 'array', maximum_object_size = $bytes)"
    with locked_connection(path.parent) as connection:
        try:
            found = connection.execute(query, {"path": str(path), "bytes": MAX_LINE_BYTES})
            number = 1
            while rows := found.fetchmany(_BATCH_ROWS):
                yield from enumerate((text for (text,) in rows), start=number)
                number += len(rows)
        except duckdb.Error as error:
            raise DataError(
                f"{quoted(name)} begins like a list of JSON objects, but cannot be parsed"
                f" ({str(error).splitlines()[0]}).",
                _REMEDY,
            ) from None


def _parse(text: str) -> dict[str, str] | str:
    """Return an object's values as texts, or what is wrong with it."""
    try:
        value = _DECODER.decode(text)
        if not isinstance(value, dict):
            return "This is JSON, but not an object."
        if any(map(_is_nested, value.values())):
            # The numbers inside are written anew: as text they would get quotes.
            value |= {key: one for key, one in json.loads(text, strict=False).items() if _is_nested(one)}
        values = {
            key: one if isinstance(one, str) else "" if one is None else json.dumps(one, ensure_ascii=False)
            for key, one in value.items()
        }
    except RecursionError:
        return "The object is nested too deeply."
    except ValueError as error:
        return f"This is not a JSON object: {error}."
    if "\\ud" in text.lower():
        values = {_whole(key): _whole(one) for key, one in values.items()}
    return values


def _is_nested(value: object) -> bool:
    return isinstance(value, dict | list)


def _whole(text: str) -> str:
    """Replace halves of surrogate pairs, which JSON can write and UTF-8 cannot, by U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@dataclass
class _Collected:
    """Rows, turned into Arrow batch by batch; a column that comes late is empty before."""

    name: str
    spool: Spool
    columns: dict[str, None] = field(default_factory=dict)
    rows: list[dict[str, str]] = field(default_factory=list)
    num_rows: int = 0
    num_chars: int = 0

    def add(self, values: dict[str, str], num_chars: int) -> None:
        self.rows.append(values)
        self.columns |= dict.fromkeys(values)
        self.num_chars += num_chars
        if len(self.rows) == _BATCH_ROWS or self.num_chars > _BATCH_CHARS:
            self.flush()

    def flush(self) -> None:
        if not self.rows or not self.columns:  # rejects alone wait for the first column
            return
        check_num_columns(len(self.columns), 0, self.name)
        self.num_rows += len(self.rows)
        check_num_cells(self.num_rows * len(self.columns), self.name)
        values = {key: pa.array([row.get(key, "") for row in self.rows], pa.string()) for key in self.columns}
        self.spool.write(pa.table(values))
        self.rows, self.num_chars = [], 0

    def table(self) -> pa.Table:
        self.flush()
        tables = self.spool.tables()
        if not tables:
            return pa.table({})
        whole = pa.concat_tables(tables, promote_options="default")
        filled = [column.fill_null("") for column in whole.columns]
        return pa.table(filled, names=whole.column_names)
