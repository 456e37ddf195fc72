"""The options that say which columns of a file make a dataset, and how it is split."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from tl_core.datasets.label_maps import read_label_map
from tl_core.datasets.labels import read_edges
from tl_core.errors import PlanError
from tl_core.intake.intake import USUAL_THRESHOLD
from tl_core.schema import ColumnChoice, SplitMethod, SplitRule
from tl_core.words import quoted

TextsOption = Annotated[
    list[str] | None,
    typer.Option("--text", help="Text column; several are joined. Guessed if not given."),
]


@dataclass(frozen=True, kw_only=True)
class ColumnOptions:
    """The options that say what the examples and labels are, as they were typed."""

    text: TextsOption = None
    is_pair: Annotated[
        bool, typer.Option("--pair", help="The two text columns are a pair of texts and not joined into one.")
    ] = False
    modality: Annotated[
        str | None,
        typer.Option(help="What the examples are, of those that TL_MODALITIES adds. Default: texts."),
    ] = None
    label: Annotated[
        list[str] | None,
        typer.Option(help="Label column, or several of ones and zeros, one a class. Guessed if not given."),
    ] = None
    edges: Annotated[
        str | None,
        typer.Option("--bins", help="Limits that cut numeric labels into classes, such as 2.5,3.5."),
    ] = None
    label_map: Annotated[
        Path | None, typer.Option(help="File with two columns: a label and its new name.")
    ] = None
    weight: Annotated[
        str | None,
        typer.Option(help="Column of how much each row counts in training; test counts all alike."),
    ] = None

    def columns(self) -> dict[str, Any]:
        """Return what `choose_columns` takes. Raises PlanError and DataError for what cannot be meant."""
        if self.is_pair and len(self.text or ()) != 2:
            raise PlanError(
                f"--pair needs two text columns, not {len(self.text or ())}.",
                "Name both, such as --text premise --text hypothesis --pair.",
            )
        return {
            "text": tuple(self.text or ()),
            "modality": self.modality,
            "is_pair": self.is_pair,
            "label": tuple(self.label or ()),
            "edges": read_edges(self.edges or ""),
            "label_map": read_label_map(self.label_map) if self.label_map else {},
            "weight": self.weight,
        }


@dataclass(frozen=True, kw_only=True)
class DatasetOptions(ColumnOptions):
    """And those that say how the examples are split."""

    group: Annotated[
        str | None, typer.Option(help="Column of what belongs together; no group crosses a split.")
    ] = None
    time: Annotated[str | None, typer.Option(help="Date column; test gets the newest rows.")] = None
    split_column: Annotated[str | None, typer.Option(help="Column that says train, validation or test.")] = (
        None
    )
    keep_together: Annotated[
        str | None,
        typer.Option(
            help=f"Similarity of near duplicates that stay in one part, or 'no'. Default: {USUAL_THRESHOLD}."
        ),
    ] = None
    should_guess_roles: Annotated[
        bool,
        typer.Option(
            "--roles/--no-roles",
            help="Take a split, group or weight column that is recognised, as the page does.",
        ),
    ] = True

    def columns(self) -> dict[str, Any]:
        """Return what `choose_columns` takes. Raises PlanError and DataError for what cannot be meant."""
        return super().columns() | {
            "group": self.group,
            "time": self.time,
            "split": self.split_column,
            "should_guess_roles": self.should_guess_roles,
        }

    def rule(self, choice: ColumnChoice) -> SplitRule | None:
        """Return the rule that was asked for, for the columns chosen; None leaves it to the usual one."""
        if self.keep_together is None and self.time is None:
            return None
        method = SplitMethod.GROUPED if choice.group else SplitMethod.STRATIFIED
        method = SplitMethod.OWN if choice.split else SplitMethod.BY_TIME if self.time else method
        text = self.keep_together
        if text is None or text == "no":
            return SplitRule(method=method, keep_together=USUAL_THRESHOLD if text is None else None)
        values = read_edges(text)
        if len(values) != 1 or not 0.5 <= values[0] <= 1:
            raise PlanError(
                f"--keep-together cannot be {quoted(text)}.",
                f"Use a similarity from 0.5 to 1 (the usual one is {USUAL_THRESHOLD}), or “no”.",
            )
        return SplitRule(method=method, keep_together=values[0])
