"""The list of pages and the frame around them."""

from pathlib import Path

import streamlit as st

from pages.cards.results.slides import is_asked_for
from pages.ui.errors import guarded, show_error
from pages.ui.frame import draw_header, draw_unlisted
from pages.ui.glossary import draw_words
from pages.ui.login import draw_login, is_admitted
from pages.ui.session import forget_lost
from pages.ui.steps import PLACE
from tl_core.errors import NotFoundError

ICON = Path(__file__).parent / "ui" / "icon.png"

st.set_page_config(page_title="Transfer learning, measured", page_icon=str(ICON), layout="wide")

admitted = is_admitted()
is_presenting = is_asked_for()
page = st.navigation(
    {
        "": [st.Page("home.py", title="Home", icon=":material/home:", default=True)],
        "Path": [
            st.Page("data.py", title="1 Data", icon=":material/table:", url_path="data"),
            st.Page("design.py", title="2 Design", icon=":material/tune:", url_path="design"),
            st.Page("runs.py", title="3 Runs", icon=":material/directions_run:", url_path="runs"),
            st.Page("compare.py", title="4 Compare", icon=":material/compare_arrows:", url_path="compare"),
            st.Page("try_it.py", title="5 Try it", icon=":material/keyboard:", url_path="try_it"),
        ],
        "More": [
            st.Page("understand.py", title="Understand", icon=":material/school:", url_path="understand"),
            st.Page(
                "why_it_works.py",
                title="Why it works",
                icon=":material/stairs:",
                url_path="why_it_works",
            ),
            st.Page(
                "side_by_side.py",
                title="Side by side",
                icon=":material/view_column:",
                url_path="side_by_side",
            ),
            st.Page("models.py", title="Models", icon=":material/inventory_2:", url_path="models"),
        ],
    },
    position="sidebar" if admitted and not is_presenting else "hidden",
    expanded=True,
)
if not admitted:
    draw_login()
    st.stop()


def draw_page() -> None:
    """Draw the page; a wrong id in its URL is told once, and gives way to what there is."""
    try:
        if not is_presenting:
            draw_unlisted()
        page.run()
    except NotFoundError as error:
        if not forget_lost():
            raise
        draw_header(page.title.lstrip("12345 "))
        show_error(error)
        st.page_link(page, label="Show what is there", icon=":material/arrow_forward:")


st.session_state[PLACE] = page.url_path
if not is_presenting and page.url_path != "understand":  # where all words stand anyway
    with st.sidebar:
        draw_words(page.url_path or "home")
guarded(draw_page, "page")()
