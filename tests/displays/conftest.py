from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pages.fixtures import add_experiment, finish_all, make_workspace, store_sample_dataset
from tl_core.displays.display import Subject
from tl_core.results.comparison import gather
from tl_core.store.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = make_workspace(tmp_path / "workspace")
    yield opened
    opened.close()


def finished(workspace: Workspace, num_seeds: int = 2, **accuracies: float) -> Subject:
    """Finish an experiment of the four usual arms; return its first pair at all training examples."""
    experiment = add_experiment(workspace, store_sample_dataset(workspace), num_seeds=num_seeds)
    finish_all(workspace, experiment, **accuracies)
    results = gather(workspace, experiment.experiment_id)
    return Subject(results=results, verdict=results.verdicts[0])


@pytest.fixture
def subject(workspace: Workspace) -> Subject:
    return finished(workspace, fine_tuned=0.95, scratch=0.5)
