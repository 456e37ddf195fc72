"""*Sealed test*: what was kept back, its opening, and what it has shown."""

import streamlit as st

from pages.ui.errors import show_error
from pages.ui.formatting import literal
from pages.ui.frame import card
from pages.ui.session import sure_button, workspace
from pages.ui.verdict_card import draw_others, draw_short_claim
from tl_core.displays.display import Subject
from tl_core.errors import TlError
from tl_core.results.comparison import ExperimentResults
from tl_core.results.sealed import find_sealed, opened_words, unseal_test, why_closed


def draw_sealed(subject: Subject) -> None:
    """Offer to open the sealed test examples, or draw what they have shown; nothing where there are none."""
    sealed = find_sealed(workspace(), subject.results.experiment)
    if sealed is None:
        return
    with card("Sealed test"):
        if sealed.own is not None:
            draw_short_claim(sealed.own.verdict)
            draw_others(sealed.own.verdict)
            st.markdown(f":small[{literal(opened_words(sealed.own))}]")
            return
        st.markdown(literal(sealed.sentence))
        if sealed.unsealing is None:
            _offer_opening(subject.results, is_fresh=sealed.is_fresh)


def _offer_opening(results: ExperimentResults, *, is_fresh: bool) -> None:
    """Offer it once every run has ended, with a second question: nobody can seal it again."""
    if reason := why_closed(results):
        st.markdown(f":small[{reason}]")
    with st.popover("Open the sealed test …", icon=":material/lock_open:", disabled=bool(reason)):
        which = "test examples that nobody has looked at" if is_fresh else "the sealed test examples"
        st.markdown(
            f"The main pair is compared on {which}. Do it when you will change nothing any more: it works"
            " once for these data, and the day is written down."
        )
        if sure_button("Open it", key="open_sealed", type="primary", icon=":material/lock_open:"):
            try:
                unseal_test(workspace(), results)
            except TlError as error:
                show_error(error)
                return
            st.rerun()
