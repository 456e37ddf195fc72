"""While a network trains on few different tokens, its table of embeddings holds no others."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tl_core.models.classifiers import Classifier

MOST_ROWS = 0.5
"""Share of a table up to which trimming is worth it."""


class TrimmedEmbedding(nn.Embedding):
    """The rows of a table that occur, looked up by their places in the whole table.

    The last row starts at one and is never looked up, so that it ends as the factor by which weight decay
    has shrunk every row that was left out: AdamW moves a row without a gradient in no other way.
    """

    kept: Tensor
    places: Tensor

    def __init__(self, whole: nn.Embedding, ids: NDArray[np.integer]) -> None:
        of_padding = np.flatnonzero(ids == whole.padding_idx)
        super().__init__(
            len(ids) + 1,
            whole.embedding_dim,
            padding_idx=int(of_padding[0]) if len(of_padding) else None,
            device=whole.weight.device,
        )
        kept = torch.from_numpy(ids.astype(np.int64))
        places = torch.full((whole.num_embeddings,), len(ids) + 1)  # no row
        places[kept] = torch.arange(len(ids))
        for name, tensor in (("kept", kept), ("places", places)):
            self.register_buffer(name, tensor.to(whole.weight.device), persistent=False)
        with torch.no_grad():
            self.weight[:-1] = whole.weight[self.kept]
            self.weight[-1] = 1.0

    def forward(self, input: Tensor) -> Tensor:
        """Look ids of the whole table up. Raises IndexError for one that was left out."""
        return super().forward(self.places[input])

    def write_back(self, whole: nn.Embedding) -> None:
        """Make a whole table what it would have become."""
        with torch.no_grad():
            whole.weight *= self.weight[-1]
            whole.weight[self.kept] = self.weight[:-1]


@contextmanager
def trimmed(model: Classifier, ids: NDArray[np.integer]) -> Iterator[None]:
    """Keep only the embeddings of some token ids for a while: what is trained then ends as without.

    Nothing is trimmed where the table is not trained, or where most of it occurs.
    """
    encoder = model.encoder
    whole, ids = encoder.get_input_embeddings(), np.unique(ids)
    is_worth_it = type(whole) is nn.Embedding and len(ids) < MOST_ROWS * whole.num_embeddings
    if not is_worth_it or not whole.weight.requires_grad:
        yield
        return
    small = TrimmedEmbedding(whole, ids)
    encoder.set_input_embeddings(small)
    try:
        yield
    finally:
        small.write_back(whole.to(small.weight.device))
        encoder.set_input_embeddings(whole)
