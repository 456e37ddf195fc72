import ast
import json
import re
import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from tests.text.network.saving_cases import LABELS, PAIR, TEXTS, make_former, run_readme, saved_folder
from tests.tiny_models import MAX_TOKENS
from tl_core.catalogue.base_models import Pooling
from tl_core.catalogue.local_folders import encoder_folder
from tl_core.errors import DamageError, NotFoundError
from tl_core.inference.predictor import load_predictor
from tl_core.models.facts import is_of_former_layout, read_facts
from tl_core.text.network import NETWORKS
from tl_core.text.network.standalone import load
from tl_core.text.tokens import load_tokenizer


def by_plain_transformers(folder, texts):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    inputs = tokenizer(
        list(texts), return_tensors="pt", padding=True, truncation=True, max_length=MAX_TOKENS // 2
    )
    with torch.no_grad():
        return model.config.id2label, model(**inputs).logits.softmax(-1).numpy()


@pytest.mark.parametrize("architecture", ["bert", "distilbert", "roberta"])
def test_plain_transformers_loads_an_own_head_and_agrees(tmp_path, architecture):
    folder = saved_folder(tmp_path, architecture, Pooling.OWN)
    id2label, theirs = by_plain_transformers(folder, TEXTS)
    assert tuple(id2label.values()) == LABELS
    np.testing.assert_allclose(load_predictor(folder).predict(TEXTS), theirs, atol=1e-6)


def test_the_readme_of_a_pooled_head_gives_our_probabilities(tmp_path):
    folder = saved_folder(tmp_path, "bert", Pooling.CLS)
    elsewhere = shutil.copytree(folder, tmp_path / "taken away")
    printed = run_readme(elsewhere, TEXTS[0], title="With sentence-transformers")
    ours = load_predictor(folder).predict(TEXTS[:1])[0]
    label, _, numbers = printed.partition(" [[")
    assert label == LABELS[ours.argmax()]
    np.testing.assert_allclose([float(n) for n in numbers.strip("]").split(", ")], ours, atol=1e-4)


def test_the_readme_of_an_own_head_gives_our_probabilities_even_for_a_long_text(tmp_path):
    folder = saved_folder(tmp_path, "distilbert", Pooling.OWN)
    elsewhere = shutil.copytree(folder, tmp_path / "taken away")
    printed = run_readme(elsewhere, TEXTS[2], title="With transformers")
    scores = dict(re.findall(r"'label': '([^']+)', 'score': ([\d.e-]+)", printed))
    ours = dict(zip(LABELS, load_predictor(folder).predict(TEXTS[2:])[0], strict=True))
    assert {label: float(score) for label, score in scores.items()} == pytest.approx(ours, abs=1e-4)


@pytest.mark.parametrize(("pooling", "reads"), [(Pooling.MEAN, None), (Pooling.OWN, PAIR)])
def test_one_file_gives_our_probabilities(tmp_path, pooling, reads):
    folder = saved_folder(tmp_path, "bert", pooling, texts=reads)
    elsewhere = shutil.copytree(folder, tmp_path / "taken away")
    printed = run_readme(elsewhere, TEXTS[2], TEXTS[0], title="With one file")
    asked = [(TEXTS[2], TEXTS[0])] if reads else TEXTS[2:]
    ours = dict(zip(LABELS, load_predictor(folder).predict(asked)[0], strict=True))
    assert ast.literal_eval(printed) == [pytest.approx(ours, abs=1e-4)]


def test_one_file_refuses_what_it_was_not_trained_on(tmp_path):
    answer = load(saved_folder(tmp_path, "bert", Pooling.MEAN))
    for wrong in ("a text", [("a text", "its pair")]):
        with pytest.raises(ValueError, match="Give this model a list of texts"):
            answer(wrong)


@pytest.mark.parametrize("pooling", list(Pooling))
def test_one_file_refuses_a_folder_that_lacks_weights(tmp_path, pooling):
    folder = saved_folder(tmp_path, "bert", pooling)
    path = encoder_folder(folder) / "model.safetensors"
    weights = load_file(path)
    weights.pop(next(name for name in weights if "layer.1" in name))
    save_file(weights, path, metadata={"format": "pt"})
    with pytest.raises(ValueError, match="Weights are missing"):
        load(folder)
    with pytest.raises(DamageError, match="cannot be loaded: 1 weights are missing in"):
        load_predictor(folder)


@pytest.mark.parametrize("pooling", list(Pooling))
def test_a_folder_of_an_earlier_version_still_answers_the_same(tmp_path, pooling):
    folder = saved_folder(tmp_path, "bert", pooling)
    expected = load_predictor(folder).predict(TEXTS)
    assert not is_of_former_layout(folder)
    make_former(folder)
    assert is_of_former_layout(folder)
    np.testing.assert_array_equal(load_predictor(folder).predict(TEXTS), expected)


def test_transformers_takes_the_tokenizer_as_it_is_whatever_class_the_base_model_names(tmp_path):
    folder = saved_folder(tmp_path, "bert", Pooling.MEAN)
    base = tmp_path / "tiny-bert"
    raw = json.loads((base / "tokenizer.json").read_text())
    raw["normalizer"] = {"type": "Replace", "pattern": {"String": "bad"}, "content": "good"}
    (base / "tokenizer.json").write_text(json.dumps(raw))
    stated = json.loads((base / "tokenizer_config.json").read_text())
    (base / "tokenizer_config.json").write_text(json.dumps(stated | {"tokenizer_class": "BertTokenizer"}))
    NETWORKS.save(NETWORKS.load(folder), folder, base_folder=base, labels=LABELS, limit=8)
    encoder = encoder_folder(folder)
    ids = load_tokenizer(encoder).encode("a bad film").ids
    assert AutoTokenizer.from_pretrained(encoder)(["a bad film"])["input_ids"] == [ids]


@pytest.mark.parametrize("size", [0, 100, 0.5])
@pytest.mark.parametrize("pooling", list(Pooling))
def test_truncated_weights_are_told_in_one_sentence(tmp_path, pooling, size):
    folder = saved_folder(tmp_path, "bert", pooling)
    path = encoder_folder(folder) / "model.safetensors"
    whole = path.read_bytes()
    path.write_bytes(whole[: int(size * len(whole)) if isinstance(size, float) else size])
    with pytest.raises(DamageError, match=r"model\.safetensors of .* is damaged"):
        load_predictor(folder)


def test_a_damaged_tokenizer_is_told_in_one_sentence(tmp_path):
    folder = saved_folder(tmp_path, "bert", Pooling.MEAN)
    (encoder_folder(folder) / "tokenizer.json").write_text("{")
    with pytest.raises(DamageError, match=r"0_Transformer/tokenizer\.json of .* is damaged"):
        load_predictor(folder)


def test_the_saved_tokenizer_neither_cuts_nor_pads(tmp_path):
    base = tmp_path / "tiny-bert"
    folder = saved_folder(tmp_path, "bert", Pooling.MEAN)
    raw = json.loads((base / "tokenizer.json").read_text())
    raw["truncation"] = {"max_length": 4, "strategy": "LongestFirst", "stride": 0, "direction": "Right"}
    (base / "tokenizer.json").write_text(json.dumps(raw))
    NETWORKS.save(NETWORKS.load(folder), folder, base_folder=base, labels=LABELS, limit=8)
    saved = json.loads((encoder_folder(folder) / "tokenizer.json").read_text())
    assert saved["truncation"] is None
    assert saved["padding"] is None


def test_facts_tell_kind_labels_and_length(tmp_path):
    facts = read_facts(saved_folder(tmp_path, "bert", Pooling.CLS))
    assert facts == {
        "kind": "neural",
        "pooling": "cls",
        "labels": list(LABELS),
        "max_length": MAX_TOKENS // 2,
        "pad_id": 0,
        "is_pair": False,
        "uses_type_ids": False,
    }


def test_a_folder_that_is_no_model_is_refused(tmp_path):
    with pytest.raises(NotFoundError, match="is not a model folder"):
        read_facts(tmp_path)


@pytest.mark.parametrize(
    ("pooling", "title"), [(Pooling.MEAN, "With sentence-transformers"), (Pooling.OWN, "With transformers")]
)
def test_the_readme_of_a_model_of_pairs_gives_our_probabilities(tmp_path, pooling, title):
    folder = saved_folder(tmp_path, "bert", pooling, texts=PAIR)
    printed = run_readme(shutil.copytree(folder, tmp_path / "taken away"), TEXTS[0], TEXTS[2], title)
    ours = load_predictor(folder).predict([(TEXTS[0], TEXTS[2])])[0]
    if pooling is Pooling.OWN:
        scores = dict(re.findall(r"'label': '([^']+)', 'score': ([\d.e-]+)", printed))
        theirs = [float(scores[label]) for label in LABELS]
    else:
        theirs = [float(number) for number in printed.partition(" [[")[2].strip("]").split(", ")]
    np.testing.assert_allclose(theirs, ours, atol=1e-4)
