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
    typer.Option("--text", help="Text column; several are joined. Default: detected."),
]


@dataclass(frozen=True, kw_only=True)
class ColumnOptions:
    """The options that say what the examples and labels are, as they were typed."""

    text: TextsOption = None
    is_pair: Annotated[
        bool, typer.Option("--pair", help="Treat the two text columns as a pair instead of joining them.")
    ] = False
    modality: Annotated[
        str | None,
        typer.Option(
            help="Kind of examples: text, image, or one that TL_MODALITIES adds. Default: by the file."
        ),
    ] = None
    label: Annotated[
        list[str] | None,
        typer.Option(help="Label column, or one column of ones and zeros per label. Default: detected."),
    ] = None
    edges: Annotated[
        str | None,
        typer.Option("--bins", help="Limits that cut numeric labels into classes, such as 2.5,3.5."),
    ] = None
    label_map: Annotated[
        Path | None, typer.Option(help="File with two columns: a label and the new name.")
    ] = None
    weight: Annotated[
        str | None,
        typer.Option(
            help="Column that says how much each row counts in training. The test counts all rows the same."
        ),
    ] = None

    def columns(self) -> dict[str, Any]:
        """Return what `choose_columns` takes. Raises PlanError and DataError for what cannot be meant."""
        if self.is_pair and len(self.text or ()) != 2:
            raise PlanError(
                f"--pair needs two text columns, not {len(self.text or ())}.",
                "Choose both, such as --text premise --text hypothesis --pair.",
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
        str | None, typer.Option(help="Column of groups. A group is never split between parts.")
    ] = None
    time: Annotated[str | None, typer.Option(help="Date column: the newest rows become the test.")] = None
    split_column: Annotated[
        str | None, typer.Option(help="Column that says train, validation or test for each row.")
    ] = None
    keep_together: Annotated[
        str | None,
        typer.Option(
            help=f"Keep near duplicates of this similarity in one part, or 'no'. Default: {USUAL_THRESHOLD}."
        ),
    ] = None
    sealed: Annotated[
        float | None,
        typer.Option(
            min=0.05,
            max=0.95,
            help="Seal this share of the test, such as 0.5, until it is opened once with `unseal`.",
        ),
    ] = None
    should_guess_roles: Annotated[
        bool,
        typer.Option(
            "--roles/--no-roles",
            help="Use detected split, group and weight columns, as the page does.",
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
