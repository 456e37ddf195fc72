"""The options that say how a person's file is to be read."""

from dataclasses import dataclass
from typing import Annotated

import typer

from tl_core.files.reading import ReadChoices

_DELIMITERS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}
_NO_QUOTE = "none"


@dataclass(frozen=True, kw_only=True)
class ReadingOptions:
    """The options as they were typed; None is found in the file."""

    encoding: Annotated[
        str | None, typer.Option(help="Encoding of the file, such as utf-8. Default: detected.")
    ] = None
    delimiter: Annotated[
        str | None, typer.Option(help="Character between fields, or 'tab'. Default: detected.")
    ] = None
    quote: Annotated[
        str | None, typer.Option(help="Character around fields, or 'none'. Default: detected.")
    ] = None
    has_header: Annotated[
        bool | None,
        typer.Option(
            "--header/--no-header", help="Whether the first row names the columns. Default: detected."
        ),
    ] = None
    sheet: Annotated[str | None, typer.Option(help="Sheet of a workbook. Default: the first with cells.")] = (
        None
    )

    def choices(self) -> ReadChoices:
        """Return what the reader takes, without the words for what is hard to type in a shell."""
        return ReadChoices(
            encoding=self.encoding,
            delimiter=None if self.delimiter is None else _DELIMITERS.get(self.delimiter, self.delimiter),
            quote="" if self.quote == _NO_QUOTE else self.quote,
            has_header=self.has_header,
            sheet=self.sheet,
        )
