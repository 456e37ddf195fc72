"""Whether a file's first row names its columns, and what the columns are called."""

import re
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

TEXT_NAMES = (
    *(
        "text",
        "texts",
        "sentence",
        "review",
        "reviews",
        "message",
        "comment",
        "comments",
        "tweet",
        "utterance",
    ),
    *(
        "content",
        "body",
        "document",
        "description",
        "question",
        "query",
        "headline",
        "title",
        "summary",
        "post",
    ),
    *("phrase", "input", "abstract", "feedback", "sms", "v2", "metin", "satz", "texte", "texto", "testo"),
)
LABEL_NAMES = (
    *(
        "label",
        "labels",
        "category",
        "sentiment",
        "intent",
        "class",
        "topic",
        "target",
        "emotion",
        "polarity",
    ),
    *("rating", "stars", "score", "stance", "tag", "type", "airline_sentiment", "y", "v1", "kategori"),
    *("kategorie", "categoria", "catégorie", "etiqueta", "etichetta", "klasse", "duygu"),
)

_NUMBER = re.compile(r"\s*[-+]?(\d+([.,]\d*)?|[.,]\d+)(e[-+]?\d+)?\s*", re.IGNORECASE)
_LONGEST_NAME = 100


def has_header_row(rows: pa.Table) -> bool:
    """Judge whether the first row holds names.

    It does if its cells are usual names, or short words that are no numbers and do not come again further
    down in their own column, as a label would; a copy of the whole row does not count. In a single column
    only a usual name counts.

    Parameters
    ----------
    rows
        All rows of the file, at least one.
    """
    cells = [column[0].as_py().strip() for column in rows.columns]
    if len(cells) == 1:  # a file of texts alone: better the name among the texts than a text lost as a name
        return bool(_usual(cells))
    if len(_usual(cells)) >= 2 or cells == [str(index) for index in range(len(cells))]:
        return True
    if not any(cells) or any(_NUMBER.fullmatch(cell) or len(cell) > _LONGEST_NAME for cell in cells):
        return False

    rest = rows.slice(1)
    matches = [pc.equal(below, column[0]) for below, column in zip(rest.columns, rows.columns, strict=True)]
    is_copy = matches[0]
    for match in matches[1:]:
        is_copy = pc.and_(is_copy, match)
    return not any(
        pc.any(pc.and_not(match, is_copy)).as_py()
        for match, cell in zip(matches, cells, strict=True)
        if cell and not _usual([cell])
    )


def column_names(cells: Sequence[str]) -> list[str]:
    """Return a distinct, non-empty name for every cell of a header row.

    >>> column_names(["title", "", "title"])
    ['title', 'column_2', 'title_2']
    """
    names: dict[str, None] = {}
    numbers: dict[str, int] = {}  # the last used for each name, so that thousands of equal ones take no time
    for position, cell in enumerate(cells, start=1):
        wanted = name = cell.strip() or f"column_{position}"
        number = numbers.get(wanted, 1)
        while name in names:
            number += 1
            name = f"{wanted}_{number}"
        numbers[wanted] = number
        names[name] = None
    return list(names)


def _usual(cells: Sequence[str]) -> list[str]:
    return [cell for cell in cells if cell.casefold() in TEXT_NAMES or cell.casefold() in LABEL_NAMES]
