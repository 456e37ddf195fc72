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
    if sys.platform != "win32":
        import resource

        # The operating system ends this process before it takes the machine's memory.
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_S, MAX_CPU_S))

    job = json.load(sys.stdin)
    path, name, target = Path(job["path"]), job["name"], Path(job["target"])
    answer: dict[str, Any]
    try:
        if job["format"] == FileFormat.PARQUET:
            answer = {"names": write_parquet_texts(path, name, target), "sheet": ""}
        else:
            sheet = write_sheet_texts(path, name, target, job["sheet"], keep_every_row=job["keep_every_row"])
            answer = {"names": None, "sheet": sheet}
    except DataError as error:
        answer = {"problem": error.message, "remedy": error.remedy}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
