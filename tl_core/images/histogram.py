"""Colours and edges with logistic regression: the arm without a network that looks at pictures."""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from tl_core.datasets.weighting import balanced_weights
from tl_core.evaluation.choosing import best_on_validation
from tl_core.evaluation.metrics import evaluate
from tl_core.images.pictures import pixels_of, squared
from tl_core.models.classical import Logits
from tl_core.models.facts import write_facts
from tl_core.models.probing import MAX_ITERATIONS, fit_layer
from tl_core.schema import Metric, TextSource

SIZE_PX = 64
COLOUR_STEPS = 4
"""Steps of each of red, green and blue: 64 colours."""
CELLS, ORIENTATIONS = 4, 9
"""Edges are counted by orientation in 4 x 4 cells, as in histograms of oriented gradients (Dalal and Triggs
2005, CVPR)."""
STRENGTHS = tuple(10.0 ** (power / 2) for power in range(-10, 3))
"""Inverse strengths of the penalty that are tried, those of the probe of a frozen network."""


def describe(cell: str) -> NDArray[np.float64]:
    """Turn a picture into shares of colours, and for each cell its colour and its edges by orientation."""
    pixels = squared(pixels_of(cell), SIZE_PX).astype(np.float64)
    steps = (pixels * COLOUR_STEPS / 256).astype(np.int64)
    colour = (steps[..., 0] * COLOUR_STEPS + steps[..., 1]) * COLOUR_STEPS + steps[..., 2]
    colours = np.bincount(colour.ravel(), minlength=COLOUR_STEPS**3) / colour.size
    side = SIZE_PX // CELLS
    means = pixels.reshape(CELLS, side, CELLS, side, 3).mean((1, 3)) / 255
    down, right = np.gradient(pixels.mean(2))
    strength, angle = np.hypot(down, right), np.arctan2(down, right) % np.pi
    orientation = np.minimum((angle * ORIENTATIONS / np.pi).astype(np.int64), ORIENTATIONS - 1)
    place = np.arange(SIZE_PX) // side
    where = (place[:, None] * CELLS + place[None]) * ORIENTATIONS + orientation
    edges = np.bincount(where.ravel(), strength.ravel(), CELLS * CELLS * ORIENTATIONS)
    edges = edges / (np.linalg.norm(edges) + 1.0)
    return np.concatenate([np.sqrt(colours), means.ravel(), np.sqrt(edges)])


class Histogram:
    """A linear layer on standardised descriptions; strength and class weights are chosen on validation."""

    def __init__(self, weight: NDArray[np.float64], bias: NDArray[np.float64]) -> None:
        self.weight, self.bias = weight, bias

    @classmethod
    def fit(
        cls,
        texts: Sequence[str],
        targets: NDArray[np.integer],
        validation_texts: Sequence[str],
        validation_targets: NDArray[np.integer],
        num_labels: int,
        weights: NDArray[np.float64] | None = None,
        metric: Metric = Metric.ACCURACY,
    ) -> Self:
        """Learn from pictures; ``weights`` say how much each counts."""
        read, judged = _described(texts), _described(validation_texts)
        scaler = StandardScaler().fit(read)
        read = scaler.transform(read)
        classes = targets.astype(np.int64)
        fits, found = list[Self](), []
        for counted in (weights, balanced_weights(classes, weights)):
            regression = LogisticRegression(max_iter=MAX_ITERATIONS, warm_start=True)
            for strength in STRENGTHS:
                regression.set_params(C=strength)
                weight, bias = fit_layer(regression, read, classes, num_labels, counted)
                weight = weight / scaler.scale_  # the layer reads descriptions as they come
                fits.append(cls(weight, bias - weight @ scaler.mean_))
                found.append(evaluate(validation_targets, fits[-1]._scores(judged)))
        return fits[best_on_validation(found, metric)]

    @classmethod
    def load(cls, folder: Path, num_labels: int) -> Self:
        """Read what `save` wrote."""
        with (folder / "histogram.npz").open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return cls(stored["weight"], stored["bias"])

    @property
    def num_parameters(self) -> int:
        """Weights and biases."""
        return int(self.weight.size + self.bias.size)

    def logits(self, texts: Sequence[str]) -> Logits:
        """Give log-probabilities ``(num_examples, num_labels)``."""
        return self._scores(_described(texts))

    def _scores(self, described: NDArray[np.float64]) -> Logits:
        logits: Logits = log_softmax(described @ self.weight.T + self.bias, axis=1).astype(np.float32)
        return logits

    def hardly_known(self, texts: Sequence[str]) -> float:
        """Return 0: any picture has colours and edges."""
        return 0.0

    def save(self, folder: Path, labels: tuple[str, ...], texts: TextSource | None = None) -> None:
        """Write the layer as NumPy arrays."""
        folder.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(folder / "histogram.npz", weight=self.weight, bias=self.bias)
        write_facts(folder, "histogram", labels, texts)


def _described(cells: Sequence[str]) -> NDArray[np.float64]:
    width = COLOUR_STEPS**3 + CELLS * CELLS * (3 + ORIENTATIONS)
    return np.array([describe(cell) for cell in cells]).reshape(len(cells), width)
