"""The list of pages and the frame around them."""

import logging
from pathlib import Path

import streamlit as st

from pages.shared.frame import draw_sidebar, show_error
from tl_core.errors import TlError

ICON = Path(__file__).parent / "shared" / "icon.png"

st.set_page_config(page_title="Transfer learning, measured", page_icon=str(ICON), layout="wide")

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
        "More": [st.Page("models.py", title="Models", icon=":material/inventory_2:", url_path="models")],
    },
    expanded=True,
)
draw_sidebar()
try:
    page.run()
except TlError as error:
    show_error(error)
except Exception:
    logging.getLogger(__name__).exception("page %s failed", page.title)
    st.error("This page failed; that is a fault of the program. The server's log has the details.")
