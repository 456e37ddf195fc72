"""The process that reads one file of no text; what it is told and what it answers is JSON.

It is told ``path``, ``name``, ``target``, ``format``, ``sheet``, ``keep_every_row``, ``modality``,
``needs_labels`` and ``max_cpu_s``; it writes the rows to ``target`` as an Arrow file and answers ``names`` of
the columns, ``sheet``, ``modality`` and ``findings``, or ``problem`` and ``remedy``.
"""

import json
import sys
from pathlib import Path
from typing import Any

from tl_core.errors import DataError
from tl_core.files.parquet import write_parquet_texts
from tl_core.files.workbooks import write_sheet_texts
from tl_core.modality import content_of, modalities
from tl_core.schema import FileFormat

MAX_MEMORY_BYTES = 4 << 30


def _read(job: dict[str, Any], path: Path, name: str, target: Path) -> dict[str, Any]:
    answer: dict[str, Any] = {"names": None, "sheet": "", "modality": None, "findings": []}
    if job["format"] == FileFormat.EXCEL:
        sheet = write_sheet_texts(path, name, target, job["sheet"], keep_every_row=job["keep_every_row"])
        return {**answer, "sheet": sheet}
    for modality in [job["modality"]] if job["modality"] else modalities():
        written = content_of(modality).write_rows(path, name, target, needs_labels=job["needs_labels"])
        if written is not None:
            names, findings = written
            found = [one.model_dump(mode="json") for one in findings]
            return {**answer, "names": names, "modality": modality, "findings": found}
    return {**answer, "names": write_parquet_texts(path, name, target)}


def main() -> None:
    """Do what standard input says, and answer on standard output."""
    job = json.load(sys.stdin)
    if sys.platform != "win32":
        import resource

        # The operating system ends this process before it takes the machine's memory.
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (job["max_cpu_s"], job["max_cpu_s"]))

    answer: dict[str, Any]
    try:
        answer = _read(job, Path(job["path"]), job["name"], Path(job["target"]))
    except DataError as error:
        answer = {"problem": error.message, "remedy": error.remedy}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
