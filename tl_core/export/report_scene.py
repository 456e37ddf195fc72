"""What one report is about, for all its parts."""

from collections.abc import Sequence
from dataclasses import dataclass

from tl_core.charts import ArmStyle, arm_styles
from tl_core.errors import ComparisonError
from tl_core.results.comparison import ExperimentResults, ranked
from tl_core.results.fairness import BUDGET_WORDS
from tl_core.results.pooled import Pooled
from tl_core.schema import DatasetInfo, Event, RunConfig, Verdict


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What every part of one report speaks of.

    Attributes
    ----------
    tried
        What the experiment has shown, and those like it.
    verdict
        The one that the report is about.
    styles
        By arm name, in the order in which arms are shown.
    """

    results: ExperimentResults
    pooled: Pooled
    dataset: DatasetInfo | None
    verdict: Verdict
    styles: dict[str, ArmStyle]

    @property
    def arm_names(self) -> dict[str, str]:
        """Display names by arm name."""
        return {name: style.label for name, style in self.styles.items()}

    @property
    def budget(self) -> str:
        """By which rule the networks trained."""
        return BUDGET_WORDS[self.results.experiment.training.budget]

    @property
    def train_size(self) -> int:
        """Train examples of the runs that the report is about."""
        return self.verdict.train_size

    @property
    def runs(self) -> list[tuple[RunConfig, Sequence[Event]]]:
        """The finished runs of the train size."""
        return [
            (run.config, run.events)
            for run in self.results.finished
            if run.config.train_size == self.train_size
        ]


def set_scene(results: ExperimentResults, pooled: Pooled, dataset: DatasetInfo | None) -> Scene:
    """Choose what the report is about: the first pair at the largest train size.

    Raises
    ------
    ComparisonError
        If no two arms have finished with the same seed.
    """
    if not results.verdicts:
        raise ComparisonError(
            "Expected two arms that have finished with the same seed; there are none.",
            "Wait for more runs, or start those again that failed.",
        )
    experiment = results.experiment
    train_size = max(verdict.train_size for verdict in results.verdicts)
    titles = {arm.base_model: results.titles[arm.name] for arm in experiment.arms if arm.base_model}
    return Scene(
        results=results,
        pooled=pooled,
        dataset=dataset,
        verdict=next(verdict for verdict in results.verdicts if verdict.train_size == train_size),
        styles=arm_styles(ranked(experiment.arms), titles),
    )
