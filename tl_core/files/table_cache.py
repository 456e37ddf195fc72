"""A file that was read, kept as it is on disk, so that another process can map it."""

import os
import shutil
from pathlib import Path
from uuid import uuid4

from tl_core.files.arrow_files import read_mapped, write_mapped
from tl_core.files.reading import Table
from tl_core.schema import Finding, Frozen, ReadDecisions

_COLUMNS, _REJECTS, _FACTS = "columns.arrow", "rejects.arrow", "facts.json"


class _Facts(Frozen):
    """What a `Table` says beside its rows."""

    decisions: ReadDecisions
    num_nul_bytes: int
    num_replaced_bytes: int
    modality: str | None = None
    findings: tuple[Finding, ...] = ()


def keep_table(table: Table, folder: Path) -> None:
    """Write a table into a folder, which appears whole or not at all."""
    temporary = folder.with_name(f".{folder.name}.{uuid4().hex}")
    temporary.mkdir(parents=True)
    facts = _Facts(
        decisions=table.decisions,
        num_nul_bytes=table.num_nul_bytes,
        num_replaced_bytes=table.num_replaced_bytes,
        modality=table.modality,
        findings=table.findings,
    )
    try:
        write_mapped(table.columns, temporary / _COLUMNS)
        write_mapped(table.rejects, temporary / _REJECTS)
        (temporary / _FACTS).write_text(facts.model_dump_json(), encoding="utf-8")
        os.replace(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def read_kept_table(folder: Path) -> Table:
    """Map a table that `keep_table` wrote. Raises FileNotFoundError if there is none."""
    facts = _Facts.model_validate_json((folder / _FACTS).read_bytes())
    return Table(
        columns=read_mapped(folder / _COLUMNS),
        rejects=read_mapped(folder / _REJECTS),
        **dict(facts),
    )
