"""The pairs of an experiment on the scoring rules, which no claim rests on."""

from tl_core.evaluation.verdicts import compare
from tl_core.evaluation.wording import spoken_names
from tl_core.results.comparison import ExperimentResults
from tl_core.schema import ScoringRule, Verdict


def secondary_verdicts(results: ExperimentResults) -> tuple[Verdict, ...]:
    """Compare each pair that has a verdict in log loss and in Brier score too; see `scoring_verdicts`."""
    return tuple(one for verdict in results.verdicts for one in scoring_verdicts(results, verdict))


def scoring_verdicts(results: ExperimentResults, verdict: Verdict) -> tuple[Verdict, ...]:
    """Compare the arms of a verdict in log loss and in Brier score.

    They stand outside the family whose p-values are corrected, and state no margin.
    """
    words = spoken_names(results.titles)
    a, b = (results.predictions[arm, verdict.train_size] for arm in (verdict.a, verdict.b))
    return tuple(compare(a, b, metric=rule, flags=verdict.flags, arm_names=words) for rule in ScoringRule)
