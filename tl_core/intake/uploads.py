"""Files that a person has brought and not yet made a dataset of, kept under ids of our own."""

import csv
import io
import os
import shutil
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tl_core.datasets.column_guess import describe
from tl_core.errors import DataError, NotFoundError
from tl_core.files.reading import ReadChoices, Table, read_table
from tl_core.intake.intake import Choice, choose_columns
from tl_core.schema import ColumnChoice, Frozen, SplitRule
from tl_core.store.files import replacing
from tl_core.store.identifiers import new_id
from tl_core.store.workspace import Workspace
from tl_core.words import quoted

NAME_CHARS = 120
NAMES_FILE = "labels.csv"
SAMPLE_PREFIX = "sample_"


class Upload(Frozen):
    """What is known of an upload; survives reloads as a draft in the database.

    ``choice`` and ``rule`` are what the person chose of columns and split, None where the guess stands;
    ``reading`` is how the file is to be read, and ``fixes`` are made before the split
    (`Finding.fix`). ``test_id`` is the upload with their own test file.
    """

    upload_id: str
    name: str
    choice: ColumnChoice | None = None
    reading: ReadChoices = ReadChoices()
    rule: SplitRule | None = None
    fixes: tuple[str, ...] = ()
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
    choice
        The person's choice, else the guess, else the first and the last column.
    reasons
        What speaks for the columns, by ``text``, ``label`` and the names of roles: why they were guessed, or
        what those hold that the person chose. Empty where nothing could be guessed.
    """

    table: Table
    choice: ColumnChoice
    reasons: Mapping[str, str]


def keep_upload(workspace: Workspace, content: bytes | memoryview, name: str) -> Upload:
    """Copy a file's bytes to the workspace at once.

    Parameters
    ----------
    name
        As the person's computer calls it, which may be any path; its last part, within a decent length, is
        shown and never part of a path here.
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    upload = Upload(upload_id=new_id("upload"), name=last[-NAME_CHARS:] or "upload.csv")
    with replacing(workspace.upload_path(upload.upload_id)) as file:
        file.write(content)
    save_upload(workspace, upload)
    return upload


def add_to_archive(
    workspace: Workspace, upload_id: str, label: str, files: Iterable[tuple[str, bytes | memoryview]]
) -> None:
    """Put files of one class into an archive, which an upload will be, with a table of names and labels.

    Parameters
    ----------
    label
        Any text: it stands in a table, where a folder could not be called so.
    files
        Names and bytes.
    """
    path = workspace.upload_path(upload_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_STORED) as archive:
        folder = f"class_{sum(name.endswith(NAMES_FILE) for name in archive.namelist()) + 1}"
        rows, known = [("file_name", "label")], set[str]()
        for name, content in files:
            last = name.replace("\\", "/").rpartition("/")[2][-NAME_CHARS:]
            own, place = last, 1
            while own in known:  # two cameras call their pictures alike
                place += 1
                own = f"{place}_{last}"
            known.add(own)
            rows.append((own, label.strip()))
            archive.writestr(zipfile.ZipInfo(f"{folder}/{own}"), bytes(content))
        table = io.StringIO()
        csv.writer(table).writerows(rows)
        archive.writestr(zipfile.ZipInfo(f"{folder}/{NAMES_FILE}"), table.getvalue())


def list_on_server(workspace: Workspace) -> list[str]:
    """Name what lies in the server's folder of data, which somebody has named for it; hidden things not."""
    folder = workspace.settings.data_folder
    if folder is None or not folder.is_dir():
        return []
    return sorted(one.name for one in folder.iterdir() if not one.name.startswith(".") and _is_plain(one))


def _is_plain(path: Path) -> bool:
    return not path.is_symlink() and (path.is_file() or path.is_dir())


def keep_from_server(workspace: Workspace, name: str) -> Upload:
    """Make an upload of a file or a folder in the server's folder of data; links are left out.

    Raises
    ------
    NotFoundError
        If it names none of `list_on_server`.
    """
    if name not in list_on_server(workspace):
        raise NotFoundError(f"There is no {quoted(name)} on this server.", "Choose another name.")
    source = Path(workspace.settings.data_folder or "") / name
    packed = f"{name}.zip" if source.is_dir() else name
    upload = Upload(upload_id=new_id("upload"), name=packed[-NAME_CHARS:])
    with replacing(workspace.upload_path(upload.upload_id)) as file:
        if source.is_dir():
            with zipfile.ZipFile(file, "w", strict_timestamps=False) as archive:
                for one in sorted(source.rglob("*")):
                    is_inside = not any(
                        part.is_symlink() for part in (one, *one.parents) if source in part.parents
                    )
                    if one.is_file() and is_inside:
                        inside = os.fsencode(Path(name) / one.relative_to(source))
                        archive.write(one, inside.decode("utf-8", "replace"))
        else:
            with source.open("rb") as content:
                shutil.copyfileobj(content, file)
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
        raise NotFoundError(f"The uploaded file {quoted(upload_id)} is gone.", "Upload the file again.")
    return Upload.model_validate(draft)


def propose(table: Table, upload: Upload, guess: Choice | None = None) -> Proposal:
    """Say which columns an upload's texts and labels are in; what the person chose stands.

    ``guess`` is what `guess_choice` says of the table, where that is known already.
    """
    guess = guess or guess_choice(table)
    chosen = upload.choice
    if chosen is not None and set(chosen.columns) <= set(table.columns.column_names):
        own = {
            role: describe(table, getattr(chosen, role), role)
            for role in ("text", "label")
            if getattr(chosen, role) != getattr(guess.choice, role)
        }
        return Proposal(table=table, choice=chosen, reasons={**guess.reasons, **own})
    return Proposal(table=table, choice=guess.choice, reasons=guess.reasons)


def guess_choice(table: Table) -> Choice:
    """Choose the columns; where none can be a text and its label, the first and the last, to be confirmed."""
    try:
        return choose_columns(table)
    except DataError:
        names = table.columns.column_names
        choice = ColumnChoice(text=names[:1], label=names[-1:], modality=table.modality)
        return Choice(choice=choice, reasons={})


def read_upload(
    workspace: Workspace,
    upload_id: str,
    name: str,
    min_columns: int = 2,
    reading: ReadChoices = ReadChoices(),  # noqa: B008 (it is frozen)
    *,
    keep_every_row: bool = False,
) -> Table:
    """Read an upload's file; what is wrong with it is told under the person's name for it.

    ``min_columns`` of 1 accepts a file of texts alone; `read_table` says what else there is.

    Raises
    ------
    DataError, NotFoundError
        As `read_table` does.
    """
    path = workspace.upload_path(upload_id)
    return read_table(
        path, name=name, min_columns=min_columns, keep_every_row=keep_every_row, **reading.model_dump()
    )


def _key(upload_id: str) -> str:
    return f"file:{upload_id}"
