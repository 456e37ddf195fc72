import json
import re
import shutil

import numpy as np
import pytest
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from tests.models.saving_cases import LABELS, PAIR, TEXTS, run_readme, saved_folder
from tests.tiny_models import MAX_TOKENS
from tl_core.catalogue.base_models import Pooling
from tl_core.errors import NotFoundError
from tl_core.inference.predictor import load_predictor
from tl_core.models.classifiers import load_saved
from tl_core.models.facts import read_facts
from tl_core.models.saving import save_classifier


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


@pytest.mark.parametrize("pooling", [Pooling.MEAN, Pooling.CLS])
def test_the_readme_of_a_pooled_head_gives_our_probabilities(tmp_path, pooling):
    folder = saved_folder(tmp_path, "bert", pooling)
    elsewhere = shutil.copytree(folder, tmp_path / "taken away")
    printed = run_readme(elsewhere, TEXTS[0])
    ours = load_predictor(folder).predict(TEXTS[:1])[0]
    label, _, numbers = printed.partition(" [[")
    assert label == LABELS[ours.argmax()]
    np.testing.assert_allclose([float(n) for n in numbers.strip("]").split(", ")], ours, atol=1e-4)


def test_the_readme_of_an_own_head_gives_our_probabilities_even_for_a_long_text(tmp_path):
    folder = saved_folder(tmp_path, "distilbert", Pooling.OWN)
    printed = run_readme(shutil.copytree(folder, tmp_path / "taken away"), TEXTS[2])
    scores = dict(re.findall(r"'label': '([^']+)', 'score': ([\d.e-]+)", printed))
    ours = dict(zip(LABELS, load_predictor(folder).predict(TEXTS[2:])[0], strict=True))
    assert {label: float(score) for label, score in scores.items()} == pytest.approx(ours, abs=1e-4)


def test_the_saved_tokenizer_neither_cuts_nor_pads(tmp_path):
    base = tmp_path / "tiny-bert"
    folder = saved_folder(tmp_path, "bert", Pooling.MEAN)
    raw = json.loads((base / "tokenizer.json").read_text())
    raw["truncation"] = {"max_length": 4, "strategy": "LongestFirst", "stride": 0, "direction": "Right"}
    (base / "tokenizer.json").write_text(json.dumps(raw))
    save_classifier(load_saved(folder), folder, base_folder=base, labels=LABELS, max_length=8)
    saved = json.loads((folder / "tokenizer.json").read_text())
    assert saved["truncation"] is None
    assert saved["padding"] is None


def test_facts_tell_kind_labels_and_length(tmp_path):
    facts = read_facts(saved_folder(tmp_path, "bert", Pooling.CLS))
    assert facts == {
        "kind": "neural",
        "pooling": "cls",
        "labels": list(LABELS),
        "max_length": MAX_TOKENS // 2,
    }


def test_a_folder_that_is_no_model_is_refused(tmp_path):
    with pytest.raises(NotFoundError, match="Expected a model folder"):
        read_facts(tmp_path)


@pytest.mark.parametrize("pooling", [Pooling.MEAN, Pooling.OWN])
def test_the_readme_of_a_model_of_pairs_gives_our_probabilities(tmp_path, pooling):
    folder = saved_folder(tmp_path, "bert", pooling, texts=PAIR)
    printed = run_readme(shutil.copytree(folder, tmp_path / "taken away"), TEXTS[0], TEXTS[2])
    ours = load_predictor(folder).predict([(TEXTS[0], TEXTS[2])])[0]
    if pooling is Pooling.OWN:
        scores = dict(re.findall(r"'label': '([^']+)', 'score': ([\d.e-]+)", printed))
        theirs = [float(scores[label]) for label in LABELS]
    else:
        theirs = [float(number) for number in printed.partition(" [[")[2].strip("]").split(", ")]
    np.testing.assert_allclose(theirs, ours, atol=1e-4)
