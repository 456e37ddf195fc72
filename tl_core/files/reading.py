"""A file to a table of texts: every column a string, every line kept or accounted for."""

import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa

from tl_core.errors import DataError
from tl_core.files.delimited import parse_file
from tl_core.files.encodings import copy_as_utf8
from tl_core.files.every_row import with_every_row
from tl_core.files.formats import Content, begins_like_json, binary_format, check_num_columns, open_content
from tl_core.files.headers import column_names, has_header_row
from tl_core.files.json_lines import is_json_lines, is_json_list, read_json
from tl_core.files.lines import Reject, reject_at, reject_table, rejects_as_csv
from tl_core.files.sandbox import read_apart
from tl_core.schema import FileFormat, Finding, Frozen, ReadDecisions
from tl_core.words import quoted


@dataclass(frozen=True, kw_only=True)
class Table:
    """What a file holds, as texts.

    Attributes
    ----------
    columns
        String columns without nulls, ``(num_rows, num_columns)``; names are distinct and not empty.
    decisions
        How the file was read.
    rejects
        Every piece of the file that is no row, in its order: ``line``, ``reason`` and ``text``.
    reject_rows
        Where every row was kept: the row of `columns`, with empty cells, that stands for each reject; -1 for
        one above the header. Empty where rejects have no rows.
    num_nul_bytes
        Zero characters that were left out.
    num_replaced_bytes
        Bytes that are no text in the file's encoding; U+FFFD stands for each.
    modality
        What the first column holds, where the file is no table of texts.
    findings
        What was noticed when such examples were read.
    """

    columns: pa.Table
    decisions: ReadDecisions
    rejects: pa.Table = field(default_factory=reject_table)
    reject_rows: tuple[int, ...] = ()
    num_nul_bytes: int = 0
    num_replaced_bytes: int = 0
    modality: str | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def num_rows(self) -> int:
        """Number of rows, without header and rejects."""
        return int(self.columns.num_rows)

    @property
    def num_rejects(self) -> int:
        """Number of rejected lines."""
        return int(self.rejects.num_rows)

    @property
    def first_reject(self) -> Reject:
        """The first rejected line, where there is one."""
        return reject_at(self.rejects, 0)


class ReadChoices(Frozen):
    """What a person decided about reading a file; None leaves it to be found out.

    What a file's format has no use for plays no part. A delimiter or quote says that the fields of a text
    file are divided by a character, whatever it looks like.
    """

    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    has_header: bool | None = None
    sheet: str | None = None


def read_table(
    path: Path,
    *,
    name: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    quote: str | None = None,
    has_header: bool | None = None,
    sheet: str | None = None,
    min_columns: int = 2,
    keep_every_row: bool = False,
) -> Table:
    """Read a file. What is None is found out and told in the table's `decisions`.

    Parameters
    ----------
    path
        The file, or a folder of files that are examples; it is only read.
    name
        What the person calls it, for messages and for its ending; None if that is its name on disk.
    encoding
        Name of an encoding that Python knows.
    delimiter
        The character between fields.
    quote
        The character around fields, empty for none.
    has_header
        Whether the first row names the columns.
    sheet
        Name of a workbook's sheet.
    min_columns
        1 accepts a file of texts alone.
    keep_every_row
        Whether blank lines, empty rows of a workbook and rejects each have an empty row in their place, so
        that the rows below the header stand as a person counts them. Blank lines of JSON Lines are none.

    Raises
    ------
    NotFoundError
        If there is no such file.
    DataError
        If the file holds no table with a row and enough columns, or most of it cannot be read.
    """
    name = name or path.name
    choices = ReadChoices(
        encoding=encoding, delimiter=delimiter, quote=quote, has_header=has_header, sheet=sheet
    )
    with tempfile.TemporaryDirectory(prefix="tl-read-") as folder:
        content = open_content(path, name, Path(folder))
        format_ = FileFormat.FILES if content.modality else binary_format(content.head)
        if format_ is None:
            table = _read_text(content, name, Path(folder), choices, min_columns, keep_every_row)
        else:
            table = _read_binary(content, name, Path(folder), format_, choices, min_columns, keep_every_row)
    packing = {"compression": content.compression, "member": content.member}
    return replace(table, decisions=table.decisions.model_copy(update=packing))


def rejects_csv(table: Table) -> bytes:
    """Write a table's rejected lines as CSV that a spreadsheet opens without running anything in them."""
    return rejects_as_csv(table.rejects)


def _read_text(
    content: Content, name: str, folder: Path, choices: ReadChoices, min_columns: int, keep_every_row: bool
) -> Table:
    # DuckDB takes paths for patterns and may open files of this folder only.
    copy = folder / "table.txt"
    decoded = copy_as_utf8(content.path, copy, choices.encoding, name=name)
    may_be_json = choices.delimiter is None and choices.quote is None and begins_like_json(copy)
    is_list = may_be_json and is_json_list(copy)
    if is_list or (may_be_json and is_json_lines(copy, content.ending, name)):
        columns, rejects, reject_rows = read_json(
            copy, name, is_list=is_list, min_columns=min_columns, keep_every_row=keep_every_row
        )
        decisions = ReadDecisions(
            format=FileFormat.JSON_LINES, encoding=decoded.encoding, delimiter="", quote="", has_header=True
        )
    else:
        parsed = parse_file(
            copy, name, delimiter=choices.delimiter, quote=choices.quote, min_columns=min_columns
        )
        columns, has_header = _name_columns(parsed.rows, choices.has_header, name)
        rejects, reject_rows = parsed.rejects, ()
        if keep_every_row:
            names = columns.column_names
            lines = rejects["line"].to_numpy()
            rows, reject_rows = with_every_row(
                copy, parsed.rows, lines, parsed.reject_heights, has_header=has_header
            )
            columns = rows.slice(int(has_header)).rename_columns(names)
        decisions = ReadDecisions(
            encoding=decoded.encoding,
            delimiter=parsed.dialect.delimiter,
            quote=parsed.dialect.quote,
            has_header=has_header,
        )
    return Table(
        columns=columns,
        decisions=decisions,
        rejects=rejects,
        reject_rows=reject_rows,
        num_nul_bytes=decoded.num_nul_bytes,
        num_replaced_bytes=decoded.num_replaced_bytes,
    )


def _read_binary(
    content: Content,
    name: str,
    folder: Path,
    format_: FileFormat,
    choices: ReadChoices,
    min_columns: int,
    keep_every_row: bool,
) -> Table:
    found = read_apart(
        content.path,
        name,
        format_,
        folder=folder,
        sheet=choices.sheet,
        keep_every_row=keep_every_row,
        modality=content.modality,
        needs_labels=min_columns > 1,
    )
    check_num_columns(found.rows.num_columns, min_columns, name)
    if found.names is None:
        columns, has_header = _name_columns(found.rows, choices.has_header, name)
    else:
        columns, has_header = found.rows.rename_columns(column_names(found.names)), True
        _check_num_rows(columns, name)
    decisions = ReadDecisions(
        format=format_, encoding="", delimiter="", quote="", has_header=has_header, sheet=found.sheet
    )
    return Table(columns=columns, decisions=decisions, modality=found.modality, findings=found.findings)


def _name_columns(rows: pa.Table, has_header: bool | None, name: str) -> tuple[pa.Table, bool]:
    """Take the names from the first row if it holds them, which None leaves to be judged."""
    _check_num_rows(rows, name)
    if has_header is None:
        has_header = has_header_row(rows)
    cells = [column[0].as_py() if has_header else "" for column in rows.columns]
    columns = rows.slice(1) if has_header else rows
    _check_num_rows(columns, name)
    return columns.rename_columns(column_names(cells)), has_header


def _check_num_rows(columns: pa.Table, name: str) -> None:
    if columns.num_rows == 0:
        raise DataError(
            f"{quoted(name)} has no rows below the header.",
            "Add examples, or turn the header off if the first line is an example.",
        )
