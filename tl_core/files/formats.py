"""What kind of file some bytes are, told by the bytes and never by the file's name alone."""

import re
import zipfile

from tl_core.errors import DataError
from tl_core.schema import FileFormat

GZIP = b"\x1f\x8b"
ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_SAVE_AS_CSV = "Open it in its own program, save it as CSV (UTF-8) and use that file."
_NEEDS_TEXTS = "Use a table with a column of texts and a column of labels, such as a CSV file."
_DOWNLOAD = "Download the file itself, not the page that shows it."
_SAVE_AS_TABLE = "Save the table as Parquet or CSV."
UNPACK = "Unpack it and use the file inside."
_UNPACK = f"{UNPACK[:-1]}; of archives, gzip and zip with one file are read."
SAVE_AGAIN = "Save or download it again."

# What stands at the beginning, what it is and what to do. None of these is the beginning of a usual table.
_REFUSED: tuple[tuple[re.Pattern[bytes], str, str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), kind, remedy)
    for pattern, kind, remedy in (
        (rb"%PDF-", "a PDF document", _SAVE_AS_CSV),
        (rb"\{\\rtf", "a formatted document (RTF)", _SAVE_AS_CSV),
        (rb"\x89PNG\r\n", "a PNG image", _NEEDS_TEXTS),
        (rb"\xff\xd8\xff", "a JPEG image", _NEEDS_TEXTS),
        (rb"GIF8[79]a", "a GIF image", _NEEDS_TEXTS),
        (rb"RIFF....(WEBP|WAVE|AVI )", "an image, sound or film", _NEEDS_TEXTS),
        (rb"(II\*\0|MM\0\*)", "a TIFF image", _NEEDS_TEXTS),
        (rb"<!doctype html|<html", "a web page", _DOWNLOAD),
        (rb"<\?xml", "an XML document", _SAVE_AS_CSV),
        (rb"BZh[1-9]1AY&SY", "a bzip2 archive", _UNPACK),
        (rb"\xfd7zXZ\0", "an xz archive", _UNPACK),
        (rb"\x28\xb5\x2f\xfd", "a Zstandard archive", _UNPACK),
        (rb"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
        (rb"Rar!\x1a\x07", "a RAR archive", _UNPACK),
        (rb".{257}ustar", "a tar archive", _UNPACK),
        (rb"SQLite format 3\0", "an SQLite database", "Export the table as CSV (UTF-8) and use that file."),
        (rb"ARROW1\0\0", "an Arrow file", _SAVE_AS_TABLE),
        (rb"\x80[\x02-\x05]", "a Python pickle", _SAVE_AS_TABLE),
        (rb"\x93NUMPY|\x89HDF\r\n", "a file of numbers", _NEEDS_TEXTS),
    )
)

# A page header, which begins with a control character, follows the mark, as it never does in a text.
_PARQUET = re.compile(rb"PAR1[\x00-\x08\x0b\x0c\x0e-\x1f]")


def refuse_other_files(head: bytes, name: str) -> None:
    """Raise DataError if a file is of a kind that holds no table, or whose table is not read.

    Parameters
    ----------
    head
        The file's beginning, some hundred bytes or more.
    name
        What the person calls it.
    """
    beginning = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for pattern, kind, remedy in _REFUSED:
        if pattern.match(head) or pattern.match(beginning):
            raise DataError(f"Expected a table; '{name}' is {kind}.", remedy)


def binary_format(head: bytes) -> FileFormat | None:
    """Return the format of a workbook or Parquet file, None for any other."""
    if head.startswith((*ZIP, OLD_OFFICE)):
        return FileFormat.EXCEL
    return FileFormat.PARQUET if _PARQUET.match(head) else None


def is_packed(head: bytes) -> bool:
    """Whether a file that begins like this holds several times as much as its size says."""
    return head.startswith((GZIP, *ZIP)) or binary_format(head) is not None


def is_workbook(archive: zipfile.ZipFile, name: str) -> bool:
    """Whether a zip archive is an Excel or OpenDocument workbook.

    Raises
    ------
    DataError
        If it is another document in the form of an archive.
    """
    members = set(archive.namelist())
    is_stated = "mimetype" in members and archive.getinfo("mimetype").file_size <= 100
    kind = archive.read("mimetype")[:100] if is_stated else b""
    if kind.startswith(b"application/vnd.oasis.opendocument.spreadsheet"):
        return True
    if kind or members & {"word/document.xml", "ppt/presentation.xml", "Index/Document.iwa", "Index.zip"}:
        raise DataError(
            f"Expected a table; '{name}' is a document of an office program, but no Excel or OpenDocument"
            " workbook.",
            "Open it in its own program and save the table as CSV (UTF-8) or as an Excel workbook.",
        )
    return bool(members & {"xl/workbook.xml", "xl/workbook.bin"})
