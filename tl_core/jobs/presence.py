"""Web servers say that they are there, so that a supervisor without work waits for them."""

import os
from pathlib import Path

from tl_core.jobs.processes import ProcessIdentity
from tl_core.store.files import replacing
from tl_core.store.workspace import Workspace


class WebServerPresence:
    """A note that this process serves the pages of a workspace; a dead process's note counts for nothing."""

    def __init__(self, workspace: Workspace) -> None:
        self._path = _folder(workspace) / str(os.getpid())

    def announce(self) -> None:
        """Leave the note."""
        with replacing(self._path) as file:
            file.write(str(ProcessIdentity.of(os.getpid())).encode())

    def withdraw(self) -> None:
        """Take the note away."""
        self._path.unlink(missing_ok=True)


def has_web_server(workspace: Workspace) -> bool:
    """Whether a process that announced itself is alive; clears away the notes of dead ones."""
    is_served = False
    for note in _folder(workspace).glob("[0-9]*"):
        identity = ProcessIdentity.read(note)
        if identity is not None and identity.is_alive():
            is_served = True
        else:
            note.unlink(missing_ok=True)
    return is_served


def _folder(workspace: Workspace) -> Path:
    return workspace.root / "web_servers"
