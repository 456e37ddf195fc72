"""Finished comparisons to export: an ordinary one, and one in which every name is hostile."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.files.tables import CHOICE, table
from tests.pages.fixtures import add_experiment, finish_all, make_workspace, store_sample_dataset
from tests.pages.texts import TEXTS
from tl_core.datasets.dataset import build_dataset
from tl_core.intake.intake import store_dataset
from tl_core.schema import ExperimentConfig
from tl_core.store.workspace import Workspace

HOSTILE = (
    '</script><script>alert(1)</script><img src="http://evil.example/x.png" onerror=x> ![a](http://b.c) `'
)
ARMS = ("majority", "tfidf", "scratch", "fine_tuned")


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """An empty workspace."""
    opened = make_workspace(tmp_path / "workspace")
    yield opened
    opened.close()


@pytest.fixture
def experiment(workspace: Workspace) -> ExperimentConfig:
    """Four arms with three seeds, all finished."""
    made = add_experiment(workspace, store_sample_dataset(workspace), ARMS, num_seeds=3)
    finish_all(workspace, made, fine_tuned=0.9, tfidf=0.7)
    return made


@pytest.fixture
def hostile(workspace: Workspace) -> ExperimentConfig:
    """The same with a dataset and labels whose names are markup."""
    rows = [(text, f"{HOSTILE} {label}") for label, texts in TEXTS.items() for text in texts]
    texts, labels = zip(*rows, strict=True)
    built = build_dataset(table(text=texts, label=labels), name=HOSTILE, choice=CHOICE)
    made = add_experiment(workspace, store_dataset(workspace, built), ARMS, num_seeds=2)
    finish_all(workspace, made, fine_tuned=0.9)
    return made
