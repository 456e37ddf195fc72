"""The list of pages and the frame around them."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st

from pages.ui.errors import guarded, show_error
from pages.ui.formatting import literal
from pages.ui.frame import draw_header, draw_unlisted
from pages.ui.glossary import draw_words
from pages.ui.login import draw_login, is_admitted
from pages.ui.session import drop_presses, forget_lost, is_presenting
from pages.ui.steps import PLACE, TITLE
from tl_core.errors import NotFoundError

ICON = Path(__file__).parent / "ui" / "icon.png"

st.set_page_config(page_title="Transfer learning, measured", page_icon=str(ICON), layout="wide")


def _lead_on(name: str) -> Callable[[], None]:
    """Make a page that leads to another one with all that its URL says."""

    def lead_on() -> None:
        st.switch_page(f"{name}.py", query_params=st.query_params.to_dict())

    lead_on.__name__ = f"former_{name}"
    return lead_on


admitted = is_admitted()
presents = is_presenting()
PAGES = [
    st.Page("home.py", title="Home", icon=":material/home:", default=True),
    st.Page("experiments.py", title="Experiments", icon=":material/science:", url_path="experiments"),
    st.Page("data.py", title="Data", icon=":material/table:", url_path="data"),
    st.Page("models.py", title="Models", icon=":material/inventory_2:", url_path="models"),
    st.Page("learn.py", title="Learn", icon=":material/school:", url_path="learn"),
]
# Pages of one experiment, which its tabs lead to, and those that another page leads to.
INNER = [
    st.Page(f"{name}.py", title=title, url_path=name, visibility="hidden")
    for name, title in {
        "setup": "Setup",
        "runs": "Runs",
        "results": "Results",
        "try_it": "Try it",
        "side_by_side": "Compare experiments",
        "why_it_works": "Why it works",
    }.items()
]
# Pages that show nothing without an experiment.
OF_RUNS = ("runs", "results", "try_it")
# Where pages have moved, so that old bookmarks lead on.
FORMER = {"design": "setup", "compare": "results", "understand": "learn"}
former = [st.Page(_lead_on(name), url_path=old, visibility="hidden") for old, name in FORMER.items()]
page = st.navigation(
    [*PAGES, *INNER, *former],
    position="sidebar" if admitted and not presents else "hidden",
)
if not admitted:
    draw_login()
    st.stop()


def _lost_path() -> str:
    """Return the path of the URL if no page stands there, for which Streamlit shows the first one."""
    path = urlsplit(st.context.url or "").path.rstrip("/")
    last = path.rpartition("/")[2]
    base = st.get_option("server.baseUrlPath").strip("/")
    is_page = last in {one.url_path for one in (*PAGES, *INNER)} or last in FORMER or path.strip("/") == base
    return "" if page.url_path or is_page else path


def draw_page() -> None:
    """Draw the page; a wrong id in its URL is told once, and gives way to what there is."""
    try:
        if not presents:
            draw_unlisted()
        if lost := _lost_path():
            draw_header("Page not found")
            st.markdown(f"There is no page {literal(lost)}.")
            st.page_link(page, label="Home", icon=":material/home:")
            return
        page.run()
        drop_presses()
    except NotFoundError as error:
        if not forget_lost():
            raise
        draw_header(page.title, has_tabs=False)
        show_error(error)
        if page.url_path in OF_RUNS:
            st.page_link("experiments.py", label="All experiments", icon=":material/arrow_forward:")
        else:
            st.page_link(page, label="Show what is there", icon=":material/arrow_forward:")


st.session_state[PLACE], st.session_state[TITLE] = page.url_path, page.title
if not presents and page.url_path != "learn":  # where all words stand anyway
    with st.sidebar:
        draw_words(page.url_path or "home")
guarded(draw_page, "page")()
