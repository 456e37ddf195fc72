"""Fit statsmodels' crossed mixed model to simulated differences, for `benchmarks.intervals`.

A fit takes up to seconds and grows with the cube of seeds and examples, so statsmodels is run in some small
cells, with few repetitions, and beside it the closed form of the same fit that `rival_intervals.mixed_model`
has everywhere. Where a variance component is 0, statsmodels' search often ends elsewhere than at the highest
likelihood, and does not always say so.
"""

import warnings
from itertools import product
from typing import Any

import numpy as np
from statsmodels.regression.mixed_linear_model import MixedLM, VCSpec
from threadpoolctl import threadpool_limits

from benchmarks.batched_intervals import Floats, moments
from benchmarks.latent_arms import Design, draw, hits
from benchmarks.rival_intervals import Compared, mixed_model

REPETITIONS = 100
CELLS = (*product((3, 5, 10), (50,), (0.0, 0.15, 0.4)), (3, 100, 0.4), (5, 100, 0.4))
"""Seeds, examples, and the standard deviation of seeds on the latent scale."""
ACCURACY, DIFFERENCE = 0.8, 0.05


def fit(differences: Floats) -> tuple[float, float, bool]:
    """Fit one table (S, n) by restricted likelihood; return the ends of its 95% interval, and convergence."""
    num_seeds, num_examples = differences.shape
    of_seed, of_example = np.indices(differences.shape).reshape(2, -1)
    parts = [np.eye(num)[of_one] for num, of_one in ((num_seeds, of_seed), (num_examples, of_example))]
    names = [
        [[f"{name} {place}" for place in range(part.shape[1])]]
        for name, part in zip("se", parts, strict=True)
    ]
    variances = VCSpec(["seed", "example"], names, [[part] for part in parts])
    model = MixedLM(
        differences.ravel().astype(float),
        np.ones((differences.size, 1)),
        groups=np.zeros(differences.size),
        exog_vc=variances,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a variance of 0 lies on the edge of what is possible
        fitted = model.fit(reml=True)
    low, high = fitted.conf_int()[0]
    return float(low), float(high), bool(fitted.converged)


def closed_form(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Give the same ends of many pairs of tables of hits (M, S, n) by `rival_intervals.mixed_model`."""
    nothing = np.zeros(len(a))
    return mixed_model(
        Compared(
            both=moments(a - b),
            of_a=a.mean(axis=2),
            of_b=b.mean(axis=2),
            wins=nothing,
            losses=nothing,
            num_examples=a.shape[2],
        )
    )


def rows() -> list[dict[str, Any]]:
    """Give for each cell what both cover and how often they call equal arms different.

    ``agreement`` is the share of fits whose ends lie within 0.1 points of the closed form's.
    """
    found = []
    for num_seeds, num_examples, seed_sd in CELLS:
        design = Design(num_seeds=num_seeds, num_examples=num_examples, seed_sd=seed_sd)
        effects = draw(np.random.default_rng(num_seeds), design, REPETITIONS)
        a = hits(effects[0], ACCURACY, design)
        row: dict[str, Any] = {
            "num_seeds": num_seeds,
            "num_examples": num_examples,
            "seed_sd": seed_sd,
            "accuracy": ACCURACY,
            "difference": DIFFERENCE,
            "repetitions": REPETITIONS,
        }
        for name, difference in (("coverage", DIFFERENCE), ("false_positive_rate", 0.0)):
            b = hits(effects[1], ACCURACY - difference, design)
            with threadpool_limits(1):  # several threads wait for each other on such small matrices
                fits = [fit(table) for table in a - b]
            low, high = np.array([ends[:2] for ends in fits]).T
            for method, ends in (("statsmodels", (low, high)), ("closed_form", closed_form(a, b))):
                covers = (ends[0] <= difference) & (difference <= ends[1])
                rate = covers.mean() if name == "coverage" else 1 - covers.mean()
                row[f"{name}_{method}"] = round(float(rate), 4)
                if name == "coverage":
                    row[f"mean_width_{method}"] = round(float(np.mean(ends[1] - ends[0])), 5)
            apart = np.abs(np.subtract((low, high), closed_form(a, b))).max(axis=0)
            row[f"agreement_{name}"] = round(float((apart < 0.001).mean()), 4)
            row[f"not_converged_{name}"] = sum(not converged for *_, converged in fits)
        found.append(row)
    return found
