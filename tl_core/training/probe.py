"""The linear probe of a frozen network: logistic regression on standardised features.

It takes no steps, so that no budget and no learning rate decides how good it is: the likelihood has one
maximum, and the strength of the penalty is chosen on validation, as that of TF-IDF is.
"""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn

from tl_core.datasets.weighting import relative_weights
from tl_core.evaluation.choosing import best_on_validation
from tl_core.evaluation.metrics import Evaluation, evaluate
from tl_core.models.classifiers import Classifier
from tl_core.models.probing import MAX_ITERATIONS, fit_layer, standards_of
from tl_core.schema import EvalFinished, Metric, PhaseStarted, SplitName
from tl_core.training.batching import Examples, FeatureExamples
from tl_core.training.compute import Compute
from tl_core.training.fit import evaluation_event
from tl_core.training.meters import Clock

Floats = NDArray[np.float64]
STRENGTHS = tuple(10.0 ** (power / 2) for power in range(-10, 3))
"""Inverse strengths C of the penalty that are tried, from 1e-5 to 10."""
_AT_ONCE = 1024


def fit_probe(
    model: Classifier,
    train: Examples,
    validation: Examples,
    compute: Compute,
    clock: Clock,
    metric: Metric = Metric.ACCURACY,
    weights: Floats | None = None,
) -> Iterator[PhaseStarted | EvalFinished]:
    """Fit the last layer of ``model`` in place and yield what happens: its one evaluation on validation.

    Both parts are stored features. An architecture's own head may have layers before the last one: those stay
    as they are, and what they make of the features is standardised. ``weights`` say how much each train
    example counts, (num_examples,); None for as much as they say themselves.

    Raises
    ------
    CancelledError
        If it is wanted no more.
    """
    if not (isinstance(train, FeatureExamples) and isinstance(validation, FeatureExamples)):
        raise TypeError("a probe reads stored features")
    yield PhaseStarted(phase="training", **clock.stamp())
    clock.resume()
    model.to("cpu").eval()
    layer = last_layer(model)
    read, judged = (_read_by(layer, model, one.features) for one in (train, validation))
    mean, scale = standards_of(read)
    read, judged = (read - mean) / scale, (judged - mean) / scale
    counted = relative_weights(train.weights if weights is None else weights)
    regression = LogisticRegression(max_iter=MAX_ITERATIONS, warm_start=True)
    fits, found = list[tuple[Floats, Floats]](), list[Evaluation]()
    for strength in STRENGTHS:
        compute.require_wanted()
        regression.set_params(C=strength)
        fits.append(fit_layer(regression, read, train.targets, layer.out_features, counted))
        weight, bias = fits[-1]
        found.append(evaluate(validation.targets, (judged @ weight.T + bias).astype(np.float32)))
    weight, bias = fits[best_on_validation(found, metric)]
    weight = weight / scale  # the layer reads features as they come
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(weight))
        layer.bias.copy_(torch.from_numpy(bias - weight @ mean))
    model.to(compute.device)
    clock.pause()
    clock.examples_seen, clock.tokens_seen = len(train.targets), int(train.lengths.sum())
    clock.kept_step = clock.step
    every = np.arange(len(validation.targets))
    yield evaluation_event(model, validation, every, SplitName.VALIDATION, compute, clock)


def _read_by(layer: nn.Linear, model: Classifier, features: Tensor) -> Floats:
    """Return what the last layer reads when the head is given stored features: ``(num_examples, width)``."""
    seen: list[Tensor] = []
    hook = layer.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    try:
        with torch.inference_mode():
            for part in torch.split(features, _AT_ONCE):
                model.head(part)
    finally:
        hook.remove()
    found: Floats = torch.cat(seen).double().numpy()
    return found


def last_layer(model: Classifier) -> nn.Linear:
    """Find the linear layer whose outputs are the logits: the last of the head's."""
    head = {id(weight) for weight in model.head_parameters()}
    layers = [layer for layer in model.modules() if isinstance(layer, nn.Linear) and id(layer.weight) in head]
    return layers[-1]
