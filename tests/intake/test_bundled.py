import json
import shutil
from pathlib import Path

import pytest

from samples.pack import pack
from tests.pages.fixtures import add_experiment, finish_all, make_workspace
from tl_core.errors import DataError
from tl_core.export.comparison_json import comparison_json
from tl_core.intake import bundled as examples
from tl_core.intake.bundled import SAMPLES, bring_in_examples, find_example, read_sample, remove_examples
from tl_core.intake.intake import store_dataset
from tl_core.results.comparison import gather
from tl_core.schema import ArmKind
from tl_core.store.workspace import Workspace

SAMPLE = SAMPLES["reviews_sentiment"]


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of one finished comparison, packed as the shipped ones are."""
    made = make_workspace(tmp_path_factory.mktemp("made"))
    experiment = add_experiment(
        made, store_dataset(made, read_sample(SAMPLE).dataset), arms=("scratch", "fine_tuned")
    )
    finish_all(made, experiment, fine_tuned=0.9)
    folder = tmp_path_factory.mktemp("finished")
    pack(made, experiment.experiment_id, folder)
    made.close()
    return folder


@pytest.fixture
def bundle(packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the bundle that a test may change, in the place of the shipped one."""
    folder = Path(shutil.copytree(packed, tmp_path / "finished"))
    monkeypatch.setattr(examples, "FOLDER", folder)
    return folder


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return make_workspace(tmp_path / "workspace")


def test_a_fresh_workspace_gets_the_comparison_with_its_verdict_and_dataset(
    bundle: Path, workspace: Workspace
) -> None:
    bring_in_examples(workspace)
    (experiment,) = workspace.database.list_experiments()
    assert [info.name for info in workspace.database.list_datasets()] == ["reviews_sentiment"]
    results = gather(workspace, experiment.experiment_id)
    assert results.is_done
    assert results.headline is not None
    assert results.headline.difference > 0.2


def test_the_second_time_nothing_happens(bundle: Path, workspace: Workspace) -> None:
    bring_in_examples(workspace)
    before = workspace.database.list_runs()
    bring_in_examples(workspace)
    assert workspace.database.list_runs() == before


def test_what_was_removed_does_not_come_back(bundle: Path, workspace: Workspace) -> None:
    bring_in_examples(workspace)
    remove_examples(workspace)
    bring_in_examples(workspace)
    assert workspace.database.list_experiments() == []
    assert list((workspace.root / "runs").iterdir()) == []
    remove_examples(workspace)  # nothing is left to remove, which is no error


def test_a_removed_example_leaves_a_persons_own_comparison_alone(bundle: Path, workspace: Workspace) -> None:
    own = add_experiment(workspace, store_dataset(workspace, read_sample(SAMPLE).dataset))
    bring_in_examples(workspace)
    remove_examples(workspace)
    assert [one.experiment_id for one in workspace.database.list_experiments()] == [own.experiment_id]


def test_a_start_that_was_cut_off_is_completed(bundle: Path, workspace: Workspace) -> None:
    first, second = sorted(path for path in (bundle / SAMPLE.name).iterdir() if path.is_dir())
    workspace.import_run(first)
    shutil.copytree(second, workspace.run_folder(second.name).path)  # copied, but the row is missing
    bring_in_examples(workspace)
    assert {run.run_id for run in workspace.database.list_runs()} == {first.name, second.name}


def test_a_dataset_that_is_here_already_keeps_its_name(bundle: Path, workspace: Workspace) -> None:
    dataset = read_sample(SAMPLE).dataset
    mine = dataset.info.model_copy(update={"name": "mine"})
    workspace.database.add_dataset(mine)
    bring_in_examples(workspace)
    assert workspace.database.get_dataset(mine.fingerprint).name == "mine"


def test_a_sample_that_has_changed_is_refused(bundle: Path, workspace: Workspace) -> None:
    path = bundle / SAMPLE.name / "made.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"dataset_fingerprint": "0" * 64}))
    with pytest.raises(DataError, match="has changed since"):
        bring_in_examples(workspace)
    assert workspace.database.list_experiments() == []


def test_an_example_says_how_it_was_made(bundle: Path, workspace: Workspace) -> None:
    bring_in_examples(workspace)
    (experiment,) = workspace.database.list_experiments()
    example = find_example(experiment.experiment_id)
    assert example is not None
    assert example.sentence.startswith("example of ")
    assert example.made_on == experiment.created_at[:10]
    assert find_example("exp_of_somebody") is None


@pytest.mark.parametrize(
    "path", sorted(examples.FOLDER.glob("*/made.json")), ids=lambda path: path.parent.name
)
def test_a_shipped_comparison_can_be_read_and_fits_its_sample(path: Path, workspace: Workspace) -> None:
    bring_in_examples(workspace)
    example = examples.Example.model_validate_json(path.read_bytes())
    results = gather(workspace, example.experiment_id)
    assert results.is_done
    assert not results.unreadable
    assert results.headline is not None
    assert workspace.database.get_dataset(example.dataset_fingerprint).name == path.parent.name
    assert {flag.code for verdict in results.verdicts for flag in verdict.flags}.isdisjoint(
        {"groups_unknown", "did_not_finish", "unreadable"}
    )
    with_model = {
        run.config.arm.kind
        for run in results.finished
        if workspace.run_folder(run.config.run_id).model_dir.is_dir()
    }
    assert with_model == {ArmKind.MAJORITY, ArmKind.TFIDF, ArmKind.FROZEN}


def test_the_shipped_comparisons_show_all_that_pages_can_show_and_stay_small(workspace: Workspace) -> None:
    bring_in_examples(workspace)
    shown = {
        one.name: comparison_json(workspace, gather(workspace, one.experiment_id))
        for one in workspace.database.list_experiments()
    }
    reviews, messages = shown["reviews_sentiment"], shown["support_intents"]
    assert reviews["label_worth"]["train_sizes"] == [50, 100, 330]
    assert [one["direct"] for one in messages["first_tasks"]] == ["fine_tuned"]
    assert {"shuffled", "embeddings_only", "reinit_top_3"} <= {arm["arm"] for arm in messages["arms"]}
    runs = [run for one in shown.values() for arm in one["arms"] for run in arm["runs"]]
    assert all(run["energy_wh"] is not None for run in runs)
    assert any(run["layers"] for run in runs)
    assert {one["budget"] for one in shown.values()} == {"plateau"}
    files = [path for path in examples.FOLDER.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 5_000_000
