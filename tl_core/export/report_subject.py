"""What one report is about, for all its parts."""

from dataclasses import dataclass

from tl_core.displays.display import Subject
from tl_core.errors import ComparisonError
from tl_core.results.comparison import ExperimentResults
from tl_core.results.pooled import Pooled
from tl_core.results.repeated_splits import SeriesResults
from tl_core.schema import DatasetInfo


@dataclass(frozen=True, kw_only=True, eq=False)
class ReportSubject(Subject):
    """The pair that a report is about, and the dataset; None if that is not in the workspace."""

    dataset: DatasetInfo | None


def choose_subject(
    results: ExperimentResults,
    pooled: Pooled,
    dataset: DatasetInfo | None,
    series: SeriesResults | None = None,
) -> ReportSubject:
    """Choose what the report is about: the first pair at the largest train size.

    Raises
    ------
    ComparisonError
        If no two arms have finished with the same seed.
    """
    if not results.verdicts:
        raise ComparisonError(
            "No two models have finished with the same seed, so there is nothing to report yet.",
            "Wait for more runs, or start those again that failed.",
        )
    largest = max(verdict.train_size for verdict in results.verdicts)
    return ReportSubject(
        results=results,
        pooled=pooled,
        series=series,
        dataset=dataset,
        label_counts=dataset.label_counts if dataset else {},
        verdict=next(verdict for verdict in results.verdicts if verdict.train_size == largest),
    )
