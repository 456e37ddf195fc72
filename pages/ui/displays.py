"""Placing what `tl_core.displays` shows: its sentence, its figure, its limits, its numbers and files."""

from collections.abc import Callable, Mapping
from typing import Any, Concatenate, ParamSpec, TypeVar

import streamlit as st

from pages.ui.formatting import literal
from pages.ui.frame import card, draw_figure, place_figure
from pages.ui.readers import dataset_of, states_of
from pages.ui.session import theme
from tl_core.charts.learning_curves import XAxis, YAxis
from tl_core.charts.template import enlarged
from tl_core.displays.display import Display, Subject
from tl_core.evaluation.wording import METRIC_WORDS
from tl_core.results.comparison import ExperimentResults
from tl_core.results.knowledge import Knowledge
from tl_core.results.pooled import Pooled
from tl_core.results.repeated_splits import SeriesResults
from tl_core.schema import Metric, Verdict
from tl_core.words import capitalised

_P = ParamSpec("_P")
_T = TypeVar("_T")
_S = TypeVar("_S", Subject, Pooled, Knowledge)

X_WORDS: dict[XAxis, str] = {
    "step": "Steps",
    "train_s": "Seconds",
    "examples_seen": "Examples",
    "energy_wh": "Energy (Wh)",
}
LEAST_PX = 240
"""Height of a figure that fills what is left, where little is."""
Y_WORDS: dict[YAxis, str] = {
    **{metric.value: capitalised(METRIC_WORDS[metric]) for metric in Metric},
    "loss": "Loss",
}
SHOWN_ALWAYS: tuple[YAxis, ...] = ("accuracy", "macro_f1", "loss")


def subject_of(
    results: ExperimentResults,
    verdict: Verdict,
    pooled: Pooled | None = None,
    series: SeriesResults | None = None,
) -> Subject:
    """Return what the displays of a pair speak of."""
    counts = label_counts_of(results.experiment.dataset_fingerprint)
    return Subject(results=results, verdict=verdict, label_counts=counts, pooled=pooled, series=series)


def label_counts_of(fingerprint: str) -> Mapping[str, int]:
    """Count the examples of each label in a dataset; empty if it is not in this workspace."""
    dataset = dataset_of(fingerprint)
    return dataset.info.label_counts if dataset else {}


def made(make: Callable[Concatenate[_S, _P], _T], about: _S, *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Call ``make``, or return what it made of the same results before, which nobody may change.

    A figure with many labels takes Plotly 50 ms, and every widget of the page draws all of them anew.
    """
    kept: _T = _kept(f"{make.__module__}.{make.__qualname__}", make, about, args, kwargs)
    return kept


def _of_series(series: SeriesResults) -> tuple[str, ...]:
    return series.sentence, *(verdict.model_dump_json() for verdict in series.verdicts.values())


def _identity(about: Subject | Pooled | Knowledge) -> tuple[object, ...]:
    match about:
        case Subject():
            pooled = _identity(about.pooled) if about.pooled else ()
            found = about.results
            return (
                found.experiment.experiment_id,
                states_of(found.runs),
                about.verdict.model_dump_json(),
                tuple(about.label_counts.items()),
                pooled,
                _of_series(about.series) if about.series else (),
            )
        case Knowledge():
            return _identity(about.pooled)
    return about.experiment.experiment_id, states_of(about.runs)


@st.cache_resource(
    show_spinner=False,
    max_entries=128,
    hash_funcs={Subject: _identity, Pooled: _identity, Knowledge: _identity},
)
def _kept(name: str, _make: Callable[..., Any], about: Any, args: tuple[Any, ...], kwargs: Any) -> Any:
    return _make(about, *args, **kwargs)


def draw_display(
    display: Display, *, key: str = "", shows_words: bool = True, on_choice: Callable[[], None] | None = None
) -> None:
    """Draw the sentence, the figure below it with its numbers and files, and the limits.

    Parameters
    ----------
    key
        Names the figure on the page; the display's own if empty.
    shows_words
        Whether the sentence and the limits are drawn; without them the limits stand beside the numbers.
    on_choice
        As `frame.place_figure` takes it.
    """
    if display.sentence and shows_words:
        st.markdown(literal(display.sentence))
    draw_figure(
        display.figure(theme()),
        display.frame,
        key=key or display.key,
        on_choice=on_choice,
        note="" if shows_words else display.limits,
        budget=display.budget,
    )
    if display.limits and shows_words:
        st.markdown(f":small[{literal(display.limits)}]")


def draw_large(display: Display, *, factor: float, fills: bool = False, bottom_px: int | None = None) -> None:
    """Draw the figure alone, for readers at the other end of a room.

    Parameters
    ----------
    factor
        By how much its type grows.
    fills
        Whether it takes the height that is left.
    bottom_px
        Room below its plot, where not the usual one.
    """
    figure = enlarged(display.figure(theme()), factor)
    if fills:  # else it would not shrink below its own height
        figure.update_layout(height=LEAST_PX)
    if bottom_px is not None:
        figure.update_layout(margin_b=bottom_px)
    place_figure(figure, key=f"slide_{display.key}", height="stretch" if fills else "content")


def card_of(
    name: str, make: Callable[[Subject], Display | None], otherwise: str = ""
) -> Callable[[Subject], None]:
    """Make a card of one display: all that a new figure needs on a page.

    Parameters
    ----------
    otherwise
        What is said where there is nothing to show; without it there is no card then.
    """

    def draw(subject: Subject) -> None:
        display = made(make, subject)
        if display is not None:
            with card(name):
                draw_display(display)
        elif otherwise:
            st.markdown(otherwise)

    return draw


def choose_axes(headline: Metric, *, key: str, has_energy: bool) -> tuple[XAxis, YAxis]:
    """Let what is on the axes be chosen; steps and the main metric by default."""
    with st.container(horizontal=True):
        words = {y: word for y, word in Y_WORDS.items() if y in (headline.value, *SHOWN_ALWAYS)}
        y: YAxis = _switch("Value", words, headline.value, f"{key}_y_{headline.value}")
        x: XAxis = choose_over(X_WORDS, key=f"{key}_x", has_energy=has_energy)
    return x, y


def choose_over(words: Mapping[Any, str], *, key: str, has_energy: bool) -> Any:
    """Let the horizontal axis be chosen, the first of ``words`` by default.

    Energy is offered only where it is known of all that is shown; without it, it is another widget, for one
    may not keep a choice that it does not offer.
    """
    offered = {name: word for name, word in words.items() if has_energy or name != "energy_wh"}
    return _switch("Over", offered, next(iter(offered)), f"{key}_energy" if has_energy else key)


def _switch(label: str, words: Mapping[Any, str], default: str, key: str) -> Any:
    return st.segmented_control(
        label,
        list(words),
        default=default,
        format_func=words.__getitem__,
        required=True,
        label_visibility="collapsed",
        key=key,
        persist_state="session",
    )
