"""What is shown of one question, whoever shows it, and what an experiment's displays speak of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd
import plotly.graph_objects as go

from tl_core.charts import ArmStyle, Theme, arm_styles
from tl_core.charts.template import settled
from tl_core.results.comparison import ExperimentResults, ranked
from tl_core.results.fairness import BUDGET_WORDS
from tl_core.results.pooled import Pooled
from tl_core.results.repeated_splits import SeriesResults
from tl_core.schema import Event, Metric, RunConfig, Verdict


@dataclass(frozen=True, kw_only=True, eq=False)
class Display:
    """The answer to one question. Nothing in it is escaped.

    Attributes
    ----------
    key
        Names it on a page and in the files that are saved of it.
    frame
        Its numbers as a person reads them; None where there is nothing to show yet.
    draw
        Draws the figure in a theme.
    sentence
        What it shows, in one or two sentences computed from the numbers; empty if a figure says it all.
    headline, proof
        The same for a slide: a sentence of at most twelve words that can be said aloud, and on what it rests.
    limits
        What it does not show, and what the numbers are; empty if there is nothing to add.
    budget
        By which rule the networks in it trained; for what leaves the app, where no page says it.
    summary
        The numbers in few enough rows for paper; None where ``frame`` is short.
    """

    key: str
    frame: pd.DataFrame | None
    draw: Callable[[Theme], go.Figure]
    sentence: str = ""
    headline: str = ""
    proof: str = ""
    limits: str = ""
    budget: str = ""
    summary: pd.DataFrame | None = None
    _drawn: dict[Theme, go.Figure] = field(default_factory=dict, init=False, repr=False)

    def figure(self, theme: Theme = "light") -> go.Figure:
        """Draw the figure, once for each theme; nobody may change what is returned."""
        if theme not in self._drawn:
            self._drawn[theme] = settled(self.draw(theme))
        return self._drawn[theme]


@dataclass(frozen=True, kw_only=True, eq=False)
class Subject:
    """What the displays of an experiment's results speak of: a pair of arms at one train size.

    Attributes
    ----------
    verdict
        The one on the pair.
    label_counts
        Examples of each label in the whole dataset; empty if it is not known.
    pooled
        What the experiment and those like it have shown; None where nobody asks for it.
    series
        What all splits of its series have shown; None where the split is not repeated, or nobody asks.
    """

    results: ExperimentResults
    verdict: Verdict
    label_counts: Mapping[str, int] = field(default_factory=dict)
    pooled: Pooled | None = None
    series: SeriesResults | None = None

    @property
    def pair(self) -> tuple[str, str]:
        """Names of the two arms."""
        return self.verdict.a, self.verdict.b

    @property
    def train_size(self) -> int:
        """Training examples of the runs that are shown."""
        return self.verdict.train_size

    @property
    def metric(self) -> Metric:
        """The experiment's main metric."""
        return self.results.experiment.headline_metric

    @property
    def runs(self) -> list[tuple[RunConfig, Sequence[Event]]]:
        """The finished runs of the train size, with their events."""
        return [
            (run.config, run.events)
            for run in self.results.finished
            if run.config.train_size == self.train_size
        ]

    @property
    def names(self) -> dict[str, str]:
        """Display names by arm name, in the order in which arms are shown."""
        return {name: style.label for name, style in self.styles().items()}

    @property
    def budget(self) -> str:
        """By which rule the networks trained."""
        return BUDGET_WORDS[self.results.experiment.training.budget]

    def styles(self, theme: Theme = "light") -> dict[str, ArmStyle]:
        """Style of every arm of the experiment by its name."""
        arms, titles = self.results.experiment.arms, self.results.titles
        named = {arm.base_model: titles[arm.name] for arm in arms if arm.base_model}
        return arm_styles(ranked(arms), named, theme)
