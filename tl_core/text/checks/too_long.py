"""Texts that are longer than a model reads."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from tl_core.datasets.dataset import Dataset
from tl_core.datasets.findings import found, percent, quantity, severity_of
from tl_core.doctor.lengths import length_summary
from tl_core.schema import Finding


def too_long(dataset: Dataset, token_lengths: npt.NDArray[np.integer], max_length: int) -> Iterator[Finding]:
    """Find texts of which a model does not read the end.

    Parameters
    ----------
    token_lengths
        Tokens of each text, or of both texts of a pair, without a limit, ``(num_examples,)``.
    max_length
        Tokens kept of each text.
    """
    mask = token_lengths > max_length
    if mask.any():
        summary = length_summary(token_lengths, max_length)
        yield found(
            dataset,
            mask,
            code="too_long",
            severity=severity_of(summary.cut_texts),
            message=(
                f"Texts of more than {max_length:,} tokens: {quantity(mask)}. Their ends are cut, that is"
                f" {percent(summary.cut_tokens)} of the tokens counted; the longest text has"
                f" {summary.longest:,}."
            ),
            remedy="Keep more tokens of each text, which takes longer, or put what matters at the beginning.",
        )
