"""``make stop``: end the supervisor and what it is running. Queued jobs wait for the next start."""

from tl_core.jobs.client import stop_supervisor
from tl_core.jobs.queue import Queue
from tl_core.jobs.supervisor import Supervisor
from tl_core.settings import Settings
from tl_core.store.workspace import Workspace


def main() -> None:
    """End everything that works in the background for this workspace."""
    settings = Settings.from_environment()
    workspace = Workspace.open(settings)
    was_running = stop_supervisor(settings)
    num_orphans = Supervisor(workspace, idle_s=0.0).end_all()
    print("Stopped." if was_running or num_orphans else "Nothing was running.")
    if num_waiting := Queue(workspace.database).num_pending():
        print(f"{num_waiting} queued {'job waits' if num_waiting == 1 else 'jobs wait'} for the next start.")
    workspace.close()


if __name__ == "__main__":
    main()
