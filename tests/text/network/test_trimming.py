"""A network whose table of embeddings is trimmed while it trains ends as one with the whole table."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from tests.training.examples import ON_CPU, RATES, make_config, make_examples, make_model
from tl_core.catalogue.base_models import Pooling
from tl_core.models.classifiers import Classifier
from tl_core.schema import ArmKind, BudgetRule
from tl_core.text.network import NETWORKS
from tl_core.text.network.trimming import TrimmedEmbedding, trimmed
from tl_core.training.features import compute_features
from tl_core.training.fit import fit
from tl_core.training.meters import Clock

TRAIN, VALIDATION = make_examples(60), make_examples(30, seed=1)


def train(model: Classifier, *, is_trimmed: bool, budget: BudgetRule = BudgetRule.EQUAL_STEPS) -> list[float]:
    config = make_config(weight_decay=0.5, budget=budget, patience=1, cap_factor=4, dropout=0.0)
    ids = np.concatenate([TRAIN.ids, VALIDATION.ids, [TRAIN.pad_id]])
    clock = Clock()
    losses = []

    def run() -> None:
        for event in fit(model, TRAIN, VALIDATION, config, RATES, order_seed=3, compute=ON_CPU, clock=clock):
            losses.append(getattr(event, "loss", 0.0) or 0.0)

    if is_trimmed:
        with trimmed(model, ids):
            table = model.encoder.get_input_embeddings()
            assert isinstance(table, TrimmedEmbedding)
            assert table.num_embeddings < 0.5 * len(table.places)
            run()
    else:
        run()
    return losses


@pytest.mark.parametrize("architecture", ["bert", "distilbert", "roberta"])
@pytest.mark.parametrize("budget", list(BudgetRule))
def test_training_ends_with_the_same_weights(tmp_path: Path, architecture: str, budget: BudgetRule) -> None:
    whole, small = (make_model(tmp_path, pooling=Pooling.MEAN, architecture=architecture) for _ in range(2))
    before = whole.encoder.get_input_embeddings().weight.detach().clone()
    losses = [train(one, is_trimmed=one is small, budget=budget) for one in (whole, small)]
    np.testing.assert_allclose(*losses, rtol=1e-4, atol=1e-5)
    assert type(small.encoder.get_input_embeddings()) is nn.Embedding
    for (name, a), (_, b) in zip(whole.named_parameters(), small.named_parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-4, msg=lambda text, name=name: f"{name}: {text}")
    unseen = np.setdiff1d(np.arange(len(before)), np.concatenate([TRAIN.ids, VALIDATION.ids]))
    after = small.encoder.get_input_embeddings().weight
    assert (after[unseen].norm() < 0.999 * before[unseen].norm()).item(), "decay reaches what is left out"
    torch.testing.assert_close(whole.encoder.get_input_embeddings().weight[unseen], after[unseen])


def test_a_token_that_was_left_out_is_an_error(tmp_path: Path) -> None:
    model = make_model(tmp_path, pooling=Pooling.MEAN)
    with trimmed(model, np.array([0, 2, 3])), pytest.raises(IndexError):
        model({"input_ids": torch.tensor([[2, 50, 3]]), "attention_mask": torch.ones(1, 3, dtype=torch.long)})


def test_the_table_is_whole_again_after_an_error(tmp_path: Path) -> None:
    model = make_model(tmp_path, pooling=Pooling.MEAN)
    table = model.encoder.get_input_embeddings()
    before = table.weight.detach().clone()
    with pytest.raises(RuntimeError), trimmed(model, np.array([0, 2, 3])):
        raise RuntimeError
    assert model.encoder.get_input_embeddings() is table
    assert torch.equal(table.weight, before)


def test_a_table_that_occurs_or_is_not_trained_stays(tmp_path: Path) -> None:
    model = make_model(tmp_path, pooling=Pooling.MEAN)
    table = model.encoder.get_input_embeddings()
    with trimmed(model, np.arange(table.num_embeddings)):
        assert model.encoder.get_input_embeddings() is table
    frozen = make_model(tmp_path, ArmKind.FROZEN, Pooling.MEAN)
    with trimmed(frozen, np.array([0, 2, 3])):
        assert type(frozen.encoder.get_input_embeddings()) is nn.Embedding


def test_stored_features_need_no_table(tmp_path: Path) -> None:
    model = make_model(tmp_path, ArmKind.FROZEN, Pooling.MEAN)
    features = compute_features(model, TRAIN, ON_CPU, tmp_path / "features", None).examples
    with NETWORKS.narrowed(model, features, features):
        assert type(model.encoder.get_input_embeddings()) is nn.Embedding
