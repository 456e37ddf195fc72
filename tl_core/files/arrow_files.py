"""Tables on disk that a process maps instead of reading: a large one takes no memory of its own."""

import ctypes
import mmap
import os
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from uuid import uuid4
from weakref import WeakSet

import pyarrow as pa

_BATCH = 65_536
_maps: WeakSet[mmap.mmap] = WeakSet()
_lock = threading.Lock()
_TRIM = getattr(ctypes.CDLL(None), "malloc_trim", None)
"""glibc's; other C libraries have none."""


def write_mapped(table: pa.Table, path: Path) -> None:
    """Write a table as an uncompressed Arrow file, under a temporary name that is then renamed."""
    temporary = path.with_name(f".{path.name}.{uuid4().hex}")
    with pa.OSFile(str(temporary), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=_BATCH)
    os.replace(temporary, path)


def read_mapped(path: Path) -> pa.Table:
    """Map a table; the system reads what is looked at, and may let go of it at any time."""
    return pa.ipc.open_file(_map(path)).read_all()


class Spool:
    """Puts tables, of any columns, into a new file as they come, and maps them. The file may then go."""

    def __init__(self, path: Path) -> None:
        self._path, self._sink = path, pa.OSFile(str(path), "wb")

    def write(self, table: pa.Table | pa.RecordBatch) -> None:
        """Add one."""
        with pa.ipc.new_stream(self._sink, table.schema) as writer:
            writer.write(table)

    def tables(self) -> list[pa.Table]:
        """Write no more, and map what was written."""
        num_bytes = self._sink.tell()
        self._sink.close()
        source = pa.BufferReader(_map(self._path) if num_bytes else b"")
        mapped = []
        while source.tell() < num_bytes:
            mapped.append(pa.ipc.open_stream(source).read_all())
        return mapped


def spooled(tables: Iterable[pa.Table | pa.RecordBatch], path: Path) -> pa.Table:
    """Map tables of the same columns, at least one, as one that lies in a new file."""
    spool = Spool(path)
    for table in tables:
        spool.write(table)
    return pa.concat_tables(spool.tables())


def in_passing(table: pa.Table) -> Iterator[tuple[int, pa.Table]]:
    """Yield a mapped table part by part, each with the row it begins at, and let go of what was passed."""
    for start in range(0, table.num_rows, _BATCH):
        yield start, table.slice(start, _BATCH)
        let_go()


def let_go() -> None:
    """Give back the memory of what was looked at in mapped tables, and what lies free in the heap.

    Tables are read again when they are wanted. Many tensors of different sizes leave a heap full of holes.
    """
    with _lock:
        maps = list(_maps)
    for mapped in maps:
        mapped.madvise(mmap.MADV_DONTNEED)
    if _TRIM is not None:
        _TRIM(0)


def _map(path: Path) -> pa.Buffer:
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    with _lock:
        _maps.add(mapped)
    return pa.py_buffer(mapped)
