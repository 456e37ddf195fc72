"""A fresh linear probe on features that stay as they are: what they tell, whatever head they had."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from tl_core.models.classical import NEVER_SEEN


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
    scaler = StandardScaler().fit(features)
    regression = LogisticRegression(max_iter=2000).fit(scaler.transform(features), targets)
    scores = regression.decision_function(scaler.transform(test))
    if scores.ndim == 1:  # two classes have one column: the log-odds of the second
        scores = np.column_stack([np.zeros_like(scores), scores])
    logits = np.full((len(test), num_labels), NEVER_SEEN, dtype=np.float32)
    logits[:, regression.classes_] = log_softmax(scores, axis=1)
    return logits
