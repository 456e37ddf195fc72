"""How alike two representations of the same texts are: linear CKA with an unbiased estimate."""

import math

import numpy as np
from numpy.typing import NDArray

MIN_EXAMPLES = 4
"""Below four examples the unbiased estimate of HSIC is not defined."""


def linear_cka(a: NDArray[np.floating], b: NDArray[np.floating]) -> float | None:
    """Compare two representations by debiased linear centred kernel alignment.

    CKA = HSIC(K, L) / √(HSIC(K, K) HSIC(L, L)) with K = A Aᵀ and L = B Bᵀ (Kornblith et al. 2019, section 3),
    where HSIC is the unbiased estimator of Song et al. (2012), as Nguyen et al. (2021) use it: with about as
    many features as texts, the plain estimate calls unrelated representations alike. It is 1 for
    representations that are equal up to rotation, shift and scale, and 0 on average for unrelated ones; by
    chance it can be a little below 0.

    Parameters
    ----------
    a, b
        One row per text, ``(n, features of a)`` and ``(n, features of b)``.

    Returns
    -------
    None with fewer than four texts, or if one of them tells no texts apart.
    """
    if len(a) != len(b):
        raise ValueError(f"expected the same texts; got {len(a)} and {len(b)}")
    if len(a) < MIN_EXAMPLES:
        return None
    k, m = _gram(a), _gram(b)
    scale = _hsic(k, k) * _hsic(m, m)
    return _hsic(k, m) / math.sqrt(scale) if scale > 0 else None


def _gram(features: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return inner products of the rows without their diagonal; centring the features keeps them small."""
    centred = np.asarray(features, dtype=np.float64)
    centred = centred - centred.mean(axis=0)
    gram: NDArray[np.float64] = centred @ centred.T
    np.fill_diagonal(gram, 0.0)
    return gram


def _hsic(k: NDArray[np.float64], m: NDArray[np.float64]) -> float:
    """Estimate HSIC without bias from two kernel matrices with zero diagonals (Song et al. 2012, HSIC₁)."""
    n = len(k)
    rows_k, rows_m = k.sum(axis=0), m.sum(axis=0)
    trace = float((k * m).sum())
    total = float(rows_k.sum() * rows_m.sum()) / ((n - 1) * (n - 2))
    cross = 2 * float(rows_k @ rows_m) / (n - 2)
    return (trace + total - cross) / (n * (n - 3))
