"""The live page in a real browser survives a reload, a second tab, a lost connection and a closed laptop."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browsing import find_chromium
from tests.pages.fixtures import (
    add_experiment,
    finish_run,
    make_workspace,
    runs_of,
    start_run,
    store_sample_dataset,
)
from tests.serving import Server, serve
from tl_core.jobs.processes import ProcessIdentity
from tl_core.jobs.queue import Queue
from tl_core.schema import EvalFinished, RunConfig
from tl_core.store.workspace import Workspace

pytestmark = pytest.mark.browser

POLL_S = 2
"""How often the page looks for news."""
SESSION_KEPT_S = 1
"""How long the server remembers a tab that has gone: here shorter than any outage."""


@dataclass(frozen=True)
class Training:
    """A run that the test itself carries out, after one that has finished."""

    workspace: Workspace
    run: RunConfig
    process: subprocess.Popen[bytes]

    @property
    def path(self) -> str:
        """Address of the live page."""
        return f"/runs?experiment={self.run.experiment_id}"

    def reach(self, step: int) -> None:
        """Write the evaluation at a step."""
        folder = self.workspace.run_folder(self.run.run_id)
        last = folder.last_event()
        assert isinstance(last, EvalFinished)
        now = {"seq": last.seq + 1, "step": step, "examples_seen": 16 * step, "train_s": step / 2}
        folder.append_event(last.model_copy(update=now))

    def die(self) -> None:
        """End the process that stands for the training."""
        self.process.kill()
        self.process.wait()


@dataclass
class Line:
    """The tab's connection to the server, which can be cut."""

    is_cut: bool = False
    _sockets: list[WebSocketRoute] = field(default_factory=list)

    def connect(self, socket: WebSocketRoute) -> None:
        """Pass a new connection on, or refuse it."""
        if self.is_cut:
            socket.close()
            return
        socket.connect_to_server()
        self._sockets.append(socket)

    def cut(self) -> None:
        """End the connection and refuse new ones."""
        self.is_cut = True
        while self._sockets:
            self._sockets.pop().close()

    def mend(self) -> None:
        """Let the tab connect again."""
        self.is_cut = False


@pytest.fixture
def training(tmp_path: Path) -> Iterator[Training]:
    # A process of its own, in a group of its own, for the supervisor ends what it finds running.
    sleep = [sys.executable, "-c", "import time; time.sleep(300)"]
    workspace = make_workspace(tmp_path / "workspace")
    experiment = add_experiment(workspace, store_sample_dataset(workspace), ("scratch", "fine_tuned"))
    first, second = runs_of(workspace, experiment)
    finish_run(workspace, first)
    start_run(workspace, second)
    with subprocess.Popen(sleep, start_new_session=True) as process:
        job_id = workspace.database.get_run(second.run_id).job_id
        assert job_id is not None
        Queue(workspace.database).record_process(job_id, ProcessIdentity.of(process.pid))
        yield Training(workspace, second, process)
        process.kill()
    workspace.close()


@pytest.fixture
def server(training: Training) -> Iterator[Server]:
    find_chromium()
    option = ("--server.disconnectedSessionTTL", str(SESSION_KEPT_S))
    with serve(training.workspace.root, *option) as running:
        yield running


def require_step(page: Page, step: int) -> None:
    expect(page.get_by_text(f"Training now: Fine-tuned, seed 0 (1 of 1), step {step} of 60")).to_be_visible()


def test_the_live_page_goes_on_whatever_happens_to_the_tab(page: Page, training: Training) -> None:
    line = Line()
    page.route_web_socket("**/_stcore/stream", line.connect)
    page.goto(training.path)
    require_step(page, 16)
    said = page.get_by_role("status").filter(has_text="of 2 done")
    expect(said).to_have_text(
        "1 of 2 done, 1 training. 50% of the work. Training now: Fine-tuned, seed 0 (1 of 1)."
    )
    expect(said).to_have_attribute("aria-live", "polite")
    page.get_by_role("radio", name="Steps").click()

    training.reach(20)
    require_step(page, 20)
    expect(page.get_by_text("optimizer steps")).to_have_count(1)

    page.get_by_role("button", name="Cancel remaining runs").press("Enter")
    cancel = page.get_by_role("button", name="Cancel 1 run")
    expect(cancel).to_be_visible()
    page.wait_for_timeout(2000 * POLL_S)
    expect(cancel).to_be_visible()  # the page has moved on below it
    page.keyboard.press("Escape")
    expect(cancel).to_be_hidden()

    page.reload()
    require_step(page, 20)

    browser = page.context.browser
    assert browser is not None
    other = browser.new_page()
    other.goto(page.url)
    require_step(other, 20)
    training.reach(24)
    require_step(page, 24)
    require_step(other, 24)
    other.close()

    line.cut()
    training.reach(28)
    page.wait_for_timeout(1000 * (SESSION_KEPT_S + 2))
    require_step(page, 24)
    line.mend()
    require_step(page, 28)

    laptop = page.context.new_cdp_session(page)
    laptop.send("Page.setWebLifecycleState", {"state": "frozen"})
    training.reach(32)
    page.wait_for_timeout(3000)
    laptop.send("Page.setWebLifecycleState", {"state": "active"})
    require_step(page, 32)

    training.die()
    expect(page.get_by_text("was stopped from outside")).to_be_visible()
    expect(said).to_have_text("1 of 2 done, 1 failed.")
    expect(page.get_by_role("button", name="Run it again").first).to_be_visible()
