from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.text.network.test_encoding import ARCHITECTURES
from tests.tiny_models import Architecture
from tests.training.examples import ON_CPU, make_examples, make_model
from tl_core.catalogue.base_models import Pooling
from tl_core.errors import CancelledError
from tl_core.schema import ArmKind
from tl_core.training import features
from tl_core.training.features import compute_features, features_key
from tl_core.training.fit import predict_logits
from tl_core.training.meters import Meter


@pytest.mark.parametrize("pooling", [Pooling.MEAN, Pooling.OWN])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_kept_features_give_the_logits_of_the_whole_network(
    tmp_path: Path, architecture: Architecture, pooling: Pooling
) -> None:
    model = make_model(tmp_path, ArmKind.FROZEN, pooling, architecture)
    tokens, cache = make_examples(70), tmp_path / "features"
    compute_features(model, tokens, ON_CPU, cache)
    kept = compute_features(model, tokens, ON_CPU, cache).examples
    rows = np.array([69, 3, 40, 0])
    by_features = predict_logits(model, kept, rows, ON_CPU)
    whole = predict_logits(model, tokens, rows, ON_CPU)
    np.testing.assert_allclose(by_features, whole, rtol=0, atol=1e-5)
    np.testing.assert_array_equal(kept.lengths, tokens.lengths)


def test_features_are_computed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, tokens, cache = make_model(tmp_path, ArmKind.FROZEN), make_examples(10), tmp_path / "features"
    fresh = compute_features(model, tokens, ON_CPU, cache)
    monkeypatch.setattr(features, "encode_all", lambda *_: pytest.fail("computed again"))
    kept = compute_features(model, tokens, ON_CPU, cache)
    assert torch.equal(kept.examples.features, fresh.examples.features)
    assert kept.seconds_an_example == fresh.seconds_an_example > 0
    assert kept.joules_an_example is None, "nobody has measured it"


def test_what_features_cost_is_kept_with_them(tmp_path: Path) -> None:
    model, tokens, cache = make_model(tmp_path, ArmKind.FROZEN), make_examples(10), tmp_path / "features"
    readings = iter([5.0, 45.0])
    meter = Meter(method="made", counters=[lambda: next(readings)])
    fresh = compute_features(model, tokens, ON_CPU, cache, meter=meter)
    kept = compute_features(model, tokens, ON_CPU, cache, meter=meter)
    assert kept.joules_an_example == fresh.joules_an_example == 4.0


def test_features_that_were_cancelled_leave_nothing(tmp_path: Path) -> None:
    cache = tmp_path / "kept" / "features"
    model = make_model(tmp_path, ArmKind.FROZEN)
    with pytest.raises(CancelledError):
        compute_features(model, make_examples(10), replace(ON_CPU, should_stop=lambda: True), cache)
    assert not cache.exists()


def test_features_have_a_name_of_their_own_for_everything_that_decides_them() -> None:
    keys = {features_key("weights", 128, 2), features_key("weights", 128, 4), features_key("other", 128, 2)}
    assert len(keys) == 3
    assert features_key("weights", 128, 2) in keys
