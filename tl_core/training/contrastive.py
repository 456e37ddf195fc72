"""SetFit's method: pairs of texts tune the encoder, then logistic regression is fitted on its features.

Tunstall, Reimers, Jo, Bates, Korat, Wasserblat and Pereg (2022), Efficient few-shot learning without prompts,
arXiv:2209.11055. The loss is sentence-transformers' own; the loop, its steps and its clock are every arm's.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers.sentence_transformer.losses import CosineSimilarityLoss
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn

from tl_core.models.classifiers import Classifier, PooledClassifier
from tl_core.models.probing import MAX_ITERATIONS, fit_layer
from tl_core.training.batching import Examples, Indices, endless_batches, network_inputs, some_examples
from tl_core.training.compute import Compute
from tl_core.training.features import encode_all

_SIMILARITY_LOSS = CosineSimilarityLoss(nn.Identity())  # it is given features, so it needs no model


@dataclass(frozen=True, kw_only=True)
class Contrastive:
    """Two texts of one class are drawn together, two of different classes apart; the head comes after.

    Attributes
    ----------
    compute
        With what features for the head are computed.
    max_eval_examples
        Train examples that a head before the end is fitted on at most.
    """

    compute: Compute
    max_eval_examples: int

    def batches(self, train: Examples, batch_size: int, order_seed: int) -> Iterator[Indices]:
        """Yield pairs ``(P, 2)``: at each step as many texts as the other arms read, two to a pair."""
        pairs = endless_pairs(train.targets, order_seed)
        for batch in endless_batches(train.lengths, batch_size, order_seed):
            yield np.stack(list(islice(pairs, max(1, len(batch) // 2))))

    def loss(
        self,
        model: Classifier,
        train: Examples,
        rows: Indices,
        compute: Compute,
    ) -> Tensor:
        """Sum (cosine similarity − 1 for one class or 0 for two)² over pairs ``(P, 2)``."""
        inputs = network_inputs(train, rows.reshape(-1), compute.device)
        with compute.autocast():
            features = model.features(inputs)
        first, second = features.float().reshape(len(rows), 2, -1).unbind(1)  # (P, D) each
        is_alike = train.targets[rows[:, 0]] == train.targets[rows[:, 1]]
        targets = torch.from_numpy(is_alike.astype(np.float32)).to(compute.device)
        loss: Tensor = _SIMILARITY_LOSS.compute_loss_from_embeddings([first, second], targets) * len(rows)
        return loss

    def make_head(self, model: Classifier, train: Examples, *, is_end: bool) -> None:
        """Fit logistic regression on the features as they are now and put it into the linear layer."""
        examples = train if is_end else train.select(some_examples(train, self.max_eval_examples))
        was_training = model.training
        features = encode_all(model, examples, self.compute)
        model.train(was_training)
        set_head(model, features.numpy(), examples.targets)


def endless_pairs(targets: NDArray[np.int64], order_seed: int) -> Iterator[Indices]:
    """Draw pairs ``(2,)``: in turn one of the same class and one of two classes.

    The first of a pair goes through all examples in a random order, again and again, so that each comes
    equally often; the second is any that fits. An example that has no such partner is paired with itself,
    or, where there is one class alone, with any other of it.
    """
    rng = np.random.Generator(np.random.PCG64(order_seed))
    wants_alike = cycle((True, False))
    while True:
        for first in rng.permutation(len(targets)):
            is_alike = targets == targets[first]
            is_fitting = is_alike if next(wants_alike) or is_alike.all() else ~is_alike
            fitting = np.flatnonzero(is_fitting & (np.arange(len(targets)) != first))
            yield np.array([first, rng.choice(fitting) if len(fitting) else first], dtype=np.int64)


def set_head(model: Classifier, features: NDArray[np.float32], targets: NDArray[np.int64]) -> None:
    """Fit scikit-learn's logistic regression and write it as the linear layer: the same probabilities.

    Parameters
    ----------
    model
        A `PooledClassifier`.
    features
        What its head reads, ``(num_examples, D)``.
    targets
        Class ids ``(num_examples,)``; a class that does not occur gets the logit `NEVER_SEEN`.
    """
    if not isinstance(model, PooledClassifier):
        raise TypeError(
            f"a contrastive arm needs one linear layer on pooled features: {type(model).__name__}"
        )
    regression = LogisticRegression(max_iter=MAX_ITERATIONS)
    weight, bias = fit_layer(regression, features.astype(np.float64), targets, model.linear.out_features)
    with torch.no_grad():
        model.linear.weight.copy_(torch.from_numpy(weight))
        model.linear.bias.copy_(torch.from_numpy(bias))
