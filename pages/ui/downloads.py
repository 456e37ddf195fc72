"""Taking a figure away: its picture as PNG and SVG, made by the browser, and its numbers as CSV."""

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from pandas.api.types import is_float_dtype

from pages.components.figure_files import draw_save_buttons
from pages.ui.session import theme
from tl_core.charts.template import TONES
from tl_core.files.safe_csv import csv_file, harmless


def offer_files(figure: go.Figure, table: pd.DataFrame, *, key: str, budget: str = "") -> None:
    """Offer the figure that was placed under ``key`` as PNG and SVG, and its table as CSV.

    The pictures name the ``budget`` by which the networks trained: away from here no page says it.
    """
    with st.container(horizontal=True, gap="small"):
        offer_csv(table, key=key)
        draw_save_buttons(picture_data(figure, key, budget), key=f"{key}_files")


def offer_table(table: pd.DataFrame, *, key: str, whole: pd.DataFrame | None = None) -> None:
    """Draw a table that belongs to no figure and offer it, or the ``whole`` of it, as CSV."""
    draw_table(table)
    offer_csv(table if whole is None else whole, key=key)


def draw_table(table: pd.DataFrame) -> None:
    """Draw a table with as many decimals in a column as its values need, all the same."""
    st.dataframe(table, hide_index=True, column_config=number_formats(table))


def number_formats(table: pd.DataFrame) -> dict[str, Any]:
    """Say for each column of fractions how many decimals all its numbers are shown with."""
    formats = {}
    for name in table.columns:
        if is_float_dtype(table[name]):
            # The numbers are already rounded: as many decimals as the longest has.
            texts = (f"{value:.6f}".rstrip("0") for value in table[name].dropna())
            decimals = max((len(text.split(".")[1]) for text in texts), default=0)
            formats[name] = st.column_config.NumberColumn(format=f"%.{decimals}f")
    return formats


def offer_csv(table: pd.DataFrame, *, key: str, label: str = "Download CSV") -> None:
    """Offer a table as CSV; the file has the name of the key."""
    st.download_button(
        label,
        lambda: table_csv(table),
        file_name=f"{file_stem(key)}.csv",
        mime="text/csv",
        icon=":material/table_rows:",
        help="The table above; cells that a spreadsheet would run begin with an apostrophe.",
        key=f"{key}_csv",
        on_click="ignore",
    )


def picture_data(figure: go.Figure, key: str, budget: str = "") -> Mapping[str, str]:
    """Tell the browser which figure to save, under which name, on which background and with which words."""
    return {
        "figure": key,
        "name": file_stem(key),
        "background": TONES[theme()].background,
        "muted": TONES[theme()].muted,
        "alt": (figure.layout.meta or {}).get("alt", ""),
        "note": f"budget: {budget}" if budget else "",
    }


def table_csv(table: pd.DataFrame) -> bytes:
    """Write a table as CSV that no spreadsheet runs."""
    header = [harmless(str(name)) for name in table.columns]
    rows = (
        [harmless("" if pd.isna(value) else str(value)) for value in row]
        for row in table.itertuples(index=False, name=None)
    )
    return csv_file([header, *rows])


def file_stem(key: str) -> str:
    """Name a file after a key; arms and models in it may hold anything.

    >>> file_stem("confusion_fine_tuned:org/model")
    'confusion_fine_tuned_org_model'
    """
    return re.sub(r"[^0-9A-Za-z]+", "_", key).strip("_")
