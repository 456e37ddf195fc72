"""Where pictures come from, as the rows of a table: archives and folders of them, and Parquet files.

Labels are class folders, or stand in a table beside the pictures. Everything that is set aside is named and
counted. This runs in the sandbox: what decodes pictures is native code, and the files are from anywhere.
"""

import json
import os
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import pyarrow as pa
import pyarrow.parquet as pq

from tl_core.datasets.roles import part_of
from tl_core.errors import DataError
from tl_core.files.formats import MAX_CONTENT_BYTES, check_num_bytes
from tl_core.files.parquet import as_texts
from tl_core.files.reading import read_table
from tl_core.images.pictures import ENDINGS, MOST_BYTES, NotAPicture, read_picture
from tl_core.schema import Finding
from tl_core.words import plural, quoted, quoted_names

IMAGE, LABEL, SPLIT, FILE = "image", "label", "split", "file"
TABLES = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".parquet")
MAX_FILES = 200_000
_CLUTTER = {".ds_store", "thumbs.db", "desktop.ini", "ehthumbs.db", ".gitkeep", ".directory"}
_FLAGS = {"true", "false", "yes", "no"}
_MOST_TABLE_BYTES = 256 << 20
_BATCH_BYTES = 32 << 20
_CLASS_FOLDERS = (
    "Put the pictures of each class into a folder of that name and zip the folders, or add a CSV with the"
    " columns file_name and label."
)
_PACK_AGAIN = "Pack the folder again and use that archive."


def is_picture_name(name: str) -> bool:
    """Whether a file is called like a picture."""
    return name.lower().endswith(ENDINGS)


def is_clutter(name: str) -> bool:
    """Whether a file was put there by an operating system, and not by a person."""
    path = PurePosixPath(name)
    return "__MACOSX" in path.parts or path.name.lower() in _CLUTTER or path.name.startswith("._")


@dataclass(frozen=True, kw_only=True)
class Source:
    """Files by name, and how to read one: at most so many bytes of it."""

    sizes: Mapping[str, int]
    folders: Sequence[str]
    read: Callable[[str], bytes]


@contextmanager
def open_archive(path: Path, name: str) -> Iterator[Source]:
    """Look into a zip archive. Raises DataError if it is damaged, encrypted or made to do harm."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = {one.filename: one for one in archive.infolist() if not one.filename.endswith("/")}
            for one in members.values():
                _require_inside(one.filename, name)
                if one.flag_bits & 1:
                    raise DataError(f"{quoted(name)} is encrypted.", "Pack it without a password.")
            if sum(one.file_size for one in members.values()) > MAX_CONTENT_BYTES:
                raise DataError(
                    f"{quoted(name)} unpacks to more than {MAX_CONTENT_BYTES >> 30} GiB.",
                    "Make the pictures smaller, or keep a part of them.",
                )

            def read(member: str) -> bytes:
                with archive.open(members[member]) as file:
                    return file.read(MOST_BYTES + 1)

            folders = [one.filename.rstrip("/") for one in archive.infolist() if one.filename.endswith("/")]
            yield Source(
                sizes={one.filename: one.file_size for one in members.values()}, folders=folders, read=read
            )
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
        raise DataError(f"{quoted(name)} is damaged or cut off.", "Save or download it again.") from error


@contextmanager
def open_folder(path: Path) -> Iterator[Source]:
    """Look into a folder; links are not followed."""
    sizes, folders = dict[str, int](), list[str]()
    for place, _, files in os.walk(path):
        inside = Path(place).relative_to(path).as_posix()
        folders += [inside] if inside != "." else []
        for file in files:
            whole = Path(place) / file
            if whole.is_file() and not whole.is_symlink():
                sizes[whole.relative_to(path).as_posix()] = whole.stat().st_size

    def read(member: str) -> bytes:
        with (path / member).open("rb") as file:
            return file.read(MOST_BYTES + 1)

    yield Source(sizes=dict(sorted(sizes.items())), folders=sorted(folders), read=read)


def _require_inside(member: str, name: str) -> None:
    path = PurePosixPath(member.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or path.drive or ":" in path.parts[0]:
        raise DataError(
            f"{quoted(name)} names a file outside of the folder: {quoted(member, 80)}.", _PACK_AGAIN
        )


def _opened(path: Path, name: str) -> AbstractContextManager[Source]:
    """Look into a folder, an archive, or take a file for the only picture."""
    if path.is_dir():
        return open_folder(path)
    if zipfile.is_zipfile(path):
        return open_archive(path, name)
    return nullcontext(
        Source(sizes={name: path.stat().st_size}, folders=(), read=lambda _: path.read_bytes())
    )


@dataclass
class _Rows:
    """Rows on their way to a file, and what was set aside."""

    target: Path
    names: Sequence[str]
    name: str
    broken: dict[str, str] = field(default_factory=dict)
    num_located: int = 0
    located: list[str] = field(default_factory=list)
    num_rows: int = 0
    _num_bytes: int = 0
    _held_bytes: int = 0
    _held: list[Sequence[str]] = field(default_factory=list)

    def __enter__(self) -> "_Rows":
        self._schema = pa.schema([(str(place), pa.string()) for place in range(len(self.names))])
        self._writer = pa.ipc.new_file(self.target, self._schema)
        return self

    def __exit__(self, *raised: object) -> None:
        self._flush()
        self._writer.close()

    def add(self, data: bytes, file: str, others: Sequence[str]) -> None:
        """Decode a picture into a row, or set it aside."""
        try:
            picture = read_picture(data, file)
        except NotAPicture as why:
            self.broken[file] = str(why)
            return
        if picture.has_location:
            self.num_located += 1
            self.located += [file] if len(self.located) < 5 else []
        self.num_rows += 1
        self._held.append((picture.cell, *others))
        self._held_bytes += len(picture.cell)
        if self._held_bytes > _BATCH_BYTES:
            self._flush()

    def _flush(self) -> None:
        if not self._held:
            return
        self._num_bytes += self._held_bytes
        check_num_bytes(self._num_bytes, self.name)
        columns = [pa.array(column, pa.string()) for column in zip(*self._held, strict=True)]
        self._writer.write(pa.record_batch(columns, schema=self._schema))
        self._held, self._held_bytes = [], 0

    def findings(self) -> Iterator[Finding]:
        """Say what was set aside, and which pictures say where they were taken."""
        if self.broken:
            yield Finding(
                code="not_pictures",
                severity="warning",
                message=f"{plural(len(self.broken), 'file was', 'files were')} set aside: no picture that can"
                " be read.",
                count=len(self.broken),
                examples=tuple(f"{file}: {why}" for file, why in list(self.broken.items())[:5]),
                remedy="Save them again as JPEG or PNG, or leave them out.",
            )
        if self.num_located:
            yield Finding(
                code="picture_location",
                severity="warning",
                message=f"{plural(self.num_located, 'picture says', 'pictures say')} where it was taken."
                if self.num_located == 1
                else f"{self.num_located:,} pictures say where they were taken.",
                count=self.num_located,
                examples=tuple(self.located),
                remedy="Remove the places from your own files; none is kept, shown or exported.",
            )


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """Which files are read as pictures, with the other cells of their rows."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[str, Sequence[str]]]
    findings: Sequence[Finding] = ()


def write_files(
    path: Path, name: str, target: Path, *, needs_labels: bool = True
) -> tuple[list[str], list[Finding]]:
    """Write the pictures of an archive or a folder as rows; return the columns' names and what was noticed.

    Parameters
    ----------
    path
        A zip archive, or a folder.
    name
        What the person calls it.
    target
        Becomes an Arrow file with string columns named by their position.

    Raises
    ------
    DataError
        If there is no picture, no label, or the archive is damaged or made to do harm.
    """
    with _opened(path, name) as source:
        files = [one for one in source.sizes if not is_clutter(one)]
        if len(files) > MAX_FILES:
            raise DataError(
                f"{quoted(name)} holds {len(files):,} files; the most is {MAX_FILES:,}.",
                "Keep a part of the pictures.",
            )
        plan = _by_tables(source, files) or _by_folders(source, files, name, needs_labels=needs_labels)
        with _Rows(target, (IMAGE, *plan.columns), name) as rows:
            for file, others in plan.rows:
                try:
                    data = source.read(file)
                except (zipfile.BadZipFile, zlib.error, EOFError, OSError):
                    rows.broken[file] = "damaged or cut off"
                    continue
                rows.add(data, file, others)
        if not rows.num_rows:
            raise DataError(f"{quoted(name)} holds no picture that can be read.", _CLASS_FOLDERS)
        return [IMAGE, *plan.columns], [*plan.findings, *rows.findings()]


def _by_folders(source: Source, files: Sequence[str], name: str, *, needs_labels: bool) -> _Plan:
    """Take the labels from the folders: the first below what all have in common, and below the parts."""
    pictures = [one for one in files if is_picture_name(one)]
    if not pictures:
        raise DataError(f"{quoted(name)} holds no pictures.", _CLASS_FOLDERS)
    inside = {one: PurePosixPath(one).parts[:-1] for one in pictures}
    inside = _below_common(inside)
    parts = {one: where[0] if where else "" for one, where in inside.items()}
    is_divided = all(_is_part(part) for part in parts.values())
    if is_divided:
        inside = {one: where[1:] for one, where in inside.items()}
    elif all(len(where) > 1 and _is_part(where[1]) for where in inside.values()):  # cats/train/1.jpg
        is_divided, parts = True, {one: where[1] for one, where in inside.items()}
    labels = {one: where[0] if where else "" for one, where in inside.items()}
    if len({label for label in labels.values() if label}) < 2 and needs_labels:
        only = next((label for label in labels.values() if label), "")
        raise DataError(
            f"{quoted(name)} has pictures of one class only: {quoted(only)}."
            if only
            else f"{quoted(name)} has no class folders: nothing says what is in the pictures.",
            _CLASS_FOLDERS,
        )
    columns = (LABEL, *([SPLIT] if is_divided else []), FILE)
    rows = [(one, (labels[one], *([parts[one]] if is_divided else []), one)) for one in pictures]
    return _Plan(columns=columns, rows=rows, findings=[*_left_out(source, files, pictures)])


def _below_common(inside: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    common = os.path.commonprefix(list(inside.values())) if len(inside) > 1 else ()
    while common and len({where[: len(common)] for where in inside.values()}) > 1:
        common = common[:-1]
    if len(common) and all(len(where) == len(common) for where in inside.values()):
        common = common[:-1]  # every picture lies in one folder: that is a class, and the only one
    return {one: where[len(common) :] for one, where in inside.items()}


def _is_part(folder: str) -> bool:
    return (
        folder.isascii()
        and folder.replace("_", "").replace("-", "").isalpha()
        and (folder.lower() not in _FLAGS and part_of(folder) is not None)
    )


def _left_out(source: Source, files: Iterable[str], pictures: Sequence[str]) -> Iterator[Finding]:
    others = sorted(set(files) - set(pictures))
    if others:
        yield Finding(
            code="other_files",
            severity="info",
            message=f"{plural(len(others), 'file')} left out: not called like a picture.",
            count=len(others),
            examples=tuple(others[:5]),
            remedy="Give them an ending such as .jpg if they are pictures.",
        )
    full = {str(parent) for one in pictures for parent in PurePosixPath(one).parents}
    empty = [one for one in source.folders if one not in full and not is_clutter(f"{one}/x")]
    if empty:
        yield Finding(
            code="empty_folders",
            severity="info",
            message=f"{plural(len(empty), 'folder')} without a picture: {quoted_names(empty, 5)}.",
            count=len(empty),
            remedy="Add pictures of this class, or go on without it.",
        )


def _by_tables(source: Source, files: Sequence[str]) -> _Plan | None:
    """Take the labels from tables beside the pictures, whose names stand in one column; None without any."""
    pictures = [one for one in files if is_picture_name(one)]
    rows, findings, columns = list[tuple[str, dict[str, str]]](), list[Finding](), dict[str, None]()
    taken = set[str]()
    for table in (one for one in files if one.lower().endswith(TABLES)):
        found = _read_metadata(source, table, pictures)
        if found is None:
            continue
        taken.add(table)
        own, missing, others = found
        rows += own
        columns |= dict.fromkeys(others)
        if missing:
            findings.append(
                Finding(
                    code="missing_pictures",
                    severity="warning",
                    message=f"{plural(len(missing), 'row')} of {quoted(table)} left out: no such picture.",
                    count=len(missing),
                    examples=tuple(missing[:5]),
                    remedy="Add these pictures to the archive, or correct their names in the table.",
                )
            )
    if not rows:
        return None
    named = {one for one, _ in rows}
    surplus = [one for one in pictures if one not in named]
    if surplus:
        findings.append(
            Finding(
                code="surplus_pictures",
                severity="warning",
                message=f"{plural(len(surplus), 'picture')} left out: in no row of"
                f" {quoted_names(sorted(taken), 3)}.",
                count=len(surplus),
                examples=tuple(surplus[:5]),
                remedy="Add rows with their names and labels.",
            )
        )
    rest = [one for one in files if one not in taken]
    findings += _left_out(Source(sizes=source.sizes, folders=(), read=source.read), rest, pictures)
    parts = {
        one: next((part for part in PurePosixPath(one).parts[:-1] if _is_part(part)), "") for one in named
    }
    adds_part = SPLIT not in columns and all(parts.values()) and len(set(parts.values())) > 1
    names = (*columns, *([SPLIT] if adds_part else []), *([FILE] if FILE not in columns else []))
    cells = [
        (one, tuple({SPLIT: parts[one], FILE: one, **row}.get(name, "") for name in names))
        for one, row in rows
    ]
    return _Plan(columns=names, rows=cells, findings=findings)


def _read_metadata(
    source: Source, table: str, pictures: Sequence[str]
) -> tuple[list[tuple[str, dict[str, str]]], list[str], list[str]] | None:
    """Read a table; its rows by the pictures that they name, names without one, and its other columns."""
    if source.sizes[table] > min(_MOST_TABLE_BYTES, MOST_BYTES):
        return None
    with tempfile.TemporaryDirectory(prefix="tl-names-") as folder:
        copy = Path(folder) / "table"
        copy.write_bytes(source.read(table))
        with suppress(DataError):
            columns = read_table(copy, name=PurePosixPath(table).name, min_columns=2).columns
            return _match(columns, PurePosixPath(table).parent, pictures)
    return None


def _match(
    columns: pa.Table, folder: PurePosixPath, pictures: Sequence[str]
) -> tuple[list[tuple[str, dict[str, str]]], list[str], list[str]] | None:
    below = {one: _inside(one, folder) for one in pictures}
    bare = Counter(PurePosixPath(one).name for one in pictures)
    stems = Counter(PurePosixPath(one).stem for one in pictures)
    by_name = {
        **{PurePosixPath(one).stem: one for one in pictures if stems[PurePosixPath(one).stem] == 1},
        **{PurePosixPath(one).name: one for one in pictures if bare[PurePosixPath(one).name] == 1},
        **{one: one for one in pictures},
        **{inside: one for one, inside in below.items() if inside},
    }

    def pictures_of(column: str) -> list[str | None]:
        cells = (cell.strip().replace("\\", "/").removeprefix("./") for cell in columns[column].to_pylist())
        return [by_name.get(cell) for cell in cells]

    found = {column: pictures_of(column) for column in columns.column_names}
    best = max(found, key=lambda column: sum(one is not None for one in found[column]))
    if sum(one is not None for one in found[best]) < max(1, columns.num_rows / 2):
        return None
    others = [column for column in columns.column_names if column not in (best, IMAGE)]
    values = columns.select(others).to_pylist()
    cells = columns[best].to_pylist()
    rows = [(one, row) for one, row in zip(found[best], values, strict=True) if one is not None]
    missing = [cell for one, cell in zip(found[best], cells, strict=True) if one is None]
    return rows, missing, others


def _inside(picture: str, folder: PurePosixPath) -> str:
    path = PurePosixPath(picture)
    return path.relative_to(folder).as_posix() if folder in path.parents else ""


def picture_column(schema: pa.Schema) -> str | None:
    """Name the first column of a Parquet file that holds pictures: bytes and path, as Hugging Face has it."""
    for one in schema:
        kind = one.type
        if pa.types.is_struct(kind) and kind.get_field_index("bytes") >= 0:
            inner = kind.field("bytes").type
            if pa.types.is_binary(inner) or pa.types.is_large_binary(inner):
                return str(one.name)
    return None


def write_parquet(path: Path, name: str, target: Path) -> tuple[list[str], list[Finding]] | None:
    """Write the pictures of a Parquet file as rows, as `write_files` does; None if it has no such column."""
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError):
        return None  # what reads tables says what is wrong with it
    try:
        column = picture_column(file.schema_arrow)
        if column is None:
            return None
        others = [one for one in file.schema_arrow.names if one not in (column, FILE)]
        words = _class_names(file.schema_arrow)
        with _Rows(target, (IMAGE, *others, FILE), name) as rows:
            place = 0
            for batch in file.iter_batches(batch_size=256):
                values = [_texts(batch[one], words.get(one)) for one in others]
                for cell, *row in zip(batch[column].to_pylist(), *values, strict=True):
                    place += 1
                    called = (cell or {}).get("path") or f"row {place}"
                    rows.add((cell or {}).get("bytes") or b"", called, (*row, called))
        if not rows.num_rows:
            raise DataError(f"{quoted(name)} holds no picture that can be read.", "Write the pictures again.")
        return [IMAGE, *others, FILE], [*rows.findings()]
    except (pa.ArrowException, OSError) as error:
        raise DataError(
            f"The Parquet file {quoted(name)} is damaged or cut off.", "Save or download it again."
        ) from error


def _class_names(schema: pa.Schema) -> dict[str, list[str]]:
    """Read the names that numbers of classes stand for, where Hugging Face has written them."""
    with suppress(ValueError, KeyError, TypeError, AttributeError):
        facts = json.loads((schema.metadata or {})[b"huggingface"])
        features = facts["info"]["features"]
        return {
            one: list(about["names"]) for one, about in features.items() if about.get("_type") == "ClassLabel"
        }
    return {}


def _texts(column: pa.Array, words: Sequence[str] | None) -> list[str]:
    found: list[str] = as_texts(column).to_pylist()
    if not words:
        return found
    return [words[int(one)] if one.isdigit() and int(one) < len(words) else one for one in found]
