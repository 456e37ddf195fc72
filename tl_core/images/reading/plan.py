"""Which files are read as pictures, with the other cells of their rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from tl_core.images.reading.sources import Source, is_clutter
from tl_core.schema import Finding
from tl_core.words import plural, quoted_names

CLASS_FOLDERS = (
    "Put the pictures of each class into a folder of that name and zip the folders, or add a CSV with the"
    " columns file_name and label."
)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Rows by the name of their picture, without the cell of the picture itself."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[str, Sequence[str]]]
    findings: Sequence[Finding] = ()


def left_out(others: Sequence[str]) -> Iterator[Finding]:
    """Tell of files that are neither pictures nor tables that were used."""
    if others:
        yield Finding(
            code="other_files",
            severity="info",
            message=f"{plural(len(others), 'file')} left out: not called like a picture.",
            count=len(others),
            examples=tuple(sorted(others)[:5]),
            remedy="Give them an ending such as .jpg if they are pictures.",
        )


def empty_folders(source: Source, pictures: Sequence[str]) -> Iterator[Finding]:
    """Tell of folders without a picture, which may have been meant for a class."""
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
