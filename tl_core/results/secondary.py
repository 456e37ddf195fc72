"""The pairs of an experiment on the scoring rules, which no claim rests on."""

from tl_core.evaluation.verdicts import compare
from tl_core.evaluation.wording import describe_arm
from tl_core.results.comparison import ExperimentResults
from tl_core.schema import ScoringRule, Verdict


def secondary_verdicts(results: ExperimentResults) -> tuple[Verdict, ...]:
    """Compare each pair that has a verdict in log loss and in Brier score too.

    They stand outside the family whose p-values are corrected, and state no margin.
    """
    words = {arm.name: describe_arm(arm, results.titles[arm.name]) for arm in results.experiment.arms}
    return tuple(
        compare(
            results.predictions[verdict.a, verdict.train_size],
            results.predictions[verdict.b, verdict.train_size],
            metric=rule,
            flags=verdict.flags,
            labels=words,
        )
        for verdict in results.verdicts
        for rule in ScoringRule
    )
