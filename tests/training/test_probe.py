"""The linear probe of a frozen network."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from tests.tiny_models import tiny_model_folder
from tl_core.arms import ArmKind
from tl_core.catalogue.base_models import Pooling
from tl_core.errors import CancelledError
from tl_core.schema import EvalFinished, Metric, Precision, TrainingConfig
from tl_core.text.network import NETWORKS
from tl_core.training import probe
from tl_core.training.batching import FeatureExamples
from tl_core.training.compute import Compute
from tl_core.training.fit import predict_logits
from tl_core.training.meters import Clock
from tl_core.training.probe import fit_probe, last_layer

LABELS = ("bad", "good", "mixed")


def examples(model, num=120, key=0, labels=3, weights=None):
    """Features of very different scales, of which two tell the class."""
    rng = np.random.default_rng(key)
    targets = rng.integers(labels, size=num)
    layer = last_layer(model)
    features = rng.normal(size=(num, layer.in_features)) * np.logspace(-3, 3, layer.in_features)
    features[:, 0] += 2e-3 * (targets == 1)
    features[:, 1] += 2e-3 * (targets == 2)
    return FeatureExamples(
        features=torch.from_numpy(features.astype(np.float32)),
        lengths=np.full(num, 5),
        targets=targets,
        weights=weights,
    )


@pytest.fixture
def model(tmp_path: Path):
    return NETWORKS.build(
        ArmKind.FROZEN, tiny_model_folder(tmp_path, "bert"), Pooling.MEAN, LABELS, init_seed=0
    )


def probed(model, train, validation, **choices):
    clock, compute = Clock(), Compute.choose(TrainingConfig(epochs=1))
    events = list(fit_probe(model, train, validation, compute, clock, **choices))
    return clock, [event for event in events if isinstance(event, EvalFinished)]


def test_it_is_the_regression_on_standardised_features_that_does_best_on_validation(model):
    train, validation, test = (examples(model, key=key) for key in range(3))
    probed(model, train, validation)
    scaler = StandardScaler().fit(train.features.double())
    found = {}
    for strength in probe.STRENGTHS:
        regression = LogisticRegression(C=strength, max_iter=2000)
        regression.fit(scaler.transform(train.features.double()), train.targets)
        found[strength] = regression.predict_proba(scaler.transform(test.features.double()))
    own = softmax(
        predict_logits(model, test, np.arange(120), Compute.choose(TrainingConfig(epochs=1))), axis=1
    )
    gaps = {strength: float(np.abs(own - one).max()) for strength, one in found.items()}
    best = min(gaps, key=gaps.get)
    assert gaps[best] < 0.01
    assert (own.argmax(axis=1) == test.targets).mean() > 0.6, (
        "unstandardised, the large features would drown it"
    )


def test_it_takes_no_steps_and_pays_for_its_fits(model):
    train = examples(model)
    clock, (evaluation,) = probed(model, train, examples(model, key=1))
    assert (clock.step, clock.kept_step, clock.examples_seen) == (0, 0, 120)
    assert clock.train_s > 0
    assert (evaluation.step, evaluation.num_examples) == (0, 120)


def test_weights_count(model):
    """Examples of one class that count for nothing are as if they were not there."""
    rng = np.random.default_rng(0)
    train = examples(model, weights=np.where(rng.random(120) < 0.5, 1.0, 1e-9))
    alone = train.select(np.flatnonzero(train.weights == 1))
    validation = examples(model, key=1)
    probed(model, train, validation)
    weighted = last_layer(model).weight.detach().clone()
    probed(model, alone, validation)
    cosine = torch.cosine_similarity(weighted.flatten(), last_layer(model).weight.flatten(), dim=0)
    assert cosine > 0.9


def test_a_class_without_examples_is_never_the_answer(model):
    train = examples(model, labels=2)
    probed(model, train, examples(model, key=1))
    logits = predict_logits(model, train, np.arange(120), Compute.choose(TrainingConfig(epochs=1)))
    assert set(logits.argmax(axis=1)) <= {0, 1}


def test_of_an_own_head_the_last_layer_alone_is_fitted(tmp_path):
    folder = tiny_model_folder(tmp_path, "distilbert")
    model = NETWORKS.build(ArmKind.FROZEN, folder, Pooling.OWN, LABELS, init_seed=0)
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    train = FeatureExamples(
        features=torch.randn(60, 1, model.encoder.config.hidden_size),
        lengths=np.full(60, 5),
        targets=np.arange(60) % 3,
    )
    probed(model, train, train)
    changed = {name for name, weight in model.state_dict().items() if not torch.equal(weight, before[name])}
    assert changed == {"model.classifier.weight", "model.classifier.bias"}


def test_the_main_metric_chooses(model, monkeypatch):
    asked = []
    monkeypatch.setattr(probe, "best_on_validation", lambda found, metric: asked.append(metric) or 0)
    probed(model, examples(model), examples(model, key=1), metric=Metric.MACRO_F1)
    assert asked == [Metric.MACRO_F1]


def test_it_can_be_cancelled(model):
    compute = Compute.choose(TrainingConfig(epochs=1), should_stop=lambda: True)
    with pytest.raises(CancelledError):
        list(fit_probe(model, examples(model), examples(model, key=1), compute, Clock()))


def test_what_hardly_varies_is_not_divided_by_its_rounding(model):
    train, validation = examples(model), examples(model, key=1)
    for part in (train, validation):
        part.features[:, 2] = 10 + 1e-3 * part.features[:, 2].sign()  # as from weights at random
    probed(model, train, validation)
    layer = last_layer(model)
    moves_logits_by = layer.weight[:, 2].detach().abs().max() * 1e-3
    assert float(moves_logits_by) < 0.1
    moved = FeatureExamples(
        features=validation.features * (1 + 1e-6), lengths=validation.lengths, targets=validation.targets
    )
    rows, compute = np.arange(len(moved.targets)), Compute.choose(TrainingConfig(epochs=1))
    compute = replace(compute, precision=Precision.FLOAT32)
    before, after = (predict_logits(model, part, rows, compute) for part in (validation, moved))
    assert np.abs(before - after).max() < 1e-3
