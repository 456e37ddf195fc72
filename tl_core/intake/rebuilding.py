"""A database made again from the folders beside it, after it was lost or replaced."""

from dataclasses import dataclass

from pydantic import ValidationError

from tl_core.datasets.dataset import INFO_FILE
from tl_core.errors import TlError
from tl_core.outside import read_bytes
from tl_core.schema import DatasetInfo
from tl_core.store.workspace import Workspace
from tl_core.words import plural


@dataclass(frozen=True, kw_only=True)
class Rebuilt:
    """The runs that have rows again, and why others have not, in their sentences."""

    run_ids: tuple[str, ...]
    problems: tuple[TlError, ...]


def unlisted_sentence(num_runs: int) -> str:
    """Say that there are run folders without rows."""
    return (
        f"{plural(num_runs, 'run folder is', 'run folders are')} not in the workspace's database, which was"
        " lost or replaced. No result is lost."
    )


def rebuild(workspace: Workspace) -> Rebuilt:
    """Add the rows of every dataset and run folder that the database does not know.

    What was queued, and what a person had entered, stood in the database alone.
    """
    known = {info.fingerprint for info in workspace.database.list_datasets()}
    for path in sorted(workspace.root.glob(f"datasets/*/{INFO_FILE}")):
        if path.parent.name not in known and (info := _read_info(workspace, path.parent.name)) is not None:
            workspace.database.add_dataset(info)
    taken_in, problems = [], []
    for run_id in workspace.unlisted_runs():
        try:
            taken_in.append(workspace.import_run(workspace.root / "runs" / run_id))
        except TlError as error:
            problems.append(error)
    return Rebuilt(run_ids=tuple(taken_in), problems=tuple(problems))


def _read_info(workspace: Workspace, fingerprint: str) -> DatasetInfo | None:
    """Read what a dataset's folder says of it; None if that is damaged: its runs tell without it."""
    try:
        written = read_bytes(workspace.root / "datasets" / fingerprint / INFO_FILE)
        info = DatasetInfo.model_validate_json(written)
    except (OSError, ValidationError):
        return None
    return info if info.fingerprint == fingerprint else None
