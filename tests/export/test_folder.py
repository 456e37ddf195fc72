"""Exporting a run: in today's layout, with its card and expected answers, verified, or not at all."""

import json
import os
import shutil
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from tests.experiments.running import carry_out_all, make_workspace, queue_experiment
from tests.text.network.saving_cases import make_former
from tests.tiny_models import tiny_model_folder
from tl_core.catalogue.local_folders import encoder_folder
from tl_core.catalogue.locating import describe, obtain, settle
from tl_core.errors import DamageError, ModelError, NotFoundError, RunError, UserError
from tl_core.export.folder import archive, carry_out_export, carry_out_verification, export_model, verify_run
from tl_core.export.outputs import ARCHIVE_NAME, ExportFormat, read_verified
from tl_core.export.verification import TOLERANCE, verify_folder
from tl_core.inference.predictor import load_predictor
from tl_core.jobs.queue import Queue
from tl_core.planning.finetuned_base_models import settle_base_model
from tl_core.schema import Precision, State
from tl_core.store.tables import JobKind
from tl_core.text.content import SENTENCES

ARMS = ("majority", "tfidf", "frozen", "fine_tuned")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A workspace with a finished run of each arm on a tiny mean-pooled network in float32."""
    place = tmp_path_factory.mktemp("finished")
    base = tiny_model_folder(place / "models", "bert")
    (base / "1_Pooling").mkdir()
    (base / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode": "mean"}))
    previous = os.environ.get("TL_WORKSPACE")
    os.environ["TL_WORKSPACE"] = str(place / "workspace")
    workspace = make_workspace(place / "workspace")
    queue_experiment(workspace, base, ARMS, {"precision": Precision.FLOAT32})
    carry_out_all(workspace)
    yield workspace
    workspace.close()
    if previous is None:
        del os.environ["TL_WORKSPACE"]
    else:
        os.environ["TL_WORKSPACE"] = previous


def run_of(workspace, arm):
    return next(run.run_id for run in workspace.database.list_runs() if run.config.arm.name == arm)


@pytest.fixture
def damaged(finished):
    """The model folder of the fine-tuned run, which is put back in the end."""
    folder = finished.run_folder(run_of(finished, "fine_tuned"))
    kept = folder.path / "kept"
    shutil.copytree(folder.model_dir, kept)
    yield folder.model_dir
    shutil.rmtree(folder.model_dir, ignore_errors=True)
    kept.rename(folder.model_dir)


def change_head(folder):
    path = folder / "2_Dense" / "model.safetensors"
    save_file({name: -3 * weight for name, weight in load_file(path).items()}, path)


@pytest.mark.parametrize("arm", ARMS)
def test_an_export_answers_as_its_run_recorded_and_says_so(finished, tmp_path, arm):
    verified = export_model(finished, run_of(finished, arm), tmp_path / "out")
    assert [one.reference for one in verified.comparisons] == ["test_predictions", "expected_answers"]
    assert [one.num_texts for one in verified.comparisons] == [18, 8]
    assert verified.is_passed
    assert max(one.largest_difference for one in verified.comparisons) < TOLERANCE
    assert "answers as the run recorded on 18 test examples" in verified.sentences[0]
    assert (tmp_path / "out" / "README.md").read_text(encoding="utf-8").startswith("---\n")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_exported_folder_can_be_verified_anywhere(finished, tmp_path):
    export_model(finished, run_of(finished, "fine_tuned"), tmp_path / "out")
    verified = verify_folder(tmp_path / "out")
    assert verified.is_passed
    assert "out answers as is expected on 8 made-up examples" in verified.sentences[0]
    change_head(tmp_path / "out")
    verified = verify_folder(tmp_path / "out")
    assert not verified.is_passed
    assert "does NOT answer as is expected" in verified.sentences[0]


def test_one_of_the_sentences_is_longer_than_any_model_reads(finished):
    predictor = load_predictor(finished.run_folder(run_of(finished, "fine_tuned")).model_dir)
    assert predictor._examples(SENTENCES[-1:]).lengths.tolist() == [16], "it was cut to what the run reads"
    assert len(SENTENCES) == len(set(SENTENCES)) == 8


@pytest.mark.parametrize("format_", list(ExportFormat))
def test_a_model_that_answers_otherwise_is_not_handed_out(finished, damaged, tmp_path, format_):
    change_head(damaged)
    with pytest.raises(RunError, match="does NOT answer as the run recorded on 18 test examples"):
        export_model(finished, run_of(finished, "fine_tuned"), tmp_path / "out", format_)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("format_", list(ExportFormat))
def test_truncated_weights_are_not_exported(finished, damaged, tmp_path, format_):
    path = damaged / "0_Transformer" / "model.safetensors"
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(DamageError, match=r"0_Transformer/model\.safetensors of run_\w+ is damaged"):
        export_model(finished, run_of(finished, "fine_tuned"), tmp_path / "out", format_)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(DamageError, match="is damaged"):
        verify_run(finished, run_of(finished, "fine_tuned"))


def test_a_run_without_its_model_folder_is_told(finished, damaged, tmp_path):
    shutil.rmtree(damaged)
    with pytest.raises(NotFoundError, match="is missing: the run came without it"):
        export_model(finished, run_of(finished, "fine_tuned"), tmp_path / "out")
    damaged.mkdir()


def test_a_run_of_an_earlier_version_leaves_in_today_s_layout(finished, damaged, tmp_path):
    make_former(damaged)
    run_id = run_of(finished, "fine_tuned")
    assert verify_run(finished, run_id).is_passed
    assert export_model(finished, run_id, tmp_path / "out").is_passed
    assert not (tmp_path / "out" / "config.json").exists()
    assert (tmp_path / "out" / "predict.py").exists()


def test_a_folder_that_an_earlier_version_exported_says_why_to_export_it_again(damaged):
    former = make_former(damaged)
    with pytest.raises(ModelError, match="head drawn at random.* Export it again"):
        verify_folder(former)


@pytest.mark.parametrize("change", [lambda folder: folder, make_former])
def test_a_run_of_either_layout_is_a_base_model(finished, damaged, change):
    change(damaged)
    run_id = run_of(finished, "fine_tuned")
    for name in (settle_base_model(finished, f"run:{run_id}"), settle(str(damaged))):
        assert describe(name).pooling.value == "mean"
        assert describe(name).num_parameters > 0
        assert obtain(name) == encoder_folder(damaged)


def test_an_export_is_a_base_model(finished, tmp_path):
    export_model(finished, run_of(finished, "fine_tuned"), tmp_path / "out")
    name = settle(str(tmp_path / "out"))
    assert obtain(name) == tmp_path / "out" / "0_Transformer"
    assert describe(name).pooling.value == "mean"


def test_without_its_dataset_the_sentences_alone_are_compared(finished, tmp_path):
    datasets = finished.root / "datasets"
    datasets.rename(tmp_path / "away")
    try:
        verified = verify_run(finished, run_of(finished, "fine_tuned"))
    finally:
        (tmp_path / "away").rename(datasets)
    assert [one.reference for one in verified.comparisons] == ["expected_answers"]
    assert (
        "The test examples are not in this workspace, so only made-up ones were compared."
        in verified.sentences
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is damaged"),
        ("[]", "is damaged"),
        ('{"sentences": ["a"], "labels": ["bad", "good"], "probabilities": [[1.0]]}', "is damaged"),
        ('{"sentences": [], "labels": ["bad", "good"], "probabilities": []}', "is damaged"),
        ('{"sentences": ["a"], "labels": ["bad", "good"], "probabilities": [[NaN, 1.0]]}', "is damaged"),
        ('{"sentences": ["a"], "labels": ["good", "bad"], "probabilities": [[0.5, 0.5]]}', "is damaged"),
    ],
)
def test_damaged_expected_answers_are_told(finished, tmp_path, content, message):
    export_model(finished, run_of(finished, "tfidf"), tmp_path / "out")
    (tmp_path / "out" / "expected_answers.json").write_text(content)
    with pytest.raises(ModelError, match=message):
        verify_folder(tmp_path / "out")


def test_a_folder_without_expected_answers_is_told(finished, tmp_path):
    export_model(finished, run_of(finished, "tfidf"), tmp_path / "out")
    (tmp_path / "out" / "expected_answers.json").unlink()
    with pytest.raises(NotFoundError, match=r"has no expected_answers\.json"):
        verify_folder(tmp_path / "out")
    with pytest.raises(NotFoundError, match="is not a model folder"):
        verify_folder(tmp_path)


def test_a_graph_leaves_with_its_expected_answers(finished, tmp_path):
    assert export_model(
        finished, run_of(finished, "fine_tuned"), tmp_path / "out", ExportFormat.ONNX
    ).is_passed
    assert verify_folder(tmp_path / "out").is_passed
    stated = json.loads((tmp_path / "out" / "expected_answers.json").read_text(encoding="utf-8"))
    np.testing.assert_allclose(np.sum(stated["probabilities"], axis=1), 1)
    with pytest.raises(UserError, match="ONNX is for networks"):
        export_model(finished, run_of(finished, "tfidf"), tmp_path / "other", ExportFormat.ONNX)


def test_nothing_is_overwritten(finished, tmp_path):
    with pytest.raises(UserError, match="exists already"):
        export_model(finished, run_of(finished, "tfidf"), tmp_path)


def test_a_run_that_has_not_finished_has_no_export(finished, tmp_path):
    experiment = queue_experiment(finished, tiny_model_folder(tmp_path, "bert"), ["majority"])
    queued = finished.database.list_runs(experiment.experiment_id)[0].run_id
    with pytest.raises(NotFoundError, match=rf"{queued} \(queued\) has no model"):
        export_model(finished, queued, tmp_path / "out")
    finished.delete_experiment(experiment.experiment_id)


def test_an_archive_unpacks_into_one_folder(tmp_path):
    (tmp_path / "model" / "sub").mkdir(parents=True)
    (tmp_path / "model" / "model.safetensors").write_bytes(b"w" * 1000)
    (tmp_path / "model" / "sub" / "labels.json").write_text("[]")
    steps = []
    archive(tmp_path / "model", tmp_path / "a.zip", "run_1", lambda *counts: steps.append(counts))
    with zipfile.ZipFile(tmp_path / "a.zip") as packed:
        assert packed.testzip() is None
        assert packed.namelist() == ["run_1/model.safetensors", "run_1/sub/labels.json"]
    assert steps == [(1000, 1002), (1002, 1002)]


def test_a_broken_off_archive_leaves_no_file(tmp_path):
    def break_off(done, total):
        raise OSError("no space left")

    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "labels.json").write_text("[]")
    with pytest.raises(OSError, match="no space"):
        archive(tmp_path / "model", tmp_path / "out" / "a.zip", "run_1", progress=break_off)
    assert list((tmp_path / "out").iterdir()) == []


def job_of(workspace, kind, run_id):
    queue = Queue(workspace.database)
    return queue.get(queue.submit(kind, run_id, {}))


def test_a_job_packs_the_verified_model_and_tells_its_progress(finished):
    run_id = run_of(finished, "fine_tuned")
    job = job_of(finished, JobKind.EXPORT, run_id)
    carry_out_export(finished, job)
    outputs = finished.output_folder(job.id)
    with zipfile.ZipFile(outputs / ARCHIVE_NAME) as packed:
        names = packed.namelist()
        assert packed.testzip() is None
    inside = {"README.md", "expected_answers.json", "modules.json", "predict.py", "2_Dense/model.safetensors"}
    assert {f"{run_id}/{name}" for name in inside} <= set(names)
    assert len(names) == len(set(names))
    assert read_verified(outputs).is_passed
    now = Queue(finished.database).get(job.id)
    assert now.num_done == now.num_total > 0
    assert {path.name for path in outputs.iterdir()} == {ARCHIVE_NAME, "verified.json"}


def test_a_job_of_a_damaged_model_packs_nothing(finished, damaged):
    change_head(damaged)
    job = job_of(finished, JobKind.EXPORT, run_of(finished, "fine_tuned"))
    with pytest.raises(RunError, match="does NOT answer"):
        carry_out_export(finished, job)
    assert list(finished.output_folder(job.id).iterdir()) == []


def test_a_job_verifies_a_run_and_keeps_what_it_found(finished, damaged):
    change_head(damaged)
    job = job_of(finished, JobKind.VERIFY, run_of(finished, "fine_tuned"))
    carry_out_verification(finished, job)
    found = read_verified(finished.output_folder(job.id))
    assert not found.is_passed
    assert found.comparisons[0].largest_difference > 0.01
    assert Queue(finished.database).get(job.id).state is not State.FAILED


def test_what_a_page_needs_of_an_export_imports_no_torch():
    code = "import sys, tl_core.export.outputs; sys.exit('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], env=dict(os.environ), timeout=60, check=False)
    assert done.returncode == 0
