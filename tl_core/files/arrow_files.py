"""Tables on disk that a process maps instead of reading: a large one takes no memory of its own."""

import os
from pathlib import Path
from uuid import uuid4

import pyarrow as pa

_BATCH = 65_536


def write_mapped(table: pa.Table, path: Path) -> None:
    """Write a table as an uncompressed Arrow file, under a temporary name that is then renamed."""
    temporary = path.with_name(f".{path.name}.{uuid4().hex}")
    with pa.OSFile(str(temporary), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=_BATCH)
    os.replace(temporary, path)


def read_mapped(path: Path) -> pa.Table:
    """Map a table; the system reads what is looked at, and may let go of it at any time."""
    with pa.memory_map(str(path)) as source:
        return pa.ipc.open_file(source).read_all()
