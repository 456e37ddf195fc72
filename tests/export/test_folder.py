import os
import subprocess
import sys
import zipfile

import pytest

from tests.store.makers import make_experiment, make_run
from tests.store.opening import open_workspace
from tl_core.errors import NotFoundError, UserError
from tl_core.export.folder import ARCHIVE_NAME, archive, carry_out_export, export_folder
from tl_core.jobs.queue import Queue
from tl_core.schema import State
from tl_core.store.tables import JobKind


@pytest.fixture
def model(tmp_path):
    folder = tmp_path / "model"
    (folder / "sub").mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"w" * 1000)
    (folder / "sub" / "labels.json").write_text("[]")
    return folder


def test_a_folder_is_copied_whole(model, tmp_path):
    export_folder(model, tmp_path / "out")
    assert (tmp_path / "out" / "model.safetensors").read_bytes() == b"w" * 1000
    assert (tmp_path / "out" / "sub" / "labels.json").read_text() == "[]"


def test_nothing_is_overwritten(model, tmp_path):
    with pytest.raises(UserError, match="does not exist yet"):
        export_folder(model, tmp_path)


def test_an_archive_unpacks_into_one_folder(model, tmp_path):
    steps = []
    archive(model, tmp_path / "a.zip", "run_1", progress=lambda done, total: steps.append((done, total)))
    with zipfile.ZipFile(tmp_path / "a.zip") as packed:
        assert packed.testzip() is None
        assert packed.namelist() == ["run_1/model.safetensors", "run_1/sub/labels.json"]
    assert steps == [(1000, 1002), (1002, 1002)]


def test_a_broken_off_archive_leaves_no_file(model, tmp_path):
    def break_off(done, total):
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        archive(model, tmp_path / "out" / "a.zip", "run_1", progress=break_off)
    assert list((tmp_path / "out").iterdir()) == []


def test_an_export_job_packs_the_model_and_tells_its_progress(tmp_path):
    workspace = open_workspace(tmp_path / "workspace")
    workspace.database.add_experiment(make_experiment(), [make_run()])
    folder = workspace.run_folder("run_1").model_dir
    folder.mkdir(parents=True)
    (folder / "classifier.json").write_text("{}")
    queue = Queue(workspace.database)
    job = queue.get(queue.submit(JobKind.EXPORT, "run_1", {}))
    with pytest.raises(NotFoundError, match="Expected a finished run; run_1 is queued"):
        carry_out_export(workspace, job)
    workspace.database.mark_run("run_1", State.FINISHED)
    carry_out_export(workspace, job)
    assert zipfile.is_zipfile(workspace.output_folder(job.id) / ARCHIVE_NAME)
    assert (queue.get(job.id).num_done, queue.get(job.id).num_total) == (2, 2)
    workspace.close()


def test_packing_needs_no_torch():
    code = "import sys, tl_core.export.folder; sys.exit('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], env=dict(os.environ), timeout=60, check=False)
    assert done.returncode == 0
