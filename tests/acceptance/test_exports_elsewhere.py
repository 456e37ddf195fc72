"""Every arm with a network, three architectures, three heads: loaded in a virtual environment of its own."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.elsewhere.asking import ask_elsewhere
from tests.experiments.running import carry_out_all, make_workspace, queue_experiment
from tests.text.network.saving_cases import TEXTS
from tests.tiny_models import tiny_model_folder
from tl_core.catalogue.base_models import Pooling
from tl_core.export.folder import export_model
from tl_core.export.outputs import ExportFormat
from tl_core.inference.predictor import load_predictor
from tl_core.schema import State

pytestmark = pytest.mark.acceptance

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "torch",
    "transformers",
    "safetensors",
    "tokenizers",
    "numpy",
    "sentence-transformers",
    "onnxruntime",
    "setfit",
)
ARMS = (
    "scratch",
    "frozen_random",
    "frozen",
    "fine_tuned",
    "contrastive",
    "reinit_top_1",
    "embeddings_only",
    "encoder_only",
    "shuffled",
)
ARCHITECTURES = ("bert", "distilbert", "roberta")
ASKED = [*TEXTS, " spaces around it ", "Ünïcode, ß and é; 北京"]
AGREE = {
    Pooling.OWN: {"predict.py", "pipeline, truncation=True", "AutoModelForSequenceClassification"},
    Pooling.MEAN: {"predict.py", "SentenceTransformer"},
    Pooling.CLS: {"predict.py", "SentenceTransformer"},
}


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """Make a virtual environment with the libraries' pinned versions and without this project."""
    place = tmp_path_factory.mktemp("elsewhere")
    subprocess.run([sys.executable, "-m", "venv", str(place / "venv")], check=True, timeout=120)
    python = str(place / "venv" / "bin" / "python")
    pinned = "\n".join((ROOT / name).read_text() for name in ("requirements.txt", "requirements-dev.txt"))
    wanted = [re.search(rf"^{re.escape(name)}==\S+", pinned, flags=re.MULTILINE) for name in PACKAGES]
    command = [python, "-m", "pip", "install", "--quiet", *(one.group() for one in wanted)]
    subprocess.run(command, check=True, timeout=1800, capture_output=True)
    done = subprocess.run(
        [python, "-I", "-c", "import tl_core"], check=False, timeout=60, capture_output=True
    )
    assert done.returncode == 1
    return python


def arms_for(pooling):
    """Leave out the arm that plans refuse where the head is the architecture's own."""
    return [arm for arm in ARMS if arm != "contrastive" or pooling is not Pooling.OWN]


def exports_of(place, architecture, pooling):
    """Train every arm, export it in both forms, and give (ours, folders) by arm."""
    base = tiny_model_folder(place / "models", architecture)
    if pooling is not Pooling.OWN:
        (base / "1_Pooling").mkdir()
        (base / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode": pooling.value}))
    workspace = make_workspace(place / "workspace")
    queue_experiment(workspace, base, arms_for(pooling))
    carry_out_all(workspace)
    ours, folders = {}, {}
    for run in workspace.database.list_runs():
        assert run.state is State.FINISHED, run.error
        arm = run.config.arm.name
        for format_ in ExportFormat:
            name = arm if format_ is ExportFormat.HF else f"{arm}, onnx"
            folders[name] = place / name
            verified = export_model(workspace, run.run_id, folders[name], format_)
            print(f"{architecture}, {pooling.value}, {name}: {verified.sentences[0]}")
        ours[arm] = load_predictor(workspace.run_folder(run.run_id).model_dir).predict(ASKED)
    workspace.close()
    return ours, folders


@pytest.mark.parametrize("pooling", list(Pooling), ids=lambda pooling: pooling.value)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_documented_way_gives_our_probabilities_and_every_other_agrees_or_raises(
    elsewhere, tmp_path, monkeypatch, architecture, pooling
):
    monkeypatch.setenv("TL_WORKSPACE", str(tmp_path / "workspace"))
    ours, folders = exports_of(tmp_path, architecture, pooling)
    assert sorted(ours) == sorted(arms_for(pooling))
    labels = ["bad", "good"]
    theirs = ask_elsewhere(elsewhere, folders, ASKED, labels, tmp_path)
    for name, by_way in theirs.items():
        arm, _, is_graph = name.partition(", ")
        documented = {"onnxruntime"} if is_graph else AGREE[pooling]
        for way, found in by_way.items():
            if way in documented:
                assert not isinstance(found, str), (name, way, found)
            if not isinstance(found, str):
                np.testing.assert_allclose(found, ours[arm], atol=1e-4, err_msg=f"{name}, {way}")
        refused = sorted(way for way, found in by_way.items() if isinstance(found, str))
        print(f"{architecture}, {pooling.value}, {name}: agree {sorted(set(by_way) - set(refused))}")
