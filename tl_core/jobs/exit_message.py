"""After Ctrl-C in ``make run``: say what goes on without the web server, and how to end it."""

from tl_core.jobs.client import supervisor_is_alive
from tl_core.jobs.queue import Queue
from tl_core.settings import Settings
from tl_core.store.workspace import Workspace


def main() -> None:
    """Print what is still to be done in the background, if anything."""
    settings = Settings.from_environment()
    workspace = Workspace.open(settings)
    num_pending = Queue(workspace.database).num_pending()
    workspace.close()
    if num_pending and supervisor_is_alive(settings):
        jobs = "1 run goes" if num_pending == 1 else f"{num_pending} runs go"
        print(f"\n{jobs} on in the background; `make stop` ends {'it' if num_pending == 1 else 'them'}.")


if __name__ == "__main__":
    main()
