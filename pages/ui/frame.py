"""The frame around every page: title, grey line, errors, damage, figures, literal text."""

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from pages.ui.downloads import draw_table, offer_files
from pages.ui.errors import show_error
from pages.ui.formatting import literal, plural, short_hash
from pages.ui.glossary import help_on
from pages.ui.login import offer_logout
from pages.ui.readers import arm_names_of
from pages.ui.session import hardware, stated, workspace
from pages.ui.steps import PAGES, PLACE, TITLE, draw_tabs
from tl_core.errors import NotFoundError
from tl_core.intake.rebuilding import rebuild, unlisted_sentence
from tl_core.modality import noun_of
from tl_core.results.comparison import ExperimentResults
from tl_core.results.runs import Damage, name_runs
from tl_core.schema import DatasetInfo

CHART_CONFIG = {"displayModeBar": False, "displaylogo": False, "scrollZoom": False}
LOOK = Path(__file__).parents[1] / "components" / "look.css"
OF_AN_EXPERIMENT = (*PAGES, "models", "learn", "why_it_works")
"""Pages that speak of one experiment, by their paths."""
_PROBLEMS = "problems_of_rebuilding"


def draw_header(question: str, facts: Sequence[str] = (), *, has_tabs: bool = True) -> None:
    """Draw the page's one question, and in one grey line what the page speaks of (not yet escaped).

    To be called once the page's subject is in the URL, of which the tabs speak; ``has_tabs`` is False where
    there is none.
    """
    st.html(LOOK)  # styles alone take no room
    if has_tabs and st.session_state.get(PLACE) in PAGES:
        draw_tabs()
    st.title(question, anchor=False)
    st.set_page_config(page_title=browser_title())
    if facts:
        st.caption(" · ".join(literal(fact) for fact in facts))
    with st.sidebar:  # below the list of pages
        st.caption(literal(hardware().sentence))
        offer_logout()


def browser_title() -> str:
    """Name the page and its experiment for the browser's tab, its history and its bookmarks."""
    place = st.session_state.get(PLACE)
    names = [st.session_state.get(TITLE) or "Home"]
    if place in OF_AN_EXPERIMENT and (wanted := stated("experiment")):
        with contextlib.suppress(NotFoundError):
            names.append(workspace().database.get_experiment(wanted).name)
    return " · ".join([*names, "Transfer learning"])


def dataset_line(info: DatasetInfo) -> str:
    """Name a dataset with its size; the fingerprint tells apart those of one name. Not escaped."""
    noun = noun_of(info.columns.modality)
    size = plural(info.num_examples, noun.one, noun.many)
    facts = (info.name, size, f"{info.columns.num_labels} classes")
    return " · ".join((*facts, short_hash(info.fingerprint)))


def draw_figure(
    figure: go.Figure,
    table: pd.DataFrame | None = None,
    *,
    key: str,
    on_choice: Callable[[], None] | None = None,
    note: str = "",
    budget: str = "",
) -> None:
    """Place a figure with its text alternative; below it a menu with its numbers and all of it as files.

    Those are made once the drawer is opened: ten hidden tables would double the time of *Results*.

    Parameters
    ----------
    note
        What the numbers are, told above them.
    budget
        By which rule the networks trained, for the files alone.
    """
    place_figure(figure, key=key, on_choice=on_choice)
    if table is None:
        return
    with st.container(horizontal=True, horizontal_alignment="right", key=f"menu_of_{key}"):
        drawer = st.popover(
            "Data",
            type="tertiary",
            icon=":material/more_horiz:",
            help="The numbers of this figure, and the figure as a file",
            key=f"{key}_numbers",
            on_change="rerun",
        )
    if drawer.open:
        with drawer:
            if note:
                st.markdown(f":small[{literal(note)}]")
            draw_table(table)
            offer_files(figure, table, key=key, budget=budget)


def place_figure(
    figure: go.Figure,
    *,
    key: str,
    on_choice: Callable[[], None] | None = None,
    height: Literal["content", "stretch"] = "content",
) -> None:
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
        height=height,
        on_select=on_choice or "ignore",
        selection_mode="points",
    )


def card(
    name: str, *, explains: str = "", height: Literal["content", "stretch"] = "content"
) -> st.delta_generator.DeltaGenerator:
    """Open a card for one thought, with a bold name.

    Parameters
    ----------
    explains
        What the card is about, for its tooltip; without it that explains the most technical word of the name.
    height
        ``stretch`` makes cards that stand side by side equally high.
    """
    box = st.container(border=True, height=height)
    box.markdown(f"**{name}**", help=explains or help_on(name) or None)
    return box


def invite(sentence: str, label: str, page: str) -> None:
    """Fill an empty page: say what is missing and lead to where it is made."""
    with st.container(border=True):
        st.markdown(sentence)
        st.page_link(f"{page}.py", label=label, icon=":material/arrow_forward:")


def invite_another() -> None:
    """Fill the page of an experiment of which no run is left."""
    invite("Every run of this experiment has been deleted. Start another one.", "New experiment", "setup")


def draw_damage_of(results: Iterable[ExperimentResults]) -> None:
    """Say what is damaged in the folders of some experiments' runs."""
    for shown in results:
        arm_names = arm_names_of(shown.experiment)
        names = {run.run_id: name_runs([run], arm_names) for run in shown.runs} if shown.damage else {}
        draw_damage(shown.damage, names)


def draw_damage(damage: Iterable[Damage], names: Mapping[str, str] | None = None) -> None:
    """Say what is damaged; of a run that counts nowhere first that it is missing here.

    Parameters
    ----------
    names
        What a person calls the runs, by their ids.
    """
    for one in dict.fromkeys(damage):
        name = (names or {}).get(one.run_id, one.run_id)
        missing = f"Finished, but unreadable and missing from the results: {name}. "
        st.warning(literal(one.message if one.counts else missing + one.message), icon=":material/warning:")


def draw_unlisted() -> None:
    """Say that run folders are not in the database, as after it was lost, and offer to take them in."""
    run_ids = workspace().unlisted_runs()
    if not run_ids:
        return
    st.warning(literal(unlisted_sentence(len(run_ids))), icon=":material/database_off:")
    for problem in st.session_state.pop(_PROBLEMS, ()):
        show_error(problem)
    if st.button("Take them in", icon=":material/restore_page:", key="rebuild"):
        with st.spinner("Taking the run folders in …"):
            st.session_state[_PROBLEMS] = rebuild(workspace()).problems
        st.rerun()
