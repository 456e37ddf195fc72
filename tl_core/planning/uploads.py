"""Files that a person has brought and not yet made a dataset of, kept under ids of our own."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tl_core.data.columns import ColumnGuess, guess_columns
from tl_core.data.dataset import build_dataset
from tl_core.data.reading import Table, read_table
from tl_core.data.splitting import make_split
from tl_core.errors import DataError, NotFoundError
from tl_core.planning.launching import Intake
from tl_core.schema import Frozen
from tl_core.store.files import replacing
from tl_core.store.identifiers import new_id
from tl_core.store.workspace import Workspace

NAME_CHARS = 120
SAMPLE_PREFIX = "sample_"


class Upload(Frozen):
    """What is known of an upload; survives reloads as a draft in the database.

    ``text`` and ``label`` are the columns that the person chose, None where the guess stands. ``test_id`` is
    the upload with their own test file.
    """

    upload_id: str
    name: str
    text: str | None = None
    label: str | None = None
    test_id: str | None = None
    test_name: str | None = None

    @property
    def title(self) -> str:
        """The file's name without its ending, as the dataset's name."""
        return Path(self.name).stem or "dataset"

    @property
    def is_sample(self) -> bool:
        """Whether it is a bundled demonstration set."""
        return self.upload_id.startswith(SAMPLE_PREFIX)


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """An upload as read, with the columns to be confirmed.

    Attributes
    ----------
    guess
        The likely columns with reasons; None if nothing could be guessed.
    text, label
        The person's choice, else the guess, else the first and the last column.
    """

    table: Table
    guess: ColumnGuess | None
    text: str
    label: str


def keep_upload(workspace: Workspace, content: bytes | memoryview, name: str) -> Upload:
    """Copy a file's bytes to the workspace at once.

    Parameters
    ----------
    name
        As the person's computer calls it; it is shown and never part of a path.
    """
    upload = Upload(upload_id=new_id("upload"), name=_shown(name))
    with replacing(workspace.upload_path(upload.upload_id)) as file:
        file.write(content)
    save_upload(workspace, upload)
    return upload


def keep_sample(workspace: Workspace, path: Path) -> Upload:
    """Make a bundled file an upload, always under the same id."""
    upload = Upload(upload_id=f"{SAMPLE_PREFIX}{path.stem}", name=path.name)
    with path.open("rb") as source, replacing(workspace.upload_path(upload.upload_id)) as file:
        shutil.copyfileobj(source, file)
    save_upload(workspace, upload)
    return upload


def save_upload(workspace: Workspace, upload: Upload) -> None:
    """Keep what the person has decided about an upload."""
    workspace.database.save_draft(_key(upload.upload_id), upload.model_dump(mode="json"))


def find_upload(workspace: Workspace, upload_id: str) -> Upload:
    """Return an upload. Raises NotFoundError if it is not in this workspace any more."""
    draft: dict[str, Any] | None = workspace.database.get_draft(_key(upload_id))
    if draft is None or not workspace.upload_path(upload_id).is_file():
        raise NotFoundError(
            f"Expected an uploaded file; got {upload_id!r}, which is not here.", "Upload the file again."
        )
    return Upload.model_validate(draft)


def propose(table: Table, upload: Upload) -> Proposal:
    """Say which columns an upload's texts and labels are in; what the person chose stands."""
    names = table.columns.column_names
    text = upload.text if upload.text in names else None
    label = upload.label if upload.label in names else None
    try:
        guess = guess_columns(table, text=text, label=label)
    except DataError:
        guess = None
    return Proposal(
        table=table,
        guess=guess,
        text=text or (guess.text if guess else names[0]),
        label=label or (guess.label if guess else names[-1]),
    )


def make_intake(upload: Upload, proposal: Proposal, test: Table | None) -> Intake:
    """Make dataset and split of an upload without storing either.

    Raises
    ------
    DataError, SplitError
        As `build_dataset` and `make_split` do.
    """
    dataset = build_dataset(
        proposal.table, name=upload.title, text=proposal.text, label=proposal.label, test=test
    )
    return Intake(dataset=dataset, split=make_split(dataset))


def read_upload(workspace: Workspace, upload_id: str, name: str, min_columns: int = 2) -> Table:
    """Read an upload's file; what is wrong with it is told under the person's name for it.

    ``min_columns`` of 1 accepts a file of texts alone.

    Raises
    ------
    DataError, NotFoundError
        As `read_table` does.
    """
    return read_table(workspace.upload_path(upload_id), name=name, min_columns=min_columns)


def _key(upload_id: str) -> str:
    return f"upload:{upload_id}"


def _shown(name: str) -> str:
    """Return the last part of a raw file name, which may hold any path, within a decent length."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return last[-NAME_CHARS:] or "upload.csv"
