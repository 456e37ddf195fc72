"""The frame around every page: title, grey line, errors, figures, literal text."""

import re
from collections.abc import Sequence
from typing import Literal

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from pages.shared.state import hardware, workspace
from tl_core.errors import NotFoundError, TlError

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:&])")
CHART_CONFIG = {"displayModeBar": False, "displaylogo": False, "scrollZoom": False}


def literal(text: str) -> str:
    """Escape a person's text so that markdown shows it as it is: no link, image, formula or icon."""
    return _MARKDOWN.sub(r"\\\1", text).replace("\n", " ")


def draw_header(question: str, facts: Sequence[str] = ()) -> None:
    """Draw the page's one question, and in one grey line what the page speaks of (not yet escaped)."""
    st.title(question, anchor=False)
    if facts:
        st.caption(" · ".join(literal(fact) for fact in facts))


def draw_sidebar() -> None:
    """Say below the path what is loaded and what the server has."""
    with st.sidebar:
        loaded = _loaded_dataset()
        if loaded:
            st.caption(literal(loaded))
        st.caption(literal(hardware().sentence))


def _loaded_dataset() -> str | None:
    fingerprint = st.query_params.get("dataset") or st.session_state.get("current_dataset")
    if not fingerprint:
        return None
    try:
        info = workspace().database.get_dataset(fingerprint)
    except NotFoundError:
        return None
    return f"{info.name} · {info.num_examples:,} texts · {info.columns.num_labels} classes"


def show_error(error: TlError) -> None:
    """Show an expected error: what happened, and what to do."""
    st.error(f"**{literal(error.message)}**  \n{literal(error.remedy)}", icon=":material/error:")


def draw_figure(figure: go.Figure, table: pd.DataFrame | None = None, *, key: str) -> None:
    """Place a figure with its text alternative, and its numbers as a table below."""
    alt = (figure.layout.meta or {}).get("alt", "")
    st.plotly_chart(figure, theme=None, key=key, config=CHART_CONFIG, alt=alt)
    if table is not None:
        with st.expander("The numbers", icon=":material/table_rows:"):
            st.dataframe(table, hide_index=True)


def card(
    name: str, meaning: str = "", *, height: Literal["content", "stretch"] = "content"
) -> st.delta_generator.DeltaGenerator:
    """Open a card for one thought: a bold name, a middle dot, what the axis means.

    ``height="stretch"`` makes cards that stand side by side equally high.
    """
    box = st.container(border=True, height=height)
    box.markdown(f"**{name}**" + (f" · {meaning}" if meaning else ""))
    return box


def invite(sentence: str, label: str, page: str) -> None:
    """Fill an empty page: say what is missing and lead to where it is made."""
    with st.container(border=True):
        st.markdown(sentence)
        st.page_link(f"{page}.py", label=label, icon=":material/arrow_forward:")
