"""Debiased linear CKA: its invariances, unrelated data, and its definition summed term by term."""

from itertools import permutations

import numpy as np
import pytest

from tl_core.evaluation.similarity import linear_cka


@pytest.fixture
def features() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(40, 6))


def hsic_by_hand(k: np.ndarray, m: np.ndarray) -> float:
    """HSIC as a U-statistic over all quadruples of different examples (Song et al. 2012, theorem 3)."""
    n = len(k)
    places = list(permutations(range(n), 4))
    return sum(k[i, j] * (m[i, j] + m[q, r] - 2 * m[i, q]) for i, j, q, r in places) / len(places)


def test_it_is_one_up_to_rotation_scale_and_shift(features):
    rotation, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(6, 6)))
    assert linear_cka(features, features) == pytest.approx(1)
    assert linear_cka(features, 3 * features @ rotation + 7) == pytest.approx(1)


def test_another_linear_map_is_less_alike(features):
    assert linear_cka(features, features * [10, 1, 1, 1, 1, 1]) < 0.9


def test_it_follows_the_definition_of_the_unbiased_estimator():
    random = np.random.default_rng(2)
    a, b = random.normal(size=(7, 3)), random.normal(size=(7, 5))
    b[:, 0] = a[:, 0]
    k, m = a @ a.T, b @ b.T
    expected = hsic_by_hand(k, m) / np.sqrt(hsic_by_hand(k, k) * hsic_by_hand(m, m))
    assert linear_cka(a, b) == pytest.approx(expected)


def test_unrelated_representations_are_near_zero_even_with_more_features_than_texts():
    random = np.random.default_rng(3)
    found = [linear_cka(random.normal(size=(64, 384)), random.normal(size=(64, 384))) for _ in range(20)]
    a, b = (one - one.mean(axis=0) for one in random.normal(size=(2, 64, 384)))
    plain = np.linalg.norm(a.T @ b) ** 2 / (np.linalg.norm(a.T @ a) * np.linalg.norm(b.T @ b))
    assert abs(np.mean(found)) < 0.03
    assert plain > 0.8, "what the plain estimate would say"


@pytest.mark.parametrize("a", [np.ones((3, 2)), np.ones((10, 2))])
def test_what_cannot_be_measured_is_none(a):
    assert linear_cka(a, a) is None


def test_other_texts_are_refused(features):
    with pytest.raises(ValueError, match="same texts"):
        linear_cka(features, features[:5])
