"""Examples whose label a trained model disputes with confidence."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Targets = npt.NDArray[np.integer]
Probabilities = npt.NDArray[np.floating]


@dataclass(frozen=True, kw_only=True)
class SuspectedError:
    """An example with a disputed label; ``margin`` is the probability of `suggested` less that of `label`."""

    example_id: str
    text: str
    label: str
    suggested: str
    margin: float


def rank_label_errors(
    targets: Targets,
    probabilities: Probabilities,
    *,
    texts: Sequence[str],
    labels: Sequence[str],
    example_ids: Sequence[str],
) -> list[SuspectedError]:
    """Return the examples whose label is suspect, the most suspect first.

    Confident learning: a class's threshold is the mean probability that it has among the examples with its
    label. An example belongs, confidently, to the most probable of the classes that reach their thresholds;
    where that is another class than its label, and the model would also answer otherwise, the label is
    suspect (Northcutt, Jiang and Chuang, Confident Learning: Estimating Uncertainty in Dataset Labels, JAIR
    2021, section 3.1, equations 1 and 2). The order is that of the normalised margin (section 3.3).

    Parameters
    ----------
    targets
        Label ids as they stand in the dataset, ``(num_examples,)``.
    probabilities
        Of every class, from a model that was not trained on these examples, ``(num_examples, num_labels)``.
    texts, example_ids
        Of the examples, ``(num_examples,)`` each.
    labels
        Names of the classes, ``(num_labels,)``.
    """
    suggested = _confident_classes(targets, probabilities)
    every = np.arange(len(targets))
    # Where no class reaches its threshold, -1 points at the last one, and the margin does not count.
    margins = probabilities[every, suggested] - probabilities[every, targets]
    is_suspect = (suggested >= 0) & (margins > 0) & (probabilities.argmax(axis=1) != targets)
    rows = np.flatnonzero(is_suspect).tolist()
    return [
        SuspectedError(
            example_id=example_ids[row],
            text=texts[row],
            label=labels[targets[row]],
            suggested=labels[suggested[row]],
            margin=float(margins[row]),
        )
        for row in sorted(rows, key=lambda row: (-margins[row], row))
    ]


def disputed_by_either(*lists: Sequence[SuspectedError]) -> list[SuspectedError]:
    """Join what several models dispute into one list, the most suspect first, without saying which did.

    A person who corrected only what one model disputes would make that one look better: every error that it
    sees, and the other does not, is one that stood against it.
    """
    joined: dict[str, SuspectedError] = {}
    for one in (suspect for suspects in lists for suspect in suspects):
        if one.example_id not in joined or one.margin > joined[one.example_id].margin:
            joined[one.example_id] = one
    return sorted(joined.values(), key=lambda one: (-one.margin, one.example_id))


def _confident_classes(targets: Targets, probabilities: Probabilities) -> npt.NDArray[np.int64]:
    """Return the class that each example confidently belongs to, -1 for none, ``(num_examples,)``."""
    num_labels = probabilities.shape[1]
    thresholds = np.array(
        [
            probabilities[targets == label, label].mean() if (targets == label).any() else np.inf
            for label in range(num_labels)
        ]
    )
    reached = np.where(probabilities >= thresholds, probabilities, -1.0)
    best: npt.NDArray[np.int64] = reached.argmax(axis=1)
    return np.where(reached.max(axis=1) < 0, -1, best)
