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
EXAMPLES_TIMEOUT_S = 3600
"""The same for an archive or a folder, whose files are decoded one by one: 7 ms a photo were measured."""

_CODE_ROOT = Path(__file__).parents[2]
_PACK_AGAIN = "Pack the folder again, or keep a part of it."
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
    timeout_s = EXAMPLES_TIMEOUT_S if format_ is FileFormat.FILES else TIMEOUT_S
    save_again = _PACK_AGAIN if format_ is FileFormat.FILES else _SAVE_AGAIN
    job = {
        "path": str(path.resolve()),
        "name": name,
        "target": str(target.resolve()),
        "format": format_.value,
        "sheet": sheet,
        "keep_every_row": keep_every_row,
        "modality": modality,
        "needs_labels": needs_labels,
        "max_cpu_s": timeout_s,
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", "tl_core.files.sandbox_process"],
            input=json.dumps(job).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=_CODE_ROOT,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        reason = f"reading it takes more than {timeout_s // 60} minutes"
        raise _unreadable(name, reason, save_again) from None
    if done.returncode != 0:
        raise _unreadable(name, "it is damaged, or needs too much memory", save_again)
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


def _unreadable(name: str, reason: str, remedy: str) -> DataError:
    return DataError(f"{quoted(name)} cannot be read: {reason}.", remedy)
