import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoTokenizer

from tests.store.damage import DAMAGES
from tests.text.network.saving_cases import LABELS, PAIR, TEXTS, saved_folder
from tests.tiny_models import MAX_TOKENS
from tl_core.catalogue.base_models import Pooling
from tl_core.catalogue.local_folders import encoder_folder
from tl_core.errors import DamageError, ModelError, NotFoundError, OutsideError, UserError
from tl_core.inference.predictor import load_predictor
from tl_core.models.classical import Majority
from tl_core.text.network import NETWORKS
from tl_core.text.tfidf import Tfidf
from tl_core.text.tokens import load_tokenizer


def test_a_network_scores_each_text_as_it_does_alone(tmp_path):
    folder = saved_folder(tmp_path, "bert", Pooling.MEAN)
    texts = [TEXTS[number % 3] + " a" * number for number in range(70)]
    together = load_predictor(folder).predict(texts)
    tokenizer = load_tokenizer(encoder_folder(folder))
    tokenizer.enable_truncation(MAX_TOKENS // 2)
    model = NETWORKS.load(folder)
    for text, row in zip(texts[:5] + texts[-5:], [*together[:5], *together[-5:]], strict=True):
        ids = torch.tensor([tokenizer.encode(text).ids])
        with torch.no_grad():
            alone = model({"input_ids": ids, "attention_mask": torch.ones_like(ids)}).softmax(-1)
        np.testing.assert_allclose(row, alone[0].numpy(), atol=1e-5)
    np.testing.assert_allclose(together.sum(axis=1), 1)


def test_a_network_tells_labels_and_the_memory_of_its_weights(tmp_path):
    predictor = load_predictor(saved_folder(tmp_path, "roberta", Pooling.OWN))
    weights = (tmp_path / "model" / "model.safetensors").stat().st_size / 2**20
    assert predictor.labels == LABELS
    assert predictor.memory_mib == pytest.approx(2 * weights, rel=0.05)  # as saved, and as products want them


def test_no_texts_give_no_rows(tmp_path):
    predictor = load_predictor(saved_folder(tmp_path, "bert", Pooling.CLS))
    assert predictor.predict([]).shape == (0, len(LABELS))


def test_majority_answers_its_prior_for_every_text(tmp_path):
    Majority.fit(np.array([0, 1, 1, 1]), 2).save(tmp_path, ("no", "yes"))
    # One is added to each count: (1 + 1) and (3 + 1) of 6.
    np.testing.assert_allclose(load_predictor(tmp_path).predict(["a", "b"]), [[1 / 3, 2 / 3]] * 2, rtol=1e-6)


def test_tfidf_gives_the_probabilities_of_its_regression(tmp_path):
    texts, targets = ["good film", "bad film", "good day", "bad day"], np.array([1, 0, 1, 0])
    fitted = Tfidf.fit(texts, targets, texts, targets, 2)
    fitted.save(tmp_path, ("no", "yes"))
    expected = fitted.regression.predict_proba(fitted.vectorizer.transform(["good", "bad"]))
    np.testing.assert_allclose(load_predictor(tmp_path).predict(["good", "bad"]), expected, rtol=1e-5)


def test_a_folder_that_is_no_model_is_refused(tmp_path):
    with pytest.raises(NotFoundError, match="is not a model folder"):
        load_predictor(tmp_path)


@pytest.mark.parametrize("architecture", ["bert", "distilbert", "roberta"])
def test_a_pair_is_read_as_transformers_reads_it_and_the_longest_is_cut_first(tmp_path, architecture):
    """Type ids go to models that have them, whatever their tokenizer says it gives."""
    folder = saved_folder(tmp_path, architecture, Pooling.MEAN, texts=PAIR)
    pairs = [(TEXTS[0], TEXTS[1]), (TEXTS[1], TEXTS[2]), (TEXTS[2], TEXTS[1])]
    tokenizer, model = AutoTokenizer.from_pretrained(encoder_folder(folder)), NETWORKS.load(folder)
    for pair, row in zip(pairs, load_predictor(folder).predict(pairs), strict=True):
        inputs = tokenizer(
            *pair,
            truncation="longest_first",
            max_length=MAX_TOKENS // 2,
            return_token_type_ids=architecture == "bert",
            return_tensors="pt",
        )
        assert inputs["input_ids"].shape[1] <= MAX_TOKENS // 2
        with torch.no_grad():
            theirs = model(dict(inputs)).softmax(-1)[0].numpy()
        np.testing.assert_allclose(row, theirs, atol=1e-5)


def test_a_model_of_pairs_refuses_single_texts_and_the_other_way_round(tmp_path):
    Majority.fit(np.array([0, 1, 1, 1]), 2).save(tmp_path / "pairs", ("no", "yes"), PAIR)
    Majority.fit(np.array([0, 1, 1, 1]), 2).save(tmp_path / "texts", ("no", "yes"))
    assert load_predictor(tmp_path / "pairs").predict([("a", "b")]).shape == (1, 2)
    with pytest.raises(UserError, match="trained on pairs of texts, and got single"):
        load_predictor(tmp_path / "pairs").predict(["a"])
    with pytest.raises(UserError, match="trained on single texts, and got pairs"):
        load_predictor(tmp_path / "texts").predict([("a", "b")])


# --- damage -------------------------------------------------------------------------------------------------

NETWORK_FILES = (
    "classifier.json",
    "0_Transformer/config.json",
    "0_Transformer/model.safetensors",
    "0_Transformer/tokenizer.json",
    "2_Dense/model.safetensors",
)
TFIDF_FILES = ("classifier.json", "tfidf.npz", "vocabulary.json")


def ask_damaged(folder, file, damage):
    """Damage a file of a run's model folder; either it answers as ever, or says what is wrong in one line."""
    expected = load_predictor(folder).predict(["a good film"])
    damage(folder / file)
    try:
        np.testing.assert_allclose(load_predictor(folder).predict(["a good film"]), expected)
    except (DamageError, ModelError, NotFoundError, OutsideError) as error:
        return error
    return None


def of_run(tmp_path):
    return tmp_path / "run_1" / "model"


@pytest.mark.parametrize(
    ("file", "damage"),
    [
        (file, damage)
        for file in NETWORK_FILES
        for damage in DAMAGES
        # Nothing states what the bytes inside of weights were.
        if not (file.endswith("safetensors") and damage.name == "NULs inside")
    ],
    ids=str,
)
def test_a_damaged_network_is_told_with_its_run_and_file(tmp_path, file, damage):
    of_run(tmp_path).parent.mkdir()
    folder = saved_folder(tmp_path, "bert", Pooling.MEAN).rename(of_run(tmp_path))
    error = ask_damaged(folder, file, damage)
    assert error is not None
    assert "\n" not in str(error)
    assert str(tmp_path) not in str(error)
    assert file in error.message or "cannot be loaded" in error.message or isinstance(error, ModelError)
    assert "run_1" in error.message or file == "classifier.json"


@pytest.mark.parametrize("damage", DAMAGES, ids=str)
@pytest.mark.parametrize("file", TFIDF_FILES)
def test_a_damaged_tfidf_is_told_with_its_run_and_file(tmp_path, file, damage):
    texts, targets = ["a good film", "a bad film", "a good day", "a bad day"], np.array([1, 0, 1, 0])
    folder = of_run(tmp_path)
    Tfidf.fit(texts, targets, texts, targets, 2).save(folder, ("no", "yes"))
    error = ask_damaged(folder, file, damage)
    assert error is not None
    assert "\n" not in str(error)
    assert file in error.message or "cannot be loaded" in error.message or isinstance(error, ModelError)
    assert "run_1" in error.message or file == "classifier.json"


def test_an_array_of_objects_runs_no_code_and_is_told(tmp_path):
    texts, targets = ["a good film", "a bad film", "a good day", "a bad day"], np.array([1, 0, 1, 0])
    folder = of_run(tmp_path)
    Tfidf.fit(texts, targets, texts, targets, 2).save(folder, ("no", "yes"))
    np.savez(folder / "tfidf.npz", idf=np.array([object()], dtype=object))
    with pytest.raises(DamageError, match=r"The model of run_1 cannot be loaded: Object arrays"):
        load_predictor(folder)


@pytest.mark.parametrize("labels", [["only one"], ["a", "b", "c", "d"]])
def test_a_model_with_other_labels_than_answers_is_damaged(tmp_path, labels):
    folder = saved_folder(tmp_path, "bert", Pooling.OWN)
    facts = json.loads((folder / "classifier.json").read_text())
    (folder / "classifier.json").write_text(json.dumps(facts | {"labels": labels}))
    with pytest.raises(DamageError, match="The model of the folder “model” cannot be loaded"):
        load_predictor(folder)


def test_weights_that_are_no_numbers_are_damage(tmp_path):
    folder = saved_folder(tmp_path, "bert", Pooling.MEAN)
    weights = load_file(folder / "2_Dense" / "model.safetensors")
    nothing = {name: torch.full_like(one, torch.nan) for name, one in weights.items()}
    save_file(nothing, folder / "2_Dense" / "model.safetensors")
    with pytest.raises(DamageError, match="no probability for each of the 3 labels"):
        load_predictor(folder)


def test_want_of_memory_is_not_taken_for_damage(tmp_path, monkeypatch):
    def fail(*_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    folder = saved_folder(tmp_path, "bert", Pooling.MEAN)
    monkeypatch.setattr("tl_core.networks.load_saved", fail)
    with pytest.raises(torch.OutOfMemoryError):
        load_predictor(folder)
