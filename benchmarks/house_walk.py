"""Go from an uploaded file to a verdict through pages and runs; print how many modules were entered.

Started by `benchmarks.house` with a checkout as its working directory: it uses what every edition has.
"""

import importlib
import json
import os
import pkgutil
import sys
import tempfile
import threading
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path.cwd()
sys.path.insert(0, str(ROOT))
SCRIPTS = {str(path) for path in (ROOT / "pages").glob("*.py")}
VERDICT = "more accurate than"
WORDS = {"good": ("fine", "lovely", "great", "warm"), "bad": ("poor", "dull", "cold", "late")}


def csv(rows: int = 160) -> bytes:
    """Make reviews whose words tell the label most of the time."""
    lines = ["text,label"]
    for row in range(rows):
        label = ("good", "bad")[row % 2]
        word = WORDS[label][row // 2 % 4]
        lines.append(
            f"the {word} thing number {row} was {WORDS['good' if row % 7 == 0 else label][row % 4]},{label}"
        )
    return "\n".join(lines).encode()


class Entered:
    """Collects the files whose functions are called, of this project alone, until the verdict is said."""

    def __init__(self) -> None:
        self.files: set[str] = set()
        self.has_verdict = False

    def __call__(self, frame: FrameType, event: str, argument: Any) -> None:
        """Note a call, as `sys.setprofile` tells of it."""
        if event == "call" and not self.has_verdict:
            code = frame.f_code
            self.has_verdict = code.co_name == "markdown" and VERDICT in str(frame.f_locals.get("body"))
            own = code.co_filename.startswith((f"{ROOT}/pages/", f"{ROOT}/tl_core/"))
            if own and (code.co_name != "<module>" or code.co_filename in SCRIPTS):
                self.files.add(code.co_filename)


def import_all() -> None:
    """Import every module beforehand, for importing is not entering."""
    for package in ("tl_core", "pages"):
        for module in pkgutil.walk_packages([str(ROOT / package)], f"{package}."):
            is_script = module.name.count(".") == 1 and package == "pages" and not module.ispkg
            if is_script or "migrations" in module.name or module.name.endswith("__main__"):
                continue
            importlib.import_module(module.name)


def main() -> None:
    """Upload, plan, run, look."""
    folder = tempfile.mkdtemp()
    os.environ |= {"TL_WORKSPACE": f"{folder}/workspace", "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    os.environ.pop("TL_DATABASE_URL", None)
    import_all()
    from streamlit.testing.v1 import AppTest

    from tests.pages.checking import Checking
    from tl_core.experiments.carry_out import carry_out_run
    from tl_core.jobs import client, dry_run
    from tl_core.jobs.queue import Queue
    from tl_core.settings import Settings
    from tl_core.store.tables import JobKind
    from tl_core.store.workspace import Workspace

    client.ensure_supervisor = lambda settings: None
    dry_run.start_dry_run = Checking().start
    for module in list(sys.modules.values()):
        if getattr(module, "ensure_supervisor", None) is not None and module is not client:
            module.ensure_supervisor = lambda settings: None
    entered = Entered()
    app = AppTest.from_file(str(ROOT / "pages" / "router.py"), default_timeout=120).run()
    threading.setprofile(entered)
    sys.setprofile(entered)
    app.switch_page("data.py").run()
    app.file_uploader[0].set_value(("mine.csv", csv(), "text/csv")).run()
    _press(app, "Use this dataset")
    workspace = Workspace.open(Settings.from_environment(Path(os.environ["TL_WORKSPACE"])))
    (mine,) = [one for one in workspace.database.list_datasets() if one.name == "mine"]
    app.query_params["dataset"] = mine.fingerprint
    app.switch_page("setup.py").run()
    for name in ("scratch", "fine_tuned"):
        app.checkbox(key=f"arm_{name}").uncheck()
    app.run()
    _press(app, "Start")
    app.run()
    queue = Queue(workspace.database)
    before = len(entered.files)
    while (job := queue.claim([JobKind.RUN])) is not None:
        carry_out_run(workspace, job, lambda: False)
        queue.finish(job.id, workspace.database.get_run(job.ref_id).state.FINISHED)
    app.switch_page("results.py").run()
    said = " ".join(str(one.value) for one in app.markdown).replace("\\", "")
    sys.setprofile(None)
    threading.setprofile(None)
    if app.exception or not entered.has_verdict:
        raise SystemExit(f"no verdict: {app.exception} {said[:500]}")
    print(json.dumps({"entered_before_runs": before, "entered_to_the_verdict": len(entered.files)}))


def _press(app: Any, label: str) -> None:
    next(one for one in app.button if one.label.startswith(label)).click().run()


if __name__ == "__main__":
    main()
