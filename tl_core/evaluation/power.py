"""What a plan can detect before it starts, from what is measured or assumed of two arms' disagreement."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import special

from tl_core.evaluation.intervals import variance_parts
from tl_core.evaluation.metrics import ExampleValues
from tl_core.schema import LEVEL

POWER: Final = 0.8


@dataclass(frozen=True, kw_only=True)
class Disagreement:
    """How much the difference d_ij between two arms varies, each a variance of one seed on one example.

    Attributes
    ----------
    seeds
        Between seeds: of a seed's luck on all examples.
    examples
        Between examples: of what suits one arm, whatever the seed.
    residual
        Of what a seed makes of single examples.
    """

    seeds: float
    examples: float
    residual: float

    @classmethod
    def measured(cls, difference: ExampleValues) -> "Disagreement":
        """Take it from a comparison of at least two seeds and examples; no part falls below 0."""
        num_seeds, num_examples = difference.values.shape
        parts = variance_parts(difference.values, difference.groups)
        return cls(
            seeds=num_seeds * max(0.0, parts.seeds - parts.residual),
            examples=num_examples * max(0.0, parts.examples - parts.residual),
            residual=num_seeds * num_examples * parts.residual,
        )


ASSUMED: Final = Disagreement(seeds=0.02**2, examples=0.1, residual=0.1)
"""Two arms of which one alone is right on a fifth of the examples, half of them in every seed, and whose
difference has a standard deviation of 2 points between trainings."""


def detectable(num_seeds: int, num_examples: float, found: Disagreement) -> float:
    """Give the true difference of accuracies that four of five experiments of this size would show.

    It is that of `verdicts.detectable_difference`, with the variance of the mean that the parts predict.
    With one seed it is about two trained models: the luck of a training is left out.

    Parameters
    ----------
    num_examples
        Test examples; of those in groups the effective number of groups.

    Returns
    -------
    A fraction, at most 1.
    """
    residual = found.residual / (num_seeds * num_examples)
    examples = found.examples / num_examples + residual
    if num_seeds == 1:
        total, free = examples, num_examples - 1
    else:
        seeds = found.seeds / num_seeds + residual
        total = max(seeds + examples - residual, seeds, examples)
        share = seeds / total
        free = 1 / (share / (num_seeds - 1) + (1 - share) / (num_examples - 1))
    return min(1.0, shown_difference(float(np.sqrt(total)), free))


def shown_difference(standard_error: float, degrees_of_freedom: float) -> float:
    """Give the true difference that four of five experiments with this standard error would show.

    A t statistic with nu degrees of freedom exceeds its critical value with probability 0.8 where its
    non-centrality is lambda; the difference is lambda times the standard error (Cohen 1988, Statistical Power
    Analysis for the Behavioral Sciences, ch. 2).
    """
    critical = special.stdtrit(degrees_of_freedom, 1 - LEVEL / 2)
    return standard_error * float(special.nctdtrinc(degrees_of_freedom, 1 - POWER, critical))
