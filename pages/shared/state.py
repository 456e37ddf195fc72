"""The workspace, and which dataset and experiment a page speaks of.

Ids live in the URL, so that a view can be reloaded and shared; the session remembers the last ones for the
next page of the path.
"""

from typing import Literal

import streamlit as st

from tl_core.planning.hardware import Hardware, inspect_hardware
from tl_core.settings import Settings
from tl_core.store.workspace import Workspace

Subject = Literal["upload", "dataset", "experiment", "run"]
Theme = Literal["light", "dark"]


@st.cache_resource(show_spinner=False)
def workspace() -> Workspace:
    """Open the workspace once a process."""
    return Workspace.open(Settings.from_environment())


@st.cache_resource(show_spinner=False)
def hardware() -> Hardware:
    """Look at the machine once a process."""
    return inspect_hardware()


def current(subject: Subject) -> str | None:
    """Return the id the page speaks of: from the URL, else the last one of this session, put into the URL."""
    key = f"current_{subject}"
    found = st.query_params.get(subject) or st.session_state.get(key)
    if found:
        remember(subject, found)
    return found


def remember(subject: Subject, identifier: str) -> None:
    """Make an id the page's subject, in the URL and for the pages after it."""
    st.session_state[f"current_{subject}"] = identifier
    if st.query_params.get(subject) != identifier:
        st.query_params[subject] = identifier


def forget(subject: Subject) -> None:
    """Let a page speak of nothing, as after deleting its subject."""
    st.session_state.pop(f"current_{subject}", None)
    st.query_params.pop(subject, None)


def theme() -> Theme:
    """Return the theme in which the page is shown."""
    return "dark" if st.context.theme.type == "dark" else "light"
