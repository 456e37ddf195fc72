"""The commands of ``python -m tl_core``. Progress goes to stderr, results to stdout."""

import json
import logging
import os
import shlex
import sys
from pathlib import Path
from typing import Annotated

import click
import typer

from tl_core.cli import commands
from tl_core.cli.column_options import ColumnOptions, DatasetOptions, TextsOption
from tl_core.cli.commands import BaseModelOption, CompareOptions, MaxLengthOption
from tl_core.cli.option_records import takes_records
from tl_core.cli.reading_options import ReadingOptions
from tl_core.errors import TlError
from tl_core.export.outputs import ExportFormat
from tl_core.intake.rebuilding import unlisted_sentence
from tl_core.schema import ScoredIn
from tl_core.settings import Settings
from tl_core.store.workspace import Workspace
from tl_core.words import plural

app = typer.Typer(
    help="Measure how much pretraining helps on your own texts.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

WorkspaceOption = Annotated[
    Path | None,
    typer.Option("--workspace", help="Folder for all data and runs. Default: TL_WORKSPACE or ./workspace."),
]
JsonOption = Annotated[Path | None, typer.Option("--json", help="Write the result to this file, as JSON.")]


def _open(workspace: Path | None, *, tells_unlisted: bool = True) -> Workspace:
    """Open the workspace; say on stderr if it has runs that its database does not know."""
    settings = Settings.from_environment(workspace)
    os.environ["TL_WORKSPACE"] = str(settings.workspace)  # the catalogue asks it for local base models
    opened = Workspace.open(settings)
    if tells_unlisted and (unlisted := opened.unlisted_runs()):
        remedy = f"Import them with: python -m tl_core import --workspace {shlex.quote(str(opened.root))}"
        _say(f"{unlisted_sentence(len(unlisted))} {remedy}")
    return opened


@app.command()
@takes_records
def compare(
    data: Annotated[
        Path, typer.Argument(help="File with texts and labels, or dataset:FINGERPRINT for a stored dataset.")
    ],
    columns: DatasetOptions,
    reading: ReadingOptions,
    options: CompareOptions,
    workspace: WorkspaceOption = None,
    json_path: JsonOption = None,
) -> None:
    """Train every model on the same split, and say how they differ."""
    opened = _open(workspace)
    experiment = commands.plan_comparison(opened, data, columns, reading.choices(), options, _say)
    report = commands.carry_out_comparison(opened, experiment, _say)
    _write_json(json_path, report)
    for line in commands.verdict_lines(report):
        typer.echo(line)
    _fail_for(commands.damage_lines(report))
    if commands.has_failures(report):
        raise typer.Exit(1)


@app.command()
@takes_records
def predict(
    run: Annotated[str, typer.Argument(metavar="RUN_ID", help="A finished run, or an exported folder.")],
    source: Annotated[Path, typer.Argument(metavar="IN.csv", help="File with texts.")],
    target: Annotated[Path, typer.Argument(metavar="OUT.csv")],
    reading: ReadingOptions,
    text: TextsOption = None,
    precision: Annotated[
        ScoredIn | None,
        typer.Option(help="Default: bfloat16 where it is native. int8 is measured on validation first."),
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Predict a file with a finished run."""
    opened = _open(workspace)
    num_rows = commands.predict(opened, run, source, target, text or (), reading.choices(), _say, precision)
    typer.echo(f"{plural(num_rows, 'row')} written to {target}")


@app.command()
@takes_records
def profile(
    data: Annotated[Path, typer.Argument(help="File with texts and labels.")],
    columns: ColumnOptions,
    reading: ReadingOptions,
    base_model: BaseModelOption = "builtin",
    max_length: MaxLengthOption = 128,
    json_path: JsonOption = None,
) -> None:
    """Show how a file is read, and what is wrong with it."""
    found = commands.profile(data, columns, reading.choices(), base_model, max_length)
    _write_json(json_path, found.model_dump(mode="json"))
    for line in commands.profile_lines(found):
        typer.echo(line)


@app.command()
def export(
    run: Annotated[str, typer.Argument(metavar="RUN_ID")],
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Must not exist yet.")],
    format_: Annotated[ExportFormat, typer.Option("--format")] = ExportFormat.HF,
    workspace: WorkspaceOption = None,
) -> None:
    """Export a finished run's model, after checking that it answers as the run did."""
    for line in commands.export(_open(workspace), run, folder, format_).sentences:
        _say(line)
    typer.echo(f"Model written to {folder}")


@app.command()
def verify(
    run: Annotated[
        str, typer.Argument(metavar="RUN_OR_FOLDER", help="A finished run, or an exported folder.")
    ],
    workspace: WorkspaceOption = None,
    json_path: JsonOption = None,
) -> None:
    """Check that an exported model answers as the run did; exit status 1 if not."""
    verified = commands.verify(_open(workspace), run)
    _write_json(json_path, {"is_passed": verified.is_passed, **verified.model_dump(mode="json")})
    for line in verified.sentences:
        typer.echo(line)
    if not verified.is_passed:
        raise typer.Exit(1)


@app.command()
def report(
    experiment: Annotated[str, typer.Argument(metavar="EXPERIMENT_ID")],
    target: Annotated[Path, typer.Argument(metavar="OUT.html", help="Is replaced if it exists.")],
    workspace: WorkspaceOption = None,
) -> None:
    """Write an experiment's report: one HTML file that opens offline and prints to PDF."""
    damage = commands.report(_open(workspace), experiment, target)
    typer.echo(f"Report written to {target}")
    _fail_for(damage)


@app.command()
def unseal(
    experiment: Annotated[str, typer.Argument(metavar="EXPERIMENT_ID")],
    is_sure: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Open the sealed part of an experiment's test, once, and say what it shows."""
    opened = _open(workspace)
    if not is_sure:
        typer.confirm("Open the sealed test examples? It can be done once.", abort=True)
    typer.echo(commands.unseal(opened, experiment))


@app.command()
def runs(workspace: WorkspaceOption = None) -> None:
    """List every run."""
    lines, damage = commands.run_lines(_open(workspace))
    for line in lines:
        typer.echo(line)
    _fail_for(damage)


@app.command()
def show(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="A run or an experiment.")],
    workspace: WorkspaceOption = None,
) -> None:
    """Show a run's record, or an experiment's results, as JSON."""
    shown = commands.show(_open(workspace), identifier)
    typer.echo(json.dumps(shown, indent=2, ensure_ascii=False))
    _fail_for(commands.damage_lines(shown))


@app.command()
def cancel(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="A run or an experiment.")],
    workspace: WorkspaceOption = None,
) -> None:
    """Cancel a run, or every unfinished run of an experiment."""
    commands.cancel(_open(workspace), identifier)


@app.command()
def delete(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="A run or an experiment.")],
    workspace: WorkspaceOption = None,
) -> None:
    """Delete a run, or an experiment with all runs, and their files."""
    commands.delete(_open(workspace), identifier)


@app.command(name="import")
def import_(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FOLDER]...", help="Run folders. Default: those in the workspace."),
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Import run folders, or the workspace's own after the database was lost."""
    run_ids, problems = commands.import_runs(_open(workspace, tells_unlisted=False), folders or [])
    for run_id in run_ids:
        typer.echo(run_id)
    for problem in problems:
        _say(f"tl_core: {problem}")
    if problems:
        raise typer.Exit(max(problem.exit_code for problem in problems))


@app.command()
def worker(workspace: WorkspaceOption = None) -> None:
    """Do queued jobs until stopped."""
    from tl_core.jobs.worker import work

    if not work(Settings.from_environment(workspace)):
        typer.echo("Another worker is running in this workspace and does the jobs.", err=True)


def _say(line: str) -> None:
    typer.echo(line, err=True)


def _fail_for(damage: list[str]) -> None:
    """Say what is damaged, one line each, and end with status 1; go on if nothing is."""
    for line in damage:
        _say(line)
    if damage:
        raise typer.Exit(1)


def _write_json(path: Path | None, content: object) -> None:
    if path is not None:
        path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> None:
    """Run one command; a user's mistake is one line and exit status 2, a failure exit status 1."""
    try:
        app(prog_name="tl_core")
    except TlError as error:
        print(f"tl_core: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except (click.exceptions.Abort, KeyboardInterrupt):
        sys.exit(1)
    except Exception:
        logging.getLogger(__name__).exception("This is a fault of the program, not of your input")
        sys.exit(1)
