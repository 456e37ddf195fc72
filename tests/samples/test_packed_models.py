"""From a finished example to *Try it*: what is packed answers elsewhere as it did where it was trained."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from scipy.special import softmax

from samples.pack import pack
from tests.experiments.running import carry_out_all, make_workspace
from tl_core.catalogue.local_folders import ENCODER
from tl_core.inference.predictor import load_predictor
from tl_core.intake import bundled
from tl_core.intake.bundled import SAMPLES, bring_in_examples, read_examples, read_sample
from tl_core.intake.bundled_models import LENT, make_whole
from tl_core.intake.intake import store_intake
from tl_core.planning.plan import plan_sample, queue_runs
from tl_core.schema import Arm, ArmKind, SplitName
from tl_core.store.workspace import Workspace

SAMPLE = SAMPLES["support_intents"]
ARMS = (ArmKind.TFIDF, ArmKind.FROZEN)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Path]:
    root = tmp_path_factory.mktemp("packed")
    workspace = make_workspace(root / "made")
    intake = store_intake(workspace, read_sample(SAMPLE))
    experiment = plan_sample(SAMPLE, intake, arms=[Arm(kind=kind) for kind in ARMS], num_seeds=2)
    queue_runs(workspace, experiment)
    carry_out_all(workspace)
    return workspace, pack(workspace, experiment.experiment_id, root / "bundle")


@pytest.fixture
def here(made: tuple[Workspace, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    _, folder = made
    monkeypatch.setattr(bundled, "FOLDER", folder.parent)
    read_examples.cache_clear()
    workspace = make_workspace(tmp_path / "here")
    bring_in_examples(workspace)
    yield workspace
    workspace.close()
    read_examples.cache_clear()


def test_a_frozen_network_goes_without_what_the_built_in_package_has(made: tuple[Workspace, Path]) -> None:
    _, folder = made
    models = [path.parent for path in folder.glob("*/model/classifier.json")]
    assert len(models) == 2, "of the first seed alone"
    assert not [path for name in LENT for path in folder.rglob(f"{ENCODER}/{name}")]
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) < 2_000_000


def test_it_answers_in_another_workspace_as_it_did(made: tuple[Workspace, Path], here: Workspace) -> None:
    texts = read_sample(SAMPLE).dataset
    rows = dict(zip(texts.example_ids(), texts.texts(), strict=True))
    arms = set()
    for run in here.database.list_runs():
        folder = here.run_folder(run.run_id)
        if not folder.model_dir.is_dir():
            continue
        table = folder.read_predictions().to_pandas()
        test = table[table["split"] == SplitName.TEST.value].head(40)
        answers = load_predictor(folder.model_dir).predict([rows[one] for one in test["example_id"]])
        expected = softmax(np.stack(test["logits"].to_list()), axis=1)
        np.testing.assert_allclose(answers, expected, atol=0.02)
        arms.add(run.config.arm.kind)
    assert arms == set(ARMS)


def test_with_another_built_in_package_the_model_goes(made: tuple[Workspace, Path], tmp_path: Path) -> None:
    workspace, folder = made
    (model,) = [path.parent.parent for path in folder.glob(f"*/model/{ENCODER}/config.json")]
    copy = Path(shutil.copytree(model, tmp_path / "model"))
    record = workspace.run_folder(model.parent.name).read_record()
    other = record.model_copy(update={"base_model_facts": {"weights_sha256": "0" * 64}})
    make_whole(copy, other)
    assert not copy.exists(), "it would answer otherwise"


def test_a_whole_model_stays_as_it_is(made: tuple[Workspace, Path]) -> None:
    workspace, _ = made
    for run in workspace.database.list_runs():
        folder = workspace.run_folder(run.run_id)
        before = {path: path.stat().st_mtime_ns for path in folder.model_dir.rglob("*")}
        make_whole(folder.model_dir, folder.read_record())
        assert {path: path.stat().st_mtime_ns for path in folder.model_dir.rglob("*")} == before
