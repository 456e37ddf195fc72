"""The options that say how a person's file is to be read."""

from typing import Annotated

import typer

from tl_core.files.reading import ReadChoices

_DELIMITERS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}
_NO_QUOTE = "none"

EncodingOption = Annotated[
    str | None, typer.Option("--encoding", help="Encoding of the file, such as utf-8. Found if not given.")
]
DelimiterOption = Annotated[
    str | None, typer.Option("--delimiter", help="Character between fields, or 'tab'. Found if not given.")
]
QuoteOption = Annotated[
    str | None, typer.Option("--quote", help="Character around fields, or 'none'. Found if not given.")
]
HeaderOption = Annotated[
    bool | None,
    typer.Option("--header/--no-header", help="Whether the first row names the columns. Found if not given."),
]
SheetOption = Annotated[
    str | None, typer.Option("--sheet", help="Sheet of a workbook. Default: the first with cells.")
]


def read_choices(
    encoding: str | None, delimiter: str | None, quote: str | None, has_header: bool | None, sheet: str | None
) -> ReadChoices:
    """Put the options together, with words for what is hard to type in a shell."""
    return ReadChoices(
        encoding=encoding,
        delimiter=_DELIMITERS.get(delimiter, delimiter) if delimiter is not None else None,
        quote="" if quote == _NO_QUOTE else quote,
        has_header=has_header,
        sheet=sheet,
    )
