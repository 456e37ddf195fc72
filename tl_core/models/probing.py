"""Logistic regression on features that stay as they are, and as the linear layer that it is."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from tl_core.models.classical import NEVER_SEEN

MAX_ITERATIONS = 2000
ADDED_VARIATION = 0.02
"""By which share of its root mean square a feature counts as varying beside what it does: far more than the
rounding of float32, and hardly anything where features vary about zero."""


def standards_of(features: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give what is taken from features ``(n, width)`` and what they are then divided by, ``(width,)`` each.

    They are divided as if each varied by a share of its size more: what hardly varies says little beside its
    rounding, which is another elsewhere.
    """
    scaler = StandardScaler().fit(features)
    size = np.sqrt(np.square(features).mean(axis=0))
    return scaler.mean_, np.hypot(scaler.scale_, ADDED_VARIATION * size)


def fit_layer(
    regression: LogisticRegression,
    features: NDArray[np.float64],
    targets: NDArray[np.int64],
    num_labels: int,
    weights: NDArray[np.float64] | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fit a regression and give it as a linear layer, whose softmax has the same probabilities.

    Parameters
    ----------
    features, targets, weights
        Train examples: ``(n, width)``, their class ids and what each counts, ``(n,)``.

    Returns
    -------
    Weights ``(num_labels, width)`` and biases ``(num_labels,)``; a class that does not occur has the bias
    `NEVER_SEEN`.
    """
    classes = np.unique(targets)
    weight, bias = np.zeros((num_labels, features.shape[1])), np.full(num_labels, NEVER_SEEN)
    bias[classes] = 0.0
    if len(classes) > 1:
        regression.fit(features, targets, sample_weight=weights)
        scored = classes[-len(regression.coef_) :]  # two classes have one row: the log-odds of the second
        weight[scored], bias[scored] = regression.coef_, regression.intercept_
    return weight, bias


def probe_logits(
    features: NDArray[np.float32], targets: NDArray[np.int64], test: NDArray[np.float32], num_labels: int
) -> NDArray[np.float32]:
    """Fit a logistic regression (C = 1) on standardised features and score others.

    Parameters
    ----------
    features, targets
        Train examples: ``(n, width)`` and their class ids ``(n,)``, at least two classes.
    test
        ``(m, width)``.

    Returns
    -------
    Log-probabilities ``(m, num_labels)``; a class without a train example has that of `NEVER_SEEN`.
    """
    exact = features.astype(np.float64)
    mean, scale = standards_of(exact)
    regression = LogisticRegression(max_iter=MAX_ITERATIONS).fit((exact - mean) / scale, targets)
    scores = regression.decision_function((test - mean) / scale)
    if scores.ndim == 1:  # two classes have one column: the log-odds of the second
        scores = np.column_stack([np.zeros_like(scores), scores])
    logits = np.full((len(test), num_labels), NEVER_SEEN, dtype=np.float32)
    logits[:, regression.classes_] = log_softmax(scores, axis=1)
    return logits
