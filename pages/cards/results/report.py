"""What can be taken away from an experiment: the report, all numbers as JSON, and every answer on test."""

import json

import streamlit as st

from pages.ui.readers import dataset_of
from pages.ui.session import workspace
from tl_core.export.comparison_json import comparison_json
from tl_core.export.predictions import predictions_csv
from tl_core.export.report import report_name, report_of
from tl_core.results.comparison import ExperimentResults


def offer_report(results: ExperimentResults) -> None:
    """Offer the report of an experiment that has a result; it is made at the click."""
    st.download_button(
        "Download the report (HTML)",
        lambda: report_of(workspace(), results),
        file_name=f"{report_name(results.experiment)}.html",
        mime="text/html",
        icon=":material/description:",
        help="One file that opens offline: result, figures, data, limits; no texts.",
        on_click="ignore",
    )
    st.markdown(":small[For a PDF, open the report and print it.]")


def offer_numbers(results: ExperimentResults) -> None:
    """Offer all numbers as JSON."""
    st.download_button(
        "Download all numbers (JSON)",
        lambda: json.dumps(comparison_json(workspace(), results), indent=2, ensure_ascii=False),
        file_name=f"{report_name(results.experiment)}.json",
        mime="application/json",
        icon=":material/download:",
        on_click="ignore",
    )


def offer_predictions(results: ExperimentResults) -> None:
    """Offer every answer on test, of each model and seed, as CSV; the texts are in it."""
    st.download_button(
        "Download the predictions (CSV)",
        lambda: predictions_csv(results, dataset_of(results.experiment.dataset_fingerprint)),
        file_name=f"{report_name(results.experiment)}-predictions.csv",
        mime="text/csv",
        icon=":material/table_rows:",
        help="Every test example, model and seed, with all probabilities. The texts are in it.",
        on_click="ignore",
    )
