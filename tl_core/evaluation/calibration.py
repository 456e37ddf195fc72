"""How far a classifier's confidence can be trusted: calibration, and accuracy when it may abstain.

``docs/fairness_and_statistics.md`` explains the choices and their limits. A probability is the softmax of the
logits over a temperature, the confidence of an answer its largest probability.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, ndtri, softmax, xlogy

from tl_core.evaluation.metrics import Floats, Ints, brier_scores, log_loss

Logits = npt.NDArray[np.float32]

NUM_BINS = 15
"""Bins of equal width between 0 and 1, as in Guo et al. (2017)."""
LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE = 0.1, 10.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Bins:
    """Answers by their confidence, only the bins that have any; each array is (num_bins,).

    Attributes
    ----------
    lower, upper
        Ends of a bin; the upper one belongs to it.
    num_answers
        Answers in it, summed over seeds.
    confidence, accuracy
        Mean confidence and share of right answers, fractions.
    """

    lower: Floats
    upper: Floats
    num_answers: Floats
    confidence: Floats
    accuracy: Floats

    @property
    def error(self) -> float:
        """Expected calibration error: mean distance of confidence and accuracy, by answers, a fraction.

        Naeini, Cooper and Hauskrecht (2015), AAAI, equation 3.
        """
        gaps = np.abs(self.accuracy - self.confidence)
        return float((self.num_answers * gaps).sum() / self.num_answers.sum())

    @property
    def error_by_chance(self) -> float:
        """The error that confidences kept to the letter would show on so many answers, on average.

        The number of right answers in a bin is taken as binomial with the bin's mean confidence; its mean
        absolute deviation has a closed form (De Moivre; Diaconis and Zabell 1991, Statistical Science 6,
        284-302, equation 1.1). Only for the answers of one seed: those of several are not independent.
        """
        deviations = mean_absolute_deviation(self.num_answers, self.confidence)
        return float(deviations.sum() / self.num_answers.sum())

    def intervals(self, num_seeds: int, confidence: float = 0.95) -> tuple[Floats, Floats]:
        """Bound the share of right answers in each bin by Wilson's interval (1927, JASA 22, 209-212).

        Answers of several seeds to one example are not independent, so each example counts once: the
        answers are divided by the seeds.
        """
        return wilson(self.accuracy, self.num_answers / num_seeds, confidence)


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """How well one run's probabilities fit its answers on one split.

    Attributes
    ----------
    confidence, accuracy
        Mean confidence and share of right answers, fractions.
    error, error_by_chance
        Expected calibration error, and what it would be on average if every confidence were kept; fractions.
    brier
        Mean of `metrics.brier_scores`, from 0 (sure and right) to 1 (sure and wrong).
    log_loss
        In nats.
    """

    confidence: float
    accuracy: float
    error: float
    error_by_chance: float
    brier: float
    log_loss: float


def calibrate(targets: Ints, logits: Logits, temperature: float = 1.0) -> Calibration:
    """Measure the calibration of one run from targets (n,) and logits (n, K), divided by a temperature."""
    scaled = logits.astype(np.float64) / temperature
    probabilities = softmax(scaled, axis=1)
    bins = reliability(targets, logits[None], np.array([temperature]))
    return Calibration(
        confidence=float(probabilities.max(axis=1).mean()),
        accuracy=float((logits.argmax(axis=1) == targets).mean()),
        error=bins.error,
        error_by_chance=bins.error_by_chance,
        brier=float(brier_scores(targets, scaled).mean()),
        log_loss=log_loss(targets, scaled),
    )


def fit_temperature(targets: Ints, logits: Logits) -> float:
    """Find the temperature that makes the log loss of these targets (n,) and logits (n, K) smallest.

    One number for all classes, which changes no answer (Guo et al. 2017, ICML, section 4.2). To be fitted on
    validation. It stays between `LOWEST_TEMPERATURE` and `HIGHEST_TEMPERATURE`: a model that is right on
    every validation example would ask for 0. The log loss is convex in 1 / T, so the search finds the least.
    """
    from scipy.optimize import minimize_scalar  # a third of a second to import, and few pages need it

    scores = logits.astype(np.float64)
    found = minimize_scalar(
        lambda log_temperature: log_loss(targets, scores / np.exp(log_temperature)),
        bounds=(np.log(LOWEST_TEMPERATURE), np.log(HIGHEST_TEMPERATURE)),
        method="bounded",
    )
    return float(np.exp(found.x))


def confidences(logits: Logits, temperatures: Floats | None = None) -> Floats:
    """Return the largest probability of every answer: (S, n, K), one temperature a seed (S,), to (S, n)."""
    scores = logits.astype(np.float64)
    scaled = scores if temperatures is None else scores / temperatures[:, None, None]
    return np.asarray(softmax(scaled, axis=2).max(axis=2))


def reliability(
    targets: Ints, logits: Logits, temperatures: Floats | None = None, num_bins: int = NUM_BINS
) -> Bins:
    """Sort the answers of all seeds into bins of equal width by their confidence.

    Parameters
    ----------
    targets, logits
        (n,) and (S, n, K).
    temperatures
        One a seed, (S,); None leaves the logits as they are.
    """
    sure = confidences(logits, temperatures).ravel()
    is_right = (logits.argmax(axis=2) == targets).ravel()
    places = np.clip(np.ceil(sure * num_bins).astype(np.int64) - 1, 0, num_bins - 1)
    counts = np.bincount(places, minlength=num_bins)
    filled = np.flatnonzero(counts)
    return Bins(
        lower=filled / num_bins,
        upper=(filled + 1) / num_bins,
        num_answers=counts[filled].astype(np.float64),
        confidence=np.bincount(places, sure, num_bins)[filled] / counts[filled],
        accuracy=np.bincount(places, is_right, num_bins)[filled] / counts[filled],
    )


def wilson(share: Floats, size: Floats, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Bound a binomial share seen on ``size`` draws, both (m,), from below and above."""
    z = float(ndtri(0.5 + confidence / 2))
    centre = (share + z**2 / (2 * size)) / (1 + z**2 / size)
    reach = z / (1 + z**2 / size) * np.sqrt(share * (1 - share) / size + z**2 / (4 * size**2))
    return np.maximum(centre - reach, 0), np.minimum(centre + reach, 1)


def mean_absolute_deviation(size: Floats, share: Floats) -> Floats:
    """E|X - n p| of binomial X, n = ``size``, p = ``share``: 2 k (1 - p) P(X = k) with k = floor(n p) + 1."""
    k = np.minimum(np.floor(size * share) + 1, size)
    log_choose = gammaln(size + 1) - gammaln(k + 1) - gammaln(size - k + 1)
    # xlogy counts 0 log 0 as 0: a share of 1 leaves nothing to deviate.
    log_chance = log_choose + xlogy(k, share) + xlogy(size - k, 1 - share)
    return np.asarray(2 * k * (1 - share) * np.exp(log_chance))


def accuracy_by_coverage(targets: Ints, logits: Logits) -> Floats:
    """Return each seed's accuracy on its k most confident answers, k from 1 to n: (n,), (S, n, K) to (S, n).

    The risk-coverage curve of El-Yaniv and Wiener (2010), JMLR 11, 1605-1641, as accuracy. Answers of equal
    confidence stand in no order: a part of them counts as right as all of them on average.
    """
    rows = []
    for sure, is_right in zip(confidences(logits), logits.argmax(axis=2) == targets, strict=True):
        order = np.argsort(-sure, kind="stable")
        num_right = np.cumsum(is_right[order])
        ends = np.append(np.flatnonzero(np.diff(sure[order])), len(sure) - 1)
        num_answers = np.arange(1, len(sure) + 1)
        known = np.append(0, num_answers[ends]), np.append(0, num_right[ends])
        rows.append(np.interp(num_answers, *known) / num_answers)
    return np.stack(rows)


def area_under_risk(accuracies: Floats) -> Floats:
    """Return each seed's mean error over all coverages, (S, n) to (S,): fractions, smaller is better.

    The AURC of Geifman, Uziel and El-Yaniv (2019), ICLR, section 2.
    """
    return np.asarray(1 - accuracies.mean(axis=1))
