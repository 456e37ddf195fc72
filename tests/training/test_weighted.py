"""Example weights in the training loop, for a whole network and for the head of a frozen one."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training.examples import (
    ON_CPU,
    are_equal,
    make_config,
    make_examples,
    make_model,
    run_fit,
    weights_of,
)
from tl_core.models.classifiers import Classifier
from tl_core.schema import ArmKind, LearningRates, StepLogged
from tl_core.text.network.examples import TokenExamples
from tl_core.training.batching import FeatureExamples
from tl_core.training.features import compute_features

KINDS = [ArmKind.SCRATCH, ArmKind.FROZEN]
WEIGHTS = np.array([2.0] * 5 + [1.0] * 15)
EACH_AS_OFTEN = np.concatenate([np.arange(20), np.arange(5)])
RATES = LearningRates(encoder=1e-3, head=1e-3)


def examples_for(model: Classifier, kind: ArmKind, folder: Path) -> TokenExamples | FeatureExamples:
    tokens = make_examples(20)
    if kind is not ArmKind.FROZEN:
        return tokens
    return compute_features(model, tokens, ON_CPU, folder / "features").examples


def losses(model: Classifier, train: TokenExamples | FeatureExamples, **options: int) -> list[StepLogged]:
    config = make_config(dropout=0.0, batch_size=32)
    events = run_fit(model, config, train, train.select(np.arange(4)), RATES, **options)
    return [event for event in events if isinstance(event, StepLogged)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_weight_of_two_is_the_row_twice(tmp_path: Path, kind: ArmKind) -> None:
    """Every batch is the whole train part here, so that expectation and gradient are one."""
    weighted, repeated = (make_model(tmp_path, kind, dropout=0.0) for _ in range(2))
    examples = examples_for(weighted, kind, tmp_path)
    one = losses(weighted, replace(examples, weights=WEIGHTS))
    other = losses(repeated, examples.select(EACH_AS_OFTEN))
    plain = losses(make_model(tmp_path, kind, dropout=0.0), examples)
    for a, b in zip(one, other, strict=True):
        assert a.loss == pytest.approx(b.loss, abs=1e-5)
        assert a.grad_norm == pytest.approx(b.grad_norm, rel=1e-3)
    assert one[0].grad_norm != pytest.approx(plain[0].grad_norm, rel=0.01), "weights matter here"
    for name, weight in weights_of(weighted).items():
        torch.testing.assert_close(weight, weights_of(repeated)[name], rtol=0, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_equal_weights_change_no_bit(tmp_path: Path, kind: ArmKind) -> None:
    weighted, plain = (make_model(tmp_path, kind, dropout=0.0) for _ in range(2))
    examples = examples_for(weighted, kind, tmp_path)
    one, other = losses(weighted, replace(examples, weights=np.full(20, 0.1))), losses(plain, examples)
    assert [event.loss for event in one] == [event.loss for event in other]
    assert are_equal(weights_of(weighted), weights_of(plain))


def test_weighted_micro_batches_are_one_batch(tmp_path: Path) -> None:
    whole, parts = (make_model(tmp_path, dropout=0.0) for _ in range(2))
    train = replace(make_examples(20), weights=WEIGHTS)
    one, other = losses(whole, train), losses(parts, train, micro_batch_size=3)
    assert [event.loss for event in one] == pytest.approx([event.loss for event in other], abs=1e-5)


def test_weights_go_with_the_examples_that_are_selected() -> None:
    train = replace(make_examples(20), weights=np.arange(20.0))
    selected = train.select(np.array([3, 1]))
    assert selected.weights is not None
    assert selected.weights.tolist() == [3.0, 1.0]
