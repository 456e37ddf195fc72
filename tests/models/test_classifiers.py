from pathlib import Path
from typing import get_args

import pytest
import torch
from transformers import AutoModel

from tests.tiny_models import Architecture, tiny_model_folder
from tl_core.catalogue.base_models import Pooling
from tl_core.models.classifiers import Classifier, Inputs, PooledClassifier
from tl_core.schema import ArmKind
from tl_core.text.network import NETWORKS

ARCHITECTURES = get_args(Architecture)
LABELS = ("bad", "fair", "good")


def build(folder: Path, pooling: Pooling, kind: ArmKind = ArmKind.FINE_TUNED) -> Classifier:
    return NETWORKS.build(kind, folder, pooling, LABELS, init_seed=7)


def padded_batch() -> Inputs:
    """Three sequences of 3, 6 and 5 tokens; 1 is RoBERTa's padding id, and no other model minds."""
    ids = torch.tensor([[5, 9, 12, 1, 1, 1], [5, 20, 21, 22, 23, 12], [5, 30, 31, 32, 12, 1]])
    return {"input_ids": ids, "attention_mask": (ids != 1).long()}


@pytest.mark.parametrize("pooling", list(Pooling))
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_head_on_features_gives_the_logits_of_the_whole_network(
    tmp_path: Path, architecture: Architecture, pooling: Pooling
) -> None:
    classifier = build(tiny_model_folder(tmp_path, architecture), pooling).eval()
    with torch.no_grad():
        whole = classifier(padded_batch())
        features = classifier.features(padded_batch())
        by_features = classifier.head(features)
    torch.testing.assert_close(by_features, whole, rtol=0, atol=1e-6)
    assert whole.shape == (3, 3)
    assert not torch.allclose(classifier.head(features + 1), whole)  # the head does read the features


@pytest.mark.parametrize("pooling", list(Pooling))
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_encoder_and_head_share_out_all_parameters(
    tmp_path: Path, architecture: Architecture, pooling: Pooling
) -> None:
    classifier = build(tiny_model_folder(tmp_path, architecture), pooling)
    encoder = {id(weight) for weight in classifier.encoder_parameters()}
    head = {id(weight) for weight in classifier.head_parameters()}
    assert encoder
    assert head
    assert not encoder & head
    assert encoder | head == {id(weight) for weight in classifier.parameters()}
    assert encoder == {id(weight) for weight in classifier.encoder.parameters()}


@pytest.mark.parametrize("pooling", [Pooling.MEAN, Pooling.OWN])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_padding_changes_no_logits(tmp_path: Path, architecture: Architecture, pooling: Pooling) -> None:
    classifier = build(tiny_model_folder(tmp_path, architecture), pooling).eval()
    inputs = padded_batch()
    with torch.no_grad():
        together = classifier(inputs)
        for row, length in enumerate((3, 6, 5)):
            alone = classifier({name: tensor[row : row + 1, :length] for name, tensor in inputs.items()})
            torch.testing.assert_close(together[row : row + 1], alone, rtol=0, atol=1e-5)


def test_mean_pooling_is_the_mean_of_what_is_not_padding(tmp_path: Path) -> None:
    folder = tiny_model_folder(tmp_path, "bert")
    classifier = build(folder, Pooling.MEAN).eval()
    inputs = padded_batch()
    with torch.no_grad():
        hidden = AutoModel.from_pretrained(folder).eval()(**inputs).last_hidden_state
        features = classifier.features(inputs)
    torch.testing.assert_close(features[0], hidden[0, :3].mean(dim=0))
    torch.testing.assert_close(features[1], hidden[1].mean(dim=0))


def test_cls_pooling_is_the_first_token(tmp_path: Path) -> None:
    folder = tiny_model_folder(tmp_path, "bert")
    with torch.no_grad():
        hidden = AutoModel.from_pretrained(folder).eval()(**padded_batch()).last_hidden_state
        features = build(folder, Pooling.CLS).eval().features(padded_batch())
    torch.testing.assert_close(features, hidden[:, 0])


def test_the_head_leaves_the_network_as_it_was(tmp_path: Path) -> None:
    classifier = build(tiny_model_folder(tmp_path, "roberta"), Pooling.OWN)
    before = classifier.state_dict()
    classifier.head(classifier.features(padded_batch()))
    after = classifier.state_dict()
    assert list(after) == list(before)
    assert len({weight.data_ptr() for weight in after.values()}) == len(after)  # each weight is kept once


@pytest.mark.parametrize("pooling", [Pooling.MEAN, Pooling.OWN])
def test_a_saved_classifier_gives_the_same_logits(tmp_path: Path, pooling: Pooling) -> None:
    folder = tiny_model_folder(tmp_path, "electra")
    classifier = build(folder, pooling).eval()
    saved = tmp_path / "saved"
    NETWORKS.save(classifier, saved, base_folder=folder, labels=LABELS, limit=32)
    loaded = NETWORKS.load(saved)
    assert not loaded.training
    with torch.no_grad():
        torch.testing.assert_close(loaded(padded_batch()), classifier(padded_batch()), rtol=0, atol=0)


def test_a_dropout_of_zero_that_the_model_states_is_kept(tmp_path: Path) -> None:
    folder = tiny_model_folder(tmp_path, "bert")
    config = folder / "config.json"
    config.write_text(config.read_text().replace('"classifier_dropout": null', '"classifier_dropout": 0'))
    classifier = build(folder, Pooling.MEAN)
    assert isinstance(classifier, PooledClassifier)
    assert classifier.dropout.p == 0.0
