import numpy as np
import pytest
import torch
from transformers import AutoTokenizer

from tests.models.saving_cases import LABELS, PAIR, TEXTS, saved_folder
from tests.tiny_models import MAX_TOKENS
from tl_core.catalogue.base_models import Pooling
from tl_core.catalogue.tokens import load_tokenizer
from tl_core.errors import NotFoundError, UserError
from tl_core.inference.predictor import load_predictor
from tl_core.models.classical import Majority, Tfidf
from tl_core.models.classifiers import load_saved


def test_a_network_scores_each_text_as_it_does_alone(tmp_path):
    folder = saved_folder(tmp_path, "bert", Pooling.MEAN)
    texts = [TEXTS[number % 3] + " a" * number for number in range(70)]
    together = load_predictor(folder).predict(texts)
    tokenizer = load_tokenizer(folder)
    tokenizer.enable_truncation(MAX_TOKENS // 2)
    model = load_saved(folder)
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
    assert predictor.memory_mib == pytest.approx(weights, rel=0.05)


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
    with pytest.raises(NotFoundError, match="Expected a model folder"):
        load_predictor(tmp_path)


@pytest.mark.parametrize("architecture", ["bert", "distilbert", "roberta"])
def test_a_pair_is_read_as_transformers_reads_it_and_the_longest_is_cut_first(tmp_path, architecture):
    """Type ids go to models that have them, whatever their tokenizer says it gives."""
    folder = saved_folder(tmp_path, architecture, Pooling.MEAN, texts=PAIR)
    pairs = [(TEXTS[0], TEXTS[1]), (TEXTS[1], TEXTS[2]), (TEXTS[2], TEXTS[1])]
    tokenizer, model = AutoTokenizer.from_pretrained(folder), load_saved(folder)
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
    with pytest.raises(UserError, match="Expected two texts for each answer"):
        load_predictor(tmp_path / "pairs").predict(["a"])
    with pytest.raises(UserError, match="Expected one text for each answer"):
        load_predictor(tmp_path / "texts").predict([("a", "b")])
