"""Lengths of texts in tokens, against the most that a model reads."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, kw_only=True)
class LengthSummary:
    """Lengths of texts in tokens, against the most that a model reads.

    Attributes
    ----------
    p50, p95, longest
        Median, 95th percentile and maximum, in tokens.
    num_cut
        Texts that are longer than the limit.
    cut_texts, cut_tokens
        Shares, in [0, 1], of the texts that are longer than the limit and of all tokens beyond it.
    """

    p50: float
    p95: float
    longest: int
    num_cut: int
    cut_texts: float
    cut_tokens: float


def length_summary(lengths: npt.NDArray[np.integer], max_length: int) -> LengthSummary:
    """Summarise the lengths of texts.

    Parameters
    ----------
    lengths
        Tokens of each text, ``(num_examples,)``, at least one.
    max_length
        Tokens kept of each text.
    """
    num_tokens = int(lengths.sum())
    num_beyond = int(np.maximum(lengths - max_length, 0).sum())
    return LengthSummary(
        p50=float(np.percentile(lengths, 50)),
        p95=float(np.percentile(lengths, 95)),
        longest=int(lengths.max()),
        num_cut=int((lengths > max_length).sum()),
        cut_texts=float(np.mean(lengths > max_length)),
        cut_tokens=num_beyond / num_tokens if num_tokens else 0.0,
    )
