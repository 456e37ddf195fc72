"""What can be taken away from a comparison: the report as one HTML file."""

import streamlit as st

from pages.ui.session import workspace
from tl_core.export.report import report_of
from tl_core.results.comparison import ExperimentResults


def offer_report(results: ExperimentResults) -> None:
    """Offer the report of a comparison that has a verdict; it is made at the click."""
    st.download_button(
        "Download the report (HTML)",
        lambda: report_of(workspace(), results),
        file_name=f"{results.experiment.experiment_id}.html",
        mime="text/html",
        icon=":material/description:",
        help="One file that opens offline and prints to PDF: verdict, figures, data, limits; no texts.",
        on_click="ignore",
    )
