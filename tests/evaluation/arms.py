"""Arms with chosen answers, for the tests beside this file."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tl_core.evaluation.predictions import ArmPredictions


def arm_of(
    predicted: Any, targets: Sequence[int], *, arm: str = "fine_tuned", num_labels: int = 3, **changes: Any
) -> ArmPredictions:
    """Make an arm whose logits choose ``predicted`` (S, n)."""
    predicted = np.atleast_2d(predicted)
    fields = {
        "arm": arm,
        "train_size": 100,
        "seeds": tuple(range(len(predicted))),
        "example_ids": np.array([f"id{i:05d}" for i in range(predicted.shape[1])]),
        "targets": np.asarray(targets),
        "logits": 4 * np.eye(num_labels, dtype=np.float32)[predicted],
        "split_hash": "split-one",
    }
    return ArmPredictions.of(**(fields | changes))


def arm_with_hits(hits: Any, **changes: Any) -> ArmPredictions:
    """Make a two-class arm from the table (S, n) of its right answers; the targets are all 0."""
    hits = np.atleast_2d(hits)
    return arm_of(np.where(hits, 0, 1), [0] * hits.shape[1], num_labels=2, **changes)
