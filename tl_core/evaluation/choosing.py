"""Choosing among few models on validation."""

from collections.abc import Sequence

import numpy as np

from tl_core.evaluation.metrics import Evaluation
from tl_core.schema import Metric


def best_on_validation(found: Sequence[Evaluation], metric: Metric) -> int:
    """Choose the one with the least log loss of all whose metric is within a standard error of the highest.

    The error is that of an accuracy as high. Of a hundred examples the highest of many accuracies is mostly
    luck; the loss counts how sure each answer is too (``benchmarks/tfidf.json`` has what the rule is worth).
    """
    values = np.array([getattr(one, metric.value) for one in found])
    highest = values.max()
    share = max(0.0, highest)  # quadratic kappa can be below 0
    error = np.sqrt(share * (1 - share) / found[0].num_examples)
    losses = np.array([one.log_loss for one in found])
    return int(np.where(values >= highest - error, losses, np.inf).argmin())
