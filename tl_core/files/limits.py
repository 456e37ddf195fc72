"""How wide and how large a table may be, whatever file it comes from."""

from tl_core.errors import DataError

MAX_COLUMNS = 2_000
MAX_CELLS = 200_000_000
"""Most cells of a table whose file does not write every cell."""
MAX_TABLE_BYTES = 4 << 30
KEEP_LESS = "Keep the columns with the text and the label, or a random part of the rows."
"""Most memory of a table whose file does not write every text."""


def check_num_columns(num_columns: int, min_columns: int, name: str) -> None:
    """Raise DataError if a table has too few columns for a text and a label, or implausibly many."""
    if num_columns < min_columns:
        found = "one" if num_columns else "none"
        raise DataError(
            f"Expected at least two columns, a text and a label; '{name}' has {found}.",
            "Add the labels as a second column; if a text file has two, name the delimiter between them.",
        )
    if num_columns > MAX_COLUMNS:
        raise DataError(
            f"Expected at most {MAX_COLUMNS:,} columns; '{name}' has {num_columns:,} or more.",
            "Keep the columns with the text and the label; if there are fewer, name the right delimiter.",
        )


def check_num_cells(num_cells: int, name: str) -> None:
    """Raise DataError if a table would not fit in memory."""
    if num_cells > MAX_CELLS:
        raise DataError(
            f"Expected at most {MAX_CELLS:,} cells; '{name}' has more.",
            "Keep the columns with the text and the label.",
        )


def check_num_bytes(num_bytes: int, name: str) -> None:
    """Raise DataError if a table's texts would not fit in memory."""
    if num_bytes > MAX_TABLE_BYTES:
        raise DataError(
            f"Expected texts of at most {MAX_TABLE_BYTES >> 30} GiB; '{name}' has more.",
            KEEP_LESS,
        )
