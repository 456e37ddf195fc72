"""``make stop``: end the supervisor, what it is running, and the prediction server.

Queued jobs wait for the next start.
"""

import json

import psutil

from tl_core.jobs.client import stop_supervisor
from tl_core.jobs.predictions import address_path
from tl_core.jobs.processes import ProcessIdentity
from tl_core.jobs.queue import Queue
from tl_core.jobs.supervisor import Supervisor
from tl_core.settings import Settings
from tl_core.store.workspace import Workspace

_SERVER = "tl_core.inference.server"
_TIMEOUT_S = 10.0


def stop_prediction_server(settings: Settings) -> bool:
    """End the workspace's prediction server; return whether there was one.

    It is the process that left its address, unless that is gone and its pid another program's.
    """
    try:
        pid = json.loads(address_path(settings.workspace).read_text())["pid"]
        is_server = {_SERVER, str(settings.workspace)} <= set(psutil.Process(pid).cmdline())
        server = ProcessIdentity.of(pid) if is_server else None
    except (FileNotFoundError, json.JSONDecodeError, psutil.NoSuchProcess, psutil.AccessDenied):
        return False
    if server is not None:
        server.end(_TIMEOUT_S)
    return server is not None


def main() -> None:
    """End everything that works in the background for this workspace."""
    settings = Settings.from_environment()
    workspace = Workspace.open(settings)
    was_running = stop_supervisor(settings)
    num_orphans = Supervisor(workspace, idle_s=0.0).end_all()
    was_answering = stop_prediction_server(settings)
    print("Stopped." if was_running or num_orphans or was_answering else "Nothing was running.")
    if num_waiting := Queue(workspace.database).num_pending():
        print(f"{num_waiting} queued {'job waits' if num_waiting == 1 else 'jobs wait'} for the next start.")
    workspace.close()


if __name__ == "__main__":
    main()
