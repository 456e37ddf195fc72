"""Workbooks, Parquet files and files of examples, read in a process of their own.

The libraries that read them are native code, which can take any amount of memory for a small file, or end the
whole process, where a file is made or damaged to that purpose. Here only the process that reads it ends.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from tl_core.errors import DataError
from tl_core.files.arrow_files import read_mapped
from tl_core.schema import FileFormat, Finding
from tl_core.words import quoted

TIMEOUT_S = 300

_CODE_ROOT = Path(__file__).parents[2]
_SAVE_AGAIN = "Save it again with the program that made it, or as CSV (UTF-8), and use that file."


@dataclass(frozen=True, kw_only=True)
class ReadApart:
    """Texts of a workbook's sheet, a header row among them, or of a Parquet file, with its column names.

    Attributes
    ----------
    rows
        String columns without nulls.
    names
        Names of the columns; None if the first row may hold them.
    sheet
        The sheet's name, empty for others.
    modality
        What the rows are, where the file holds other examples than texts; its column comes first.
    findings
        What was noticed when such examples were read.
    """

    rows: pa.Table
    names: list[str] | None
    sheet: str
    modality: str | None = None
    findings: tuple[Finding, ...] = ()


def read_apart(
    path: Path,
    name: str,
    format_: FileFormat,
    *,
    folder: Path,
    sheet: str | None = None,
    keep_every_row: bool = False,
    modality: str | None = None,
    needs_labels: bool = True,
) -> ReadApart:
    """Read a workbook, a Parquet file or files of examples within bounds of memory and time.

    Parameters
    ----------
    path
        The file, unpacked; of files of examples the archive or the folder.
    name
        What the person calls it.
    format_
        Any but text.
    folder
        Where the result passes through.
    sheet
        Name of the workbook's sheet; None for the first that is visible and not empty.
    keep_every_row
        Whether the empty rows of a sheet between others are kept.
    modality
        That of files of examples.
    needs_labels
        Whether examples without any label are refused.

    Raises
    ------
    DataError
        If the file is damaged or encrypted, there is no such sheet, or it takes too much memory or time.
    """
    target = folder / "rows.arrow"
    job = {
        "path": str(path.resolve()),
        "name": name,
        "target": str(target.resolve()),
        "format": format_.value,
        "sheet": sheet,
        "keep_every_row": keep_every_row,
        "modality": modality,
        "needs_labels": needs_labels,
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", "tl_core.files.sandbox_process"],
            input=json.dumps(job).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=_CODE_ROOT,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _unreadable(name, f"reading it takes more than {TIMEOUT_S // 60} minutes") from None
    if done.returncode != 0:
        raise _unreadable(name, "it is damaged, or needs too much memory")
    answer = json.loads(done.stdout)
    if "problem" in answer:
        raise DataError(answer["problem"], answer["remedy"])
    return ReadApart(
        rows=read_mapped(target),
        names=answer["names"],
        sheet=answer["sheet"],
        modality=answer["modality"],
        findings=tuple(Finding.model_validate(one) for one in answer["findings"]),
    )


def _unreadable(name: str, reason: str) -> DataError:
    return DataError(f"{quoted(name)} cannot be read: {reason}.", _SAVE_AGAIN)
