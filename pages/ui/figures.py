"""What *Compare* shows of two arms: each figure with its numbers and the one line that says what it shows."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Concatenate, ParamSpec, TypeVar

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from pages.ui.formatting import literal
from pages.ui.frame import draw_figure
from pages.ui.readers import States, arm_names_of, states_of, styles_of
from pages.ui.session import Theme, theme
from tl_core.charts import (
    arms_overview,
    confusion_difference,
    confusion_matrix,
    difference_interval,
    per_class_difference,
    who_is_right,
)
from tl_core.charts.template import name_budget, settled
from tl_core.results import captions, numbers, tables
from tl_core.results.agreement import Agreement, find_agreement
from tl_core.results.comparison import ExperimentResults
from tl_core.results.fairness import BUDGET_WORDS
from tl_core.results.knowledge import Knowledge
from tl_core.results.pooled import Pooled
from tl_core.schema import Verdict

_P = ParamSpec("_P")
_T = TypeVar("_T")
_S = TypeVar("_S", ExperimentResults, Pooled, Knowledge)


@dataclass(frozen=True, kw_only=True, eq=False)
class Display:
    """One figure.

    Attributes
    ----------
    key
        Names it on the page and in the files that are saved of it.
    caption
        One line on what it shows, computed from the numbers; not escaped.
    table
        Its numbers; None where there is nothing to show.
    budget
        By which rule the networks in it trained; the figure says so.
    """

    key: str
    figure: go.Figure
    table: pd.DataFrame | None
    caption: str = ""
    budget: str

    def __post_init__(self) -> None:
        """Name the budget, and keep what is sent of the figure."""
        settled(name_budget(self.figure, self.budget))


def _identity(shown: ExperimentResults | Pooled) -> tuple[str, States]:
    return shown.experiment.experiment_id, states_of(shown.runs)


def made_once(make: Callable[Concatenate[_S, _P], _T]) -> Callable[Concatenate[_S, _P], _T]:
    """Keep what is made of the same results in the same theme, which nobody may change.

    A figure with many labels takes Plotly 50 ms, and every widget of the page draws all of them anew.
    """

    @st.cache_resource(
        show_spinner=False,
        max_entries=64,
        hash_funcs={
            ExperimentResults: _identity,
            Pooled: _identity,
            Knowledge: lambda known: _identity(known.pooled),
            Verdict: Verdict.model_dump_json,
        },
    )
    @functools.wraps(make)  # by its name Streamlit tells one function's cache from another's
    def keep(shown: _S, shown_in: Theme, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        return make(shown, *args, **kwargs)

    def made(shown: _S, /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        return keep(shown, theme(), *args, **kwargs)

    return made


def budget_of(shown: ExperimentResults | Pooled) -> str:
    """Say by which rule an experiment's networks trained."""
    return BUDGET_WORDS[shown.experiment.training.budget]


def draw_display(display: Display, *, on_choice: Callable[[], None] | None = None) -> None:
    """Draw the line, the figure below it, and its numbers and files; see `place_figure` for ``on_choice``."""
    if display.caption:
        st.markdown(literal(display.caption))
    draw_figure(display.figure, display.table, key=display.key, on_choice=on_choice)


@made_once
def overview_of(results: ExperimentResults, train_size: int) -> Display:
    """Show every arm with every seed, its interval, and the floor."""
    arm_names = arm_names_of(results.experiment)
    figure = arms_overview(
        tables.seed_values(results, train_size),
        tables.arm_means(results, train_size),
        styles_of(results.experiment),
        metric=results.experiment.headline_metric,
        floor=tables.floor_on_test(results),
        theme=theme(),
    )
    return Display(
        budget=budget_of(results),
        key="overview",
        figure=figure,
        table=numbers.overview_numbers(results, train_size, arm_names),
        caption=captions.overview_caption(results, train_size, arm_names),
    )


@made_once
def agreement_of(results: ExperimentResults, verdict: Verdict) -> tuple[Agreement, Display]:
    """Show who is right where."""
    a, b = (results.predictions[arm, verdict.train_size] for arm in (verdict.a, verdict.b))
    agreement = find_agreement(a, b)
    styles, arm_names = styles_of(results.experiment), arm_names_of(results.experiment)
    display = Display(
        budget=budget_of(results),
        key="agreement",
        figure=who_is_right(agreement.counts, styles[verdict.a], styles[verdict.b], theme=theme()),
        table=numbers.agreement_numbers(agreement, arm_names),
        caption=captions.with_flags(
            captions.agreement_caption(agreement, arm_names), verdict.flags, arm_names
        ),
    )
    return agreement, display


@made_once
def classes_of(results: ExperimentResults, verdict: Verdict, most_bars: int = 24) -> Display:
    """Show gains and losses by class, of many classes the largest."""
    styles = styles_of(results.experiment)
    a, b = styles[verdict.a], styles[verdict.b]
    rows = tables.class_rows(results, verdict.a, verdict.b, verdict.train_size)
    return Display(
        budget=budget_of(results),
        key="classes",
        figure=per_class_difference(rows, a, b, most_bars=most_bars, theme=theme()),
        table=numbers.class_numbers(rows, a.label, b.label, verdict.num_seeds),
        caption=captions.with_flags(
            captions.class_caption(rows), verdict.flags, arm_names_of(results.experiment)
        ),
    )


@made_once
def confusion_of(results: ExperimentResults, verdict: Verdict, arm: str) -> Display:
    """Show what one arm of a pair takes for what."""
    of_a, of_b = tables.mean_confusions(results, verdict.a, verdict.b, verdict.train_size)
    matrix = of_a if arm == verdict.a else of_b
    class_names = results.experiment.labels
    return Display(
        budget=budget_of(results),
        key=f"confusion_{arm}",
        figure=confusion_matrix(matrix, class_names, styles_of(results.experiment)[arm], theme=theme()),
        table=numbers.confusion_numbers(matrix, class_names, verdict.num_seeds),
    )


@made_once
def confusion_difference_of(results: ExperimentResults, verdict: Verdict) -> Display:
    """Show where two arms take classes for one another unequally often."""
    styles, class_names = styles_of(results.experiment), results.experiment.labels
    a, b = tables.mean_confusions(results, verdict.a, verdict.b, verdict.train_size)
    style_a, style_b = styles[verdict.a], styles[verdict.b]
    return Display(
        budget=budget_of(results),
        key="confusion_difference",
        figure=confusion_difference(a, b, class_names, style_a, style_b, theme=theme()),
        table=numbers.confusion_difference_numbers(a, b, class_names, verdict.num_seeds),
        caption=captions.with_flags(
            captions.confusion_caption(a, b, class_names, (style_a.label, style_b.label)),
            verdict.flags,
            arm_names_of(results.experiment),
        ),
    )


@made_once
def pairs_of(results: ExperimentResults, train_size: int) -> Display:
    """Show the difference of every pair with its proof."""
    rows = tables.verdict_rows(results, train_size, arm_names_of(results.experiment))
    return Display(
        budget=budget_of(results),
        key="pairs",
        figure=difference_interval(rows, theme=theme()),
        table=numbers.pair_numbers(rows),
        caption=captions.pairs_caption(
            rows, sum(bool(one.flags) for one in results.verdicts if one.train_size == train_size)
        ),
    )


@made_once
def interval_of(results: ExperimentResults, verdict: Verdict) -> go.Figure:
    """Show the difference of one pair with its interval."""
    rows = tables.verdict_rows(results, verdict.train_size, arm_names_of(results.experiment))
    places = [(one.a, one.b) for one in results.verdicts if one.train_size == verdict.train_size]
    place = places.index((verdict.a, verdict.b))
    return name_budget(difference_interval(rows.iloc[[place]], theme=theme()), budget_of(results))
