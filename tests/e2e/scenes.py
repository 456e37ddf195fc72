"""Every page in every state that it can be in: an empty workspace is served, and a full one."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page

from tests.pages.fixtures import (
    add_experiment,
    fail_run,
    finish_all,
    finish_run,
    kept_share,
    make_workspace,
    runs_of,
    start_run,
    store_sample_dataset,
)
from tests.serving import serve
from tl_core.intake.bundled import FOLDER, read_examples
from tl_core.jobs.processes import ProcessIdentity
from tl_core.jobs.queue import Queue
from tl_core.planning.layer_ablation import ablation_arms
from tl_core.schema import ExperimentConfig, RunConfig
from tl_core.store.workspace import Workspace

State = Literal["empty", "running", "finished", "failed", "example"]
PAGES = (
    "experiments",
    "data",
    "setup",
    "runs",
    "results",
    "try_it",
    "learn",
    "why_it_works",
    "side_by_side",
    "models",
    "",
)
"""Addresses of all pages; *Home* last, for it brings the bundled examples into a fresh workspace."""

_IS_DRAWN = """() => {
  const app = document.querySelector('[data-testid=stApp]')
  if (app?.dataset.testScriptState !== 'notRunning') return false
  if (document.querySelector('[data-testid=stSkeleton], [data-testid=stSpinner]')) return false
  const plots = [...document.querySelectorAll('[data-testid=stPlotlyChart]')]
  const least = document.querySelector('[data-testid=stSidebar]') ? 6 : 0  // a slide has no sidebar
  return document.querySelectorAll('[data-testid=stMarkdownContainer]').length > least
    && plots.every((one) => one.querySelector('svg.main-svg'))
}"""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A page in a state.

    Attributes
    ----------
    address
        Path and query on the server of its state: the empty workspace's or the full one's.
    """

    page: str
    state: State
    address: str

    @property
    def name(self) -> str:
        """What it is called in messages and file names."""
        return f"{self.page}_{self.state}"


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Two running servers and what there is to see on them."""

    empty_url: str
    full_url: str
    scenes: tuple[Scene, ...]

    def url_of(self, scene: Scene) -> str:
        """Return the whole address of a scene."""
        return (self.empty_url if scene.state in ("empty", "example") else self.full_url) + scene.address


@dataclass(frozen=True, kw_only=True)
class Told:
    """The experiments of the full workspace; ``run`` is a finished run of the first."""

    finished: ExperimentConfig
    ladder: ExperimentConfig
    running: ExperimentConfig
    failed: ExperimentConfig
    run: RunConfig


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """Serve an empty workspace and one with experiments in every state; ends both at the end."""
    workspace = make_workspace(folder / "full")
    with _training(workspace) as told, serve(folder / "empty") as empty, serve(folder / "full") as full:
        yield Stage(empty_url=empty.url, full_url=full.url, scenes=_scenes(told))
    workspace.close()


@contextmanager
def _training(workspace: Workspace) -> Iterator[Told]:
    """Write the experiments; a process that sleeps stands for the run that is training."""
    intake = store_sample_dataset(workspace)
    arms = ("majority", "tfidf", "scratch", "fine_tuned")
    finished = add_experiment(workspace, intake, arms, num_seeds=3)
    finish_all(workspace, finished, majority=0.34, tfidf=0.6, scratch=0.45, fine_tuned=0.92)
    ladder = add_experiment(workspace, intake, [arm.name for arm in ablation_arms("builtin")], num_seeds=3)
    for run in runs_of(workspace, ladder):
        finish_run(workspace, run, 0.45 + 0.45 * kept_share(run.arm) ** 2)
    failed = add_experiment(workspace, intake, arms)
    *good, bad = runs_of(workspace, failed)
    for run in good:
        finish_run(workspace, run, _accuracy(run))
    fail_run(workspace, bad)
    running = add_experiment(workspace, intake, arms)
    *done, last = runs_of(workspace, running)
    for run in done:
        finish_run(workspace, run, _accuracy(run))
    start_run(workspace, last, num_evaluations=6)
    sleep = [sys.executable, "-c", "import time; time.sleep(1200)"]
    with subprocess.Popen(sleep, start_new_session=True) as process:
        job_id = workspace.database.get_run(last.run_id).job_id
        assert job_id is not None
        Queue(workspace.database).record_process(job_id, ProcessIdentity.of(process.pid))
        run = runs_of(workspace, finished)[-1]
        yield Told(finished=finished, ladder=ladder, running=running, failed=failed, run=run)
        process.kill()


def _accuracy(run: RunConfig) -> float:
    return 1 / len(run.labels) if run.arm.kind.value == "majority" else 0.6


def _scenes(told: Told) -> tuple[Scene, ...]:
    """List every page's states: the empty ones, those on the full workspace, and the bundled comparison.

    That one is in the empty workspace once *Home* was opened there.
    """
    scenes = [Scene(page=page or "home", state="empty", address=f"/{page}") for page in PAGES]
    states: dict[State, str] = {
        "running": told.running.experiment_id,
        "finished": told.finished.experiment_id,
        "failed": told.failed.experiment_id,
    }
    for state, experiment_id in states.items():
        for page in ("runs", "results"):
            scenes.append(
                Scene(page=page, state=state, address=f"/{page}?experiment={experiment_id}"),
            )
    of_finished = f"experiment={told.finished.experiment_id}"
    dataset = f"dataset={told.finished.dataset_fingerprint}"
    addresses = {
        "home": "/",
        "experiments": "/experiments",
        "data": f"/data?{dataset}",
        "setup": f"/setup?{dataset}",
        "try_it": f"/try_it?{of_finished}",
        "learn": f"/learn?{of_finished}&answer=adapting",
        "why_it_works": f"/why_it_works?experiment={told.ladder.experiment_id}",
        "side_by_side": f"/side_by_side?runs={told.finished.experiment_id}",
        "models": f"/models?run={told.run.run_id}",
        "presenter": f"/results?{of_finished}&present=1",
    }
    scenes += [Scene(page=page, state="finished", address=address) for page, address in addresses.items()]
    tabs = ("Examples", "Classes", "Labels needed", "Confidence", "Setup")
    scenes += [
        Scene(
            page=f"results_{tab.lower().replace(' ', '_')}",
            state="finished",
            address=f"/results?{of_finished}&tab={tab.replace(' ', '%20')}",
        )
        for tab in tabs
    ]
    example = f"experiment={read_examples(FOLDER)[0].experiment_id}"
    scenes += [
        Scene(page=page, state="example", address=f"/{page}?{example}") for page in ("runs", "results")
    ]
    return tuple(scenes)


def wait_until_drawn(page: Page) -> None:
    """Wait until the page's script has ended, nothing spins and every figure is drawn."""
    page.wait_for_function(_IS_DRAWN, polling=50)
    page.wait_for_timeout(250)  # what has arrived is laid out
    assert not page.get_by_text("that is a fault of the program").count(), page.url


def open_drawers(page: Page) -> None:
    """Open whatever is folded up, so that all of it is there."""
    page.locator("details:not([open]) > summary").evaluate_all("all => all.forEach((one) => one.click())")
    page.wait_for_timeout(500)  # they unfold
    wait_until_drawn(page)
