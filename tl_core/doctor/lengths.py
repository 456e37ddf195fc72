"""How long examples are, against the most that a model reads."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, kw_only=True)
class LengthSummary:
    """How long examples are (texts in tokens), against the most that a model reads.

    Attributes
    ----------
    p50, p95, longest
        Median, 95th percentile and maximum.
    num_cut
        Examples that are longer than the limit.
    cut_texts, cut_tokens
        Shares, in [0, 1], of the examples that are longer than the limit and of all units beyond it.
    """

    p50: float
    p95: float
    longest: int
    num_cut: int
    cut_texts: float
    cut_tokens: float


def length_summary(lengths: npt.NDArray[np.integer], max_length: int) -> LengthSummary:
    """Summarise the lengths of examples.

    Parameters
    ----------
    lengths
        Units of each example, ``(num_examples,)``, at least one.
    max_length
        Units kept of each example.
    """
    num_units = int(lengths.sum())
    num_beyond = int(np.maximum(lengths - max_length, 0).sum())
    return LengthSummary(
        p50=float(np.percentile(lengths, 50)),
        p95=float(np.percentile(lengths, 95)),
        longest=int(lengths.max()),
        num_cut=int((lengths > max_length).sum()),
        cut_texts=float(np.mean(lengths > max_length)),
        cut_tokens=num_beyond / num_units if num_units else 0.0,
    )
