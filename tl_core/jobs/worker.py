"""The supervisor in the foreground, as ``tl_core worker`` and a cluster's job run it."""

from tl_core.jobs.supervisor import Supervisor, default_fork_server
from tl_core.settings import Settings
from tl_core.store.workspace import Workspace


def work(settings: Settings, until_idle: bool = False) -> bool:
    """Carry out queued jobs until stopped, or until there are none.

    Returns False at once if another supervisor has the workspace: that one carries them out.
    """
    workspace = Workspace.open(settings)
    try:
        return Supervisor(
            workspace, idle_s=0.0 if until_idle else None, fork_server=default_fork_server()
        ).run()
    finally:
        workspace.close()
