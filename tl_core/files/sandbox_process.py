"""The process that reads one workbook or Parquet file; what it is told and what it answers is JSON.

It is told ``path``, ``name``, ``target``, ``format``, ``sheet`` and ``keep_every_row``; it writes the texts
to ``target`` as an Arrow file and answers ``names`` of the columns and ``sheet``, or ``problem`` and
``remedy``.
"""

import json
import sys
from pathlib import Path
from typing import Any

from tl_core.errors import DataError
from tl_core.files.parquet import write_parquet_texts
from tl_core.files.workbooks import write_sheet_texts
from tl_core.schema import FileFormat

MAX_MEMORY_BYTES = 4 << 30
MAX_CPU_S = 300


def main() -> None:
    """Do what standard input says, and answer on standard output."""
    _limit()
    json.dump(_answer(json.load(sys.stdin)), sys.stdout)


def _answer(job: dict[str, Any]) -> dict[str, Any]:
    path, name, target = Path(job["path"]), job["name"], Path(job["target"])
    try:
        if job["format"] == FileFormat.PARQUET:
            return {"names": write_parquet_texts(path, name, target), "sheet": ""}
        sheet = write_sheet_texts(path, name, target, job["sheet"], keep_every_row=job["keep_every_row"])
        return {"names": None, "sheet": sheet}
    except DataError as error:
        return {"problem": error.message, "remedy": error.remedy}


def _limit() -> None:
    """Let the operating system end this process before it takes the machine's memory."""
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_S, MAX_CPU_S))


if __name__ == "__main__":
    main()
