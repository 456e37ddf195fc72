"""An exported network answers as it does here, or refuses, in every usual way of loading it."""

import json
import sys

import numpy as np
import pytest

from tests.elsewhere.asking import ask_elsewhere
from tests.text.network.saving_cases import LABELS, PAIR, TEXTS, saved_folder
from tests.tiny_models import MAX_TOKENS
from tl_core.catalogue.base_models import Pooling
from tl_core.catalogue.local_folders import encoder_folder
from tl_core.export.folder import write_model
from tl_core.inference.predictor import load_predictor
from tl_core.text.network.onnx import write_onnx
from tl_core.text.tokens import load_tokenizer

ASKED = [*TEXTS, " spaces around it ", "Ünïcode, ß and é; 北京"]
PAIRS = list(zip(ASKED, ASKED[1:], strict=False))
POOLED = [Pooling.MEAN, Pooling.CLS]
ARCHITECTURES = ["bert", "distilbert", "roberta", "electra"]
CASES = [(name, pooling) for name in ARCHITECTURES for pooling in Pooling]
GRAPHS = ["bert, mean, text", "roberta, own, pair"]
"""Exporting a graph takes long: `tests/acceptance` has all of them."""


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """Give (ours, theirs) by architecture, pooling and kind of export."""
    ours, folders, asked = {}, {}, {"text": {}, "pair": {}}
    for architecture, pooling in CASES:
        for reads, texts in (("text", None), ("pair", PAIR)):
            place = tmp_path_factory.mktemp("model")
            model = saved_folder(place, architecture, pooling, texts=texts)
            key = f"{architecture}, {pooling.value}, {reads}"
            write_model(model, place / "exported")
            asked[reads][key] = place / "exported"
            if key in GRAPHS:
                write_onnx(model, place / "onnx")
                asked[reads][f"{key}, onnx"] = place / "onnx"
            ours[key] = load_predictor(model).predict(ASKED if texts is None else PAIRS)
            folders[key] = place / "exported"
    place = tmp_path_factory.mktemp("elsewhere")
    theirs = ask_elsewhere(sys.executable, asked["text"], ASKED, LABELS, place)
    theirs |= ask_elsewhere(sys.executable, asked["pair"], PAIRS, LABELS, place)
    return ours, theirs, folders


def assert_agrees(found, expected):
    assert not isinstance(found, str), found
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("reads", ["text", "pair"])
@pytest.mark.parametrize(("architecture", "pooling"), CASES)
def test_every_way_agrees_or_raises(answers, architecture, pooling, reads):
    ours, theirs, _ = answers
    key = f"{architecture}, {pooling.value}, {reads}"
    for found in theirs[key].values():
        if not isinstance(found, str):
            assert_agrees(found, ours[key])
    assert_agrees(theirs[key]["predict.py"], ours[key])


@pytest.mark.parametrize("key", GRAPHS)
def test_an_onnx_graph_needs_its_folder_alone(answers, key):
    ours, theirs, _ = answers
    assert_agrees(theirs[f"{key}, onnx"]["onnxruntime"], ours[key])
    others = {way: found for way, found in theirs[f"{key}, onnx"].items() if way != "onnxruntime"}
    assert all(isinstance(found, str) for found in others.values()), others


@pytest.mark.parametrize("pooling", POOLED)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_pooled_head_loads_in_sentence_transformers_and_nowhere_by_chance(answers, architecture, pooling):
    ours, theirs, _ = answers
    key = f"{architecture}, {pooling.value}, text"
    assert_agrees(theirs[key]["SentenceTransformer"], ours[key])
    refused = {"pipeline", "AutoModelForSequenceClassification", "CrossEncoder", "SetFitModel"}
    assert all(isinstance(theirs[key][way], str) for way in refused), theirs[key]


@pytest.mark.parametrize("reads", ["text", "pair"])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_an_own_head_loads_in_transformers_and_refuses_a_text_that_is_too_long(answers, architecture, reads):
    ours, theirs, _ = answers
    key = f"{architecture}, own, {reads}"
    assert_agrees(theirs[key]["pipeline, truncation=True"], ours[key])
    assert_agrees(theirs[key]["AutoModelForSequenceClassification"], ours[key])
    assert isinstance(theirs[key]["pipeline"], str), "the third text is longer than what the model reads"


def test_no_encoder_of_a_pooled_head_knows_the_class_names(answers):
    _, _, folders = answers
    for architecture in ARCHITECTURES:
        config = json.loads(
            (encoder_folder(folders[f"{architecture}, mean, text"]) / "config.json").read_text()
        )
        assert not set(LABELS) & set(map(str, config.get("id2label", {}).values()))


def test_a_text_is_cut_in_the_way_the_model_was_trained(answers):
    _, _, folders = answers
    tokenizer = load_tokenizer(encoder_folder(folders["bert, mean, text"]))
    assert len(tokenizer.encode(TEXTS[2])) > MAX_TOKENS // 2
