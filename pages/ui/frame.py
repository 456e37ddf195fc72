"""The frame around every page: title, grey line, errors, figures, literal text."""

import functools
import logging
import re
from collections.abc import Callable, Sequence
from typing import Literal, ParamSpec

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from pages.ui.downloads import draw_table, offer_files
from pages.ui.formatting import short_hash
from pages.ui.glossary import help_on, words_in
from pages.ui.login import offer_logout
from pages.ui.session import hardware
from tl_core.charts.text import one_line
from tl_core.errors import TlError
from tl_core.schema import DatasetInfo

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:&])")
# What the browser makes of text whose escapes are gone: addresses become links, :names: become emojis, icons
# and images, and -> or >= become symbols. A word joiner, which nobody sees, stands in the middle of each.
_WORD_JOINER = "\u2060"
_REPLACED_LATER = re.compile(r"(?<=:)(?=[^\s:]+:|//|[a-z])|(?<=www)(?=\.)|(?<=@)|(?<=[<>~-])(?=[>=-])", re.I)
_P = ParamSpec("_P")
CHART_CONFIG = {"displayModeBar": False, "displaylogo": False, "scrollZoom": False}


def literal(text: str) -> str:
    """Escape a person's text so that markdown shows it as it is: no link, image, formula or icon.

    It comes out on one line and without marks that would reorder what stands after it.
    """
    broken = _REPLACED_LATER.sub(_WORD_JOINER, one_line(text, limit=len(text)))
    return _MARKDOWN.sub(r"\\\1", broken)


def draw_header(question: str, facts: Sequence[str] = ()) -> None:
    """Draw the page's one question, and in one grey line what the page speaks of (not yet escaped).

    To be called once the page's subject is in the URL: the sidebar names its dataset.
    """
    st.title(question, anchor=False)
    if facts:
        st.caption(" · ".join(literal(fact) for fact in facts))
    _draw_sidebar()


def _draw_sidebar() -> None:
    """Say below the list of pages where a person is on the path, and what the server has."""
    from pages.ui.steps import draw_path  # it escapes with this module's literal

    with st.sidebar:
        draw_path()
        st.caption(literal(hardware().sentence))
        offer_logout()


def dataset_line(info: DatasetInfo) -> str:
    """Name a dataset with its size; the fingerprint tells apart those of one name. Not escaped."""
    facts = (info.name, f"{info.num_examples:,} texts", f"{info.columns.num_labels} classes")
    return " · ".join((*facts, short_hash(info.fingerprint)))


def show_error(error: TlError) -> None:
    """Show an expected error: what happened, and what to do."""
    st.error(f"**{literal(error.message)}**  \n{literal(error.remedy)}", icon=":material/error:")


def guarded(body: Callable[_P, None], name: str) -> Callable[_P, None]:
    """Make whatever ``body`` raises a box in its place: an expected error with its remedy, a fault logged."""

    @functools.wraps(body)
    def draw(*args: _P.args, **kwargs: _P.kwargs) -> None:
        try:
            body(*args, **kwargs)
        except TlError as error:
            show_error(error)
        except Exception:
            logging.getLogger(__name__).exception("%s failed", name)
            st.error(f"This {name} failed; that is a fault of the program. The server's log has the details.")

    return draw


def live_part(body: Callable[_P, None], run_every: float | None = None) -> Callable[_P, None]:
    """Make a part of a page that is drawn anew by itself, every ``run_every`` seconds or by its own widgets.

    To be used instead of ``st.fragment``, from which no error reaches the router.
    """
    return st.fragment(guarded(body, "part of the page"), run_every=run_every)


def draw_figure(
    figure: go.Figure,
    table: pd.DataFrame | None = None,
    *,
    key: str,
    on_choice: Callable[[], None] | None = None,
) -> None:
    """Place a figure with its text alternative; below it its numbers as a table, and all of it as files.

    Those are made once the drawer is opened: ten hidden tables would double the time of *Compare*.
    """
    place_figure(figure, key=key, on_choice=on_choice)
    if table is None:
        return
    drawer = st.expander(
        "Numbers and files", icon=":material/table_rows:", key=f"{key}_numbers", on_change="rerun"
    )
    if drawer.open:
        with drawer:
            draw_table(table)
            offer_files(figure, table, key=key)


def place_figure(figure: go.Figure, *, key: str, on_choice: Callable[[], None] | None = None) -> None:
    """Place a figure with its text alternative, and nothing else.

    ``on_choice`` is called once a point of the figure was chosen, which the session keeps under ``key``.
    """
    alt = (figure.layout.meta or {}).get("alt", "")
    st.plotly_chart(
        figure,
        theme=None,
        key=key,
        config=CHART_CONFIG,
        alt=alt,
        on_select=on_choice or "ignore",
        selection_mode="points",
    )


def card(
    name: str, meaning: str = "", *, height: Literal["content", "stretch"] = "content"
) -> st.delta_generator.DeltaGenerator:
    """Open a card for one thought: a bold name, a middle dot, what the axis means, and its words explained.

    ``height="stretch"`` makes cards that stand side by side equally high.
    """
    box = st.container(border=True, height=height)
    words = help_on(words_in(f"{name} {meaning}"))
    box.markdown(f"**{name}**" + (f" · {meaning}" if meaning else ""), help=words or None)
    return box


def invite(sentence: str, label: str, page: str) -> None:
    """Fill an empty page: say what is missing and lead to where it is made."""
    with st.container(border=True):
        st.markdown(sentence)
        st.page_link(f"{page}.py", label=label, icon=":material/arrow_forward:")
