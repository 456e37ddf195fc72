"""The workspace, and which dataset and experiment a page speaks of.

Ids live in the URL, so that a view can be reloaded and shared; the session remembers the last ones for the
next page of the path.
"""

from typing import Any, Literal, get_args

import streamlit as st

from tl_core.errors import NotFoundError
from tl_core.intake.uploads import find_upload
from tl_core.planning.machine import Hardware, inspect_hardware
from tl_core.settings import Settings
from tl_core.store.workspace import Workspace

Subject = Literal["upload", "dataset", "experiment", "run", "file", "job"]
Theme = Literal["light", "dark"]
SLIDE = "present"
"""URL parameter with the number of the slide that is shown."""


@st.cache_resource(show_spinner=False)
def workspace() -> Workspace:
    """Open the workspace once a process."""
    return Workspace.open(Settings.from_environment())


@st.cache_resource(show_spinner=False)
def hardware() -> Hardware:
    """Look at the machine once a process."""
    return inspect_hardware()


def current(subject: Subject) -> str | None:
    """Return the id the page speaks of: from the URL, else the last one of this session, put into the URL.

    An id that is not in the workspace is returned too, and not remembered: whoever looks it up says so.
    """
    found = stated(subject)
    if found and _is_there(subject, found):
        remember(subject, found)
    return found


def stated(subject: Subject) -> str | None:
    """Return the id that the URL names, else what this session has named last, whether it is there or not."""
    found: str | None = st.query_params.get(subject) or st.session_state.get(f"current_{subject}")
    return found


def _is_there(subject: Subject, identifier: str) -> bool:
    here = workspace()
    try:
        match subject:
            case "upload":
                find_upload(here, identifier)
            case "dataset":
                here.database.get_dataset(identifier)
            case "experiment":
                here.database.get_experiment(identifier)
            case "run":
                here.database.get_run(identifier)
    except NotFoundError:
        return False
    return True


def remember(subject: Subject, identifier: str) -> None:
    """Make an id the page's subject, in the URL and for the pages after it."""
    st.session_state[f"current_{subject}"] = identifier
    if st.query_params.get(subject) != identifier:
        st.query_params[subject] = identifier


def forget(subject: Subject) -> None:
    """Let a page speak of nothing, as after deleting its subject."""
    st.session_state.pop(f"current_{subject}", None)
    st.query_params.pop(subject, None)


def forget_lost() -> bool:
    """Forget every id that is not in the workspace; return whether there was one."""
    named: list[tuple[Subject, str | None]] = [(subject, stated(subject)) for subject in get_args(Subject)]
    lost = [subject for subject, identifier in named if identifier and not _is_there(subject, identifier)]
    for subject in lost:
        forget(subject)
    return bool(lost)


def sure_button(label: str, *, key: str, **look: Any) -> bool:
    """Draw a button, and return whether it was pressed, be it in a run that never got here.

    Streamlit forgets a press where something else begins the page anew before its button is drawn.
    """
    st.button(label, key=key, on_click=_presses().add, args=[key], **look)
    pressed = key in _presses()
    _presses().discard(key)
    return pressed


def drop_presses() -> None:
    """Forget the presses of buttons that a page has not drawn; to be called where it has drawn all it has."""
    _presses().clear()


def _presses() -> set[str]:
    presses: set[str] = st.session_state.setdefault("presses", set())
    return presses


def theme() -> Theme:
    """Return the theme in which the page is shown."""
    return "dark" if st.context.theme.type == "dark" else "light"


def is_presenting() -> bool:
    """Whether the URL asks for a slide of an experiment."""
    return SLIDE in st.query_params and "experiment" in st.query_params
