"""Where pictures come from, as the rows of a table: archives and folders of them, and Parquet files.

Labels are class folders, or stand in a table beside the pictures. Everything that is set aside is named and
counted. This runs in the sandbox: what decodes pictures is native code, and the files are from anywhere.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from tl_core.errors import DataError
from tl_core.files.headers import LABEL_NAMES
from tl_core.images.reading.by_folders import Places, look_at_folders, part_in
from tl_core.images.reading.by_tables import Metadata, read_tables
from tl_core.images.reading.parquet import write_parquet
from tl_core.images.reading.plan import CLASS_FOLDERS, Plan, empty_folders, left_out
from tl_core.images.reading.rows import FILE, IMAGE, LABEL, SPLIT, Rows
from tl_core.images.reading.sources import (
    DAMAGE,
    is_clutter,
    is_picture_name,
    named_after,
    names_and_stems,
    opened,
)
from tl_core.schema import Finding
from tl_core.words import plural, quoted, quoted_names

__all__ = ["are_pictures", "write_files", "write_parquet"]

MAX_FILES = 200_000


def are_pictures(names: Sequence[str]) -> bool:
    """Whether half of the files or more are called like pictures; notes on single ones are not counted."""
    own = [one for one in names if not is_clutter(one)]
    pictures = [one for one in own if is_picture_name(one)]
    single = names_and_stems(pictures)
    others = sum(not is_picture_name(one) and not named_after(one, single) for one in own)
    return bool(pictures) and len(pictures) >= others


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
    with opened(path, name) as source:
        files = [one for one in source.sizes if not is_clutter(one)]
        if len(files) > MAX_FILES:
            raise DataError(
                f"{quoted(name)} holds {len(files):,} files; the most is {MAX_FILES:,}.",
                "Keep a part of the pictures.",
            )
        pictures = [one for one in files if is_picture_name(one)]
        if not pictures:
            raise DataError(f"{quoted(name)} holds no pictures.", CLASS_FOLDERS)
        tables, places = read_tables(source, files, pictures), look_at_folders(pictures)
        used = [one for one in tables if one.rows]
        if used and needs_labels and (_have_labels(used) or len(places.classes) < 2):
            plan = _by_tables(used, pictures, places)
        else:
            if needs_labels:
                _require_classes(places, tables, pictures, name)
            plan = _by_folders(used, pictures, places, is_whole=not needs_labels)
        findings = [*plan.findings, *_others(tables, {*files} - {*pictures})]
        if not used:
            findings += empty_folders(source, pictures)
        with Rows(target, (IMAGE, *plan.columns), name, keeps_all=not needs_labels) as rows:
            for file, others in plan.rows:
                try:
                    data = source.read(file)
                except (*DAMAGE, OSError):
                    rows.set_aside(file, "damaged or cut off", others)
                    continue
                rows.add(data, file, others)
        if not rows.num_pictures:
            raise DataError(f"{quoted(name)} holds no picture that can be read.", CLASS_FOLDERS)
        return [IMAGE, *plan.columns], [*findings, *rows.findings()]


def _have_labels(tables: Sequence[Metadata]) -> bool:
    """Whether a column is called as labels are."""
    return any(column.strip().casefold() in LABEL_NAMES for one in tables for column in one.columns)


def _by_tables(tables: Sequence[Metadata], pictures: Sequence[str], places: Places) -> Plan:
    """Take the labels from tables; parts from a column, from folders, or from what the tables are called."""
    columns = tuple(dict.fromkeys(column for table in tables for column in table.columns))
    rows, contradicted = _joined(tables)
    named = {one for one, _, _ in rows}
    parts: dict[str, str] = {}
    if SPLIT not in columns:
        by_table = {table.table: part_in(PurePosixPath(table.table).stem) for table in tables}
        for given in (
            {one: (places.parts or {}).get(one) for one in named},
            {one: by_table[table] for one, _, table in rows},
        ):
            if None not in given.values() and len(set(given.values())) > 1:
                parts = {one: part.value for one, part in given.items() if part is not None}
                break
    names = (*columns, *([SPLIT] if parts else []), *([FILE] if FILE not in columns else []))
    return Plan(
        columns=names,
        rows=[
            (one, tuple({SPLIT: parts.get(one, ""), FILE: one, **row}.get(column, "") for column in names))
            for one, row, _ in rows
        ],
        findings=[
            *_missing(tables),
            *_surplus(tables, [one for one in pictures if one not in named]),
            *_contradicted(contradicted),
        ],
    )


def _joined(
    tables: Sequence[Metadata],
) -> tuple[list[tuple[str, dict[str, str], str]], dict[str, str]]:
    """Make one row of what several tables say of a picture; what the first with labels says counts.

    Returns
    -------
    Pictures with their cells and the first table that names them, and those that a later table contradicts.
    """
    rows = list[tuple[str, dict[str, str], str]]()
    places, contradicted = dict[str, list[int]](), dict[str, str]()
    for table in sorted(tables, key=lambda one: not _have_labels([one])):
        own = dict[str, list[int]]()
        for picture, cells in table.rows:
            if picture not in places:
                own.setdefault(picture, []).append(len(rows))
                rows.append((picture, dict(cells), table.table))
            for place in places.get(picture, ()):
                known = rows[place][1]
                if any(known.get(column, cell) != cell for column, cell in cells.items()):
                    contradicted[picture] = table.table
                rows[place][1].update({**cells, **known})
        places |= own
    return rows, contradicted


def _by_folders(
    tables: Sequence[Metadata], pictures: Sequence[str], places: Places, *, is_whole: bool
) -> Plan:
    """Take the labels from folders, and what tables say besides; pictures in no part are left out.

    Parameters
    ----------
    is_whole
        Whether every picture is kept, wherever it lies.
    """
    parts = places.parts
    kept = [one for one in pictures if parts is None or is_whole or one in parts]
    is_divided = parts is not None and len(set(parts.values())) > 1
    told = {one: row for table in tables for one, row in table.rows}
    more = tuple(dict.fromkeys(column for table in tables for column in table.columns))
    columns = tuple(dict.fromkeys((LABEL, *([SPLIT] if is_divided else []), *more, FILE)))
    rows = []
    for one in kept:
        part = parts.get(one) if parts is not None else None
        cells = {LABEL: places.labels[one], **told.get(one, {}), FILE: one}
        if is_divided:
            cells[SPLIT] = part.value if part is not None else ""
        rows.append((one, tuple(cells.get(column, "") for column in columns)))
    return Plan(
        columns=columns,
        rows=rows,
        findings=[*_in_no_part([one for one in pictures if one not in {*kept}]), *_missing(tables)],
    )


def _require_classes(places: Places, tables: Sequence[Metadata], pictures: Sequence[str], name: str) -> None:
    if len(places.classes) > 1:
        return
    if tables and not places.classes:
        table = tables[0]
        raise DataError(
            f"{quoted(table.table)} names hardly any of the pictures: it has {quoted(table.first, 60)}, and"
            f" one of them is {quoted(pictures[0], 60)}.",
            "Write the names of the files into one column.",
        )
    raise DataError(
        f"{quoted(name)} has pictures of one class only: {quoted(min(places.classes))}."
        if places.classes
        else f"{quoted(name)} has no class folders: nothing says what is in the pictures.",
        CLASS_FOLDERS,
    )


def _missing(tables: Sequence[Metadata]) -> Iterator[Finding]:
    for one in tables:
        if one.missing:
            yield Finding(
                code="missing_pictures",
                severity="warning",
                message=f"{plural(len(one.missing), 'row')} of {quoted(one.table)} left out: no such"
                " picture.",
                count=len(one.missing),
                examples=tuple(one.missing[:5]),
                remedy="Add these pictures to the archive, or correct their names in the table.",
            )


def _surplus(tables: Sequence[Metadata], surplus: Sequence[str]) -> Iterator[Finding]:
    if surplus:
        yield Finding(
            code="surplus_pictures",
            severity="warning",
            message=f"{plural(len(surplus), 'picture')} left out: in no row of"
            f" {quoted_names(sorted(one.table for one in tables), 3)}.",
            count=len(surplus),
            examples=tuple(surplus[:5]),
            remedy="Add rows with their names and labels.",
        )


def _contradicted(pictures: Mapping[str, str]) -> Iterator[Finding]:
    if pictures:
        yield Finding(
            code="contradicting_tables",
            severity="warning",
            message=f"{plural(len(pictures), 'picture stands', 'pictures stand')} in two tables that differ:"
            f" what {quoted_names(sorted(set(pictures.values())), 3)} says was not used.",
            count=len(pictures),
            examples=tuple(pictures)[:5],
            remedy="Leave the table that does not count out of the archive.",
        )


def _in_no_part(pictures: Sequence[str]) -> Iterator[Finding]:
    if pictures:
        yield Finding(
            code="pictures_in_no_part",
            severity="warning",
            message=f"{plural(len(pictures), 'picture')} left out: neither in a training folder nor in"
            " one for validation or test.",
            count=len(pictures),
            examples=tuple(pictures[:5]),
            remedy="Move them into a class folder of one of the parts.",
        )


def _others(tables: Sequence[Metadata], others: Collection[str]) -> Iterator[Finding]:
    """Tell of files that are no pictures, and of tables that name none."""
    unused = {one.table for one in tables if not one.rows}
    if unused:
        yield Finding(
            code="unused_tables",
            severity="warning",
            message=f"Left out: {quoted_names(sorted(unused), 3)}. No column names the pictures.",
            count=len(unused),
            remedy="Write the names of the files into one column.",
        )
    yield from left_out([*{*others} - {one.table for one in tables}])
