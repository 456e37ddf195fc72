"""The fresh probe: what features tell, whatever their scale, and classes that it never saw."""

import numpy as np

from tl_core.models.probing import probe_logits


def test_it_reads_what_the_features_tell_whatever_their_scale():
    random = np.random.default_rng(0)
    targets = random.integers(0, 3, size=120)
    features = (np.eye(3)[targets] + random.normal(scale=0.1, size=(120, 3))) * [1, 1e3, 1e-3] + 5
    logits = probe_logits(features[:60].astype(np.float32), targets[:60], features[60:].astype(np.float32), 3)
    assert (logits.argmax(axis=1) == targets[60:]).all()
    np.testing.assert_allclose(np.exp(logits).sum(axis=1), 1, atol=1e-5)


def test_a_class_without_a_train_example_is_never_the_answer():
    random = np.random.default_rng(1)
    features, targets = random.normal(size=(20, 2)).astype(np.float32), np.array([0, 2] * 10)
    logits = probe_logits(features, targets, features, 3)
    assert logits.shape == (20, 3)
    assert np.isfinite(logits).all()
    assert 1 not in logits.argmax(axis=1)
