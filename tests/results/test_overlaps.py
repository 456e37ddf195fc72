import shutil

from tests.files.tables import CHOICE, table
from tests.pages.fixtures import add_experiment, runs_of
from tl_core.datasets.dataset import build_dataset
from tl_core.intake.intake import Intake, store_dataset
from tl_core.results.overlaps import Overlap, find_overlap, overlap_words
from tl_core.schema import RunConfig
from tl_core.store.workspace import Workspace


def task(workspace: Workspace, name: str, texts: list[str], labels: list[str]) -> tuple[Intake, RunConfig]:
    dataset = build_dataset(table(text=texts, label=labels), name=name, choice=CHOICE)
    intake = store_dataset(workspace, dataset)
    return intake, runs_of(workspace, add_experiment(workspace, intake, ("majority",)))[0]


def test_texts_that_the_one_learns_and_the_other_is_tested_on_are_counted(workspace: Workspace) -> None:
    texts = [f"this is text number {number} of many" for number in range(60)]
    first, first_run = task(workspace, "first", texts, ["ab"[number % 2] for number in range(60)])
    second, second_run = task(workspace, "second", texts, ["ab"[number < 20] for number in range(60)])
    overlap = find_overlap(workspace, first_run, second_run)
    trained = set(first.dataset.take(first.split.train).texts())
    tested = set(second.dataset.take(second.split.test).texts())
    assert overlap is not None
    assert overlap.seen_before == len(trained & tested) > 0
    assert overlap.num_test == len(tested)


def test_without_its_dataset_nothing_is_said_of_a_task(workspace: Workspace) -> None:
    texts = [f"this is text number {number} of many" for number in range(60)]
    _, first_run = task(workspace, "first", texts[:30], ["ab"[number % 2] for number in range(30)])
    _, second_run = task(workspace, "second", texts[30:], ["ab"[number % 2] for number in range(30)])
    shutil.rmtree(workspace.dataset_folder(first_run.dataset_fingerprint))
    assert find_overlap(workspace, first_run, second_run) is None


def test_what_two_tasks_share_is_told() -> None:
    told = overlap_words(Overlap(seen_before=3, num_test=378, seen_after=0, num_first_test=1066))
    assert told.startswith("3 of this task's 378 test examples are training examples of the first task")
    assert "0 of the first task's 1,066 are training examples of this one" in told
    assert "cannot be counted" in overlap_words(None)
