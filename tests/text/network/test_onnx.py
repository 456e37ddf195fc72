import json
import shutil
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from tests.text.network.saving_cases import LABELS, PAIR, TEXTS, run_readme, saved_folder
from tests.tiny_models import MAX_TOKENS
from tl_core.catalogue.base_models import Pooling
from tl_core.errors import UserError
from tl_core.export.folder import write_graph
from tl_core.inference.predictor import load_predictor
from tl_core.models.classical import Majority
from tl_core.text.network import NETWORKS
from tl_core.text.network.onnx import write_onnx

SHAPES = [(1, 3), (1, 1), (2, 8), (5, 17), (3, MAX_TOKENS)]


@pytest.fixture(
    scope="module",
    params=[("bert", Pooling.MEAN), ("distilbert", Pooling.OWN), ("roberta", Pooling.OWN)],
    ids=["bert-mean", "distilbert-own", "roberta-own"],
)
def exported(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported")
    model = saved_folder(folder, *request.param)
    write_onnx(model, folder / "onnx")
    return model, folder / "onnx"


@pytest.mark.parametrize(("batch", "length"), SHAPES)
def test_logits_agree_for_any_batch_and_length(exported, batch, length):
    model, folder = exported
    random = np.random.default_rng(length)
    ids = random.integers(5, 60, size=(batch, length))
    mask = np.arange(length)[None, :] < random.integers(1, length + 1, size=(batch, 1))
    session = onnxruntime.InferenceSession(folder / "model.onnx")
    [theirs] = session.run(["logits"], {"input_ids": ids, "attention_mask": mask.astype(np.int64)})
    with torch.no_grad():
        inputs = {"input_ids": torch.tensor(ids), "attention_mask": torch.tensor(mask.astype(np.int64))}
        ours = NETWORKS.load(model)(inputs).numpy()
    assert theirs.shape == (batch, len(LABELS))
    np.testing.assert_allclose(theirs, ours, atol=1e-4)


def test_the_readme_gives_our_probabilities_for_a_text_that_is_too_long(exported, tmp_path):
    model, folder = exported
    printed = run_readme(shutil.copytree(folder, tmp_path / "taken away"), TEXTS[2])
    ours = load_predictor(model).predict(TEXTS[2:])[0]
    label, _, numbers = printed.partition(" [[")
    assert label == LABELS[ours.argmax()]
    np.testing.assert_allclose([float(n) for n in numbers.strip("]").split(", ")], ours, atol=1e-4)


def test_the_folder_holds_all_it_needs_and_nothing_else(exported):
    _, folder = exported
    assert sorted(path.name for path in folder.iterdir()) == [
        "README.md",
        "labels.json",
        "model.onnx",
        "tokenizer.json",
    ]
    assert json.loads((folder / "labels.json").read_text(encoding="utf-8")) == list(LABELS)


def test_the_graph_does_not_say_where_anything_lies_on_this_machine(exported):
    content = (exported[1] / "model.onnx").read_bytes()
    for place in (Path(torch.__file__).parents[1], Path(__file__).parents[3]):
        assert str(place).encode() not in content


def test_an_arm_without_a_network_is_refused(tmp_path):
    Majority.fit(np.array([0, 1, 1]), 2).save(tmp_path / "model", ("a", "b"))
    with pytest.raises(UserError, match="ONNX is for networks, and this model is “majority”"):
        write_graph(tmp_path / "model", tmp_path / "onnx")
    assert not (tmp_path / "onnx").exists()


def test_a_model_of_pairs_is_asked_for_two_texts_and_told_where_the_second_begins(tmp_path):
    model = saved_folder(tmp_path, "bert", Pooling.OWN, texts=PAIR)
    write_onnx(model, tmp_path / "onnx")
    printed = run_readme(tmp_path / "onnx", TEXTS[0], TEXTS[2])
    ours = load_predictor(model).predict([(TEXTS[0], TEXTS[2])])[0]
    numbers = printed.partition(" [[")[2].strip("]").split(", ")
    np.testing.assert_allclose([float(number) for number in numbers], ours, atol=1e-4)
