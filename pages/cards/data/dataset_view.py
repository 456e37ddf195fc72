"""What a file and a dataset look like: rows, examples, classes and lengths."""

import pandas as pd
import streamlit as st

from pages.cards.data.doctor import slow_lengths
from pages.ui.dataset_readers import lengths_of
from pages.ui.formatting import literal, plural
from pages.ui.frame import card, draw_figure
from pages.ui.session import theme
from tl_core.catalogue.base_models import BUILTIN, CATALOGUE
from tl_core.charts import class_balance, length_histogram
from tl_core.datasets.dataset import Dataset
from tl_core.datasets.findings import percent
from tl_core.datasets.selection import content_columns
from tl_core.doctor.lengths import length_summary
from tl_core.files.read_summary import how_read
from tl_core.files.reading import Table, rejects_csv
from tl_core.intake.examine_job import MAX_LENGTH
from tl_core.intake.intake import Intake
from tl_core.schema import DatasetInfo

MAX_PREVIEW = 200


def draw_reading(table: Table) -> None:
    """Say in one line how a file was read, show its first rows, and what could not be read."""
    size = f"{plural(table.num_rows, 'row')}, {plural(table.columns.num_columns, 'column')}"
    with card("The file", literal(f"{size}; {how_read(table.decisions)}")):
        st.dataframe(table.columns.slice(0, MAX_PREVIEW).to_pandas(), hide_index=True, height=240)
        if table.num_rows > MAX_PREVIEW:
            st.caption(f"The first {MAX_PREVIEW} of {table.num_rows:,} rows.")
        if table.num_rejects:
            with st.expander(f"{plural(table.num_rejects, 'line')} left out", icon=":material/warning:"):
                rejects = table.rejects.slice(0, MAX_PREVIEW)
                shown = rejects.rename_columns(["line", "why", "beginning of the line"]).to_pandas()
                st.dataframe(shown, hide_index=True)
                st.download_button(
                    "All of them as CSV",
                    lambda: rejects_csv(table),
                    file_name="left_out.csv",
                    mime="text/csv",
                    icon=":material/download:",
                    on_click="ignore",
                )


def draw_examples(dataset: Dataset) -> None:
    """Show the first examples of a stored dataset."""
    columns = dataset.info.columns
    texts = " and ".join(f"“{name}”" for name in columns.text_columns)
    origin = f"stored and frozen; from the columns {texts} and “{columns.label_column}”"
    with card("The examples", literal(origin)):
        head = dataset.table.slice(0, MAX_PREVIEW)
        shown = head.select(content_columns(head)).to_pandas()
        shown.insert(0, "label", [columns.labels[target] for target in head["target"].to_pylist()])
        st.dataframe(shown, hide_index=True, height=240)
        if dataset.num_examples > MAX_PREVIEW:
            st.caption(f"The first {MAX_PREVIEW} of {dataset.num_examples:,} examples.")


def draw_conflicts(dataset: Dataset) -> None:
    """List the texts that were set aside because their labels differ, if there are any."""
    if dataset.conflicts:
        with st.expander("Texts with several labels", icon=":material/call_split:"):
            rows = [(" ⏐ ".join(one.texts), ", ".join(one.labels)) for one in dataset.conflicts]
            st.dataframe(pd.DataFrame(rows, columns=["text", "labels"]), hide_index=True)


def draw_classes_and_lengths(intake: Intake) -> None:
    """Draw how large the classes are and how long the texts."""
    classes, lengths = st.columns(2)
    with classes:
        draw_class_balance(intake.dataset.info)
    with lengths:
        draw_lengths(intake)


def draw_class_balance(info: DatasetInfo) -> None:
    """Draw how many examples each class has."""
    counts = info.label_counts
    table = pd.DataFrame({"class": list(counts), "examples": list(counts.values())})
    with card("Classes", f"{len(counts)}, by number of examples", height="stretch"):
        draw_figure(class_balance(counts, theme=theme()), table, key="class_balance")


def draw_lengths(intake: Intake) -> None:
    """Draw how long the texts are, and how many are cut, as the data doctor counts it once it has."""
    counted = slow_lengths(intake)
    lengths = lengths_of(intake.dataset.info.fingerprint, intake) if counted is None else counted
    num_texts = intake.dataset.num_examples
    with card("Lengths", f"tokens in a text; {MAX_LENGTH} are kept by default", height="stretch"):
        figure = length_histogram(lengths, MAX_LENGTH, num_texts=num_texts, theme=theme())
        draw_figure(figure, key="lengths")
        num_counted, summary = len(lengths), length_summary(lengths, MAX_LENGTH)
        of = f"{num_texts:,} texts"
        if num_counted < num_texts:
            of = f"{num_counted:,} of the {of}"
        cut = "none is cut"
        if summary.num_cut:
            are = "is" if summary.num_cut == 1 else "are"
            cut = (
                f"{summary.num_cut:,} {are} cut ({percent(summary.cut_texts)}), which loses "
                f"{percent(summary.cut_tokens)} of all their tokens"
            )
        half = f"half have at most {summary.p50:.0f} tokens, 95 % at most {summary.p95:.0f}"
        is_quick = counted is None and num_counted < num_texts
        later = " A first look: the data doctor counts more of them." if is_quick else ""
        st.caption(
            f"Of {of}, {half}, and {cut}. Counted with the tokenizer of {CATALOGUE[BUILTIN].title}.{later}"
        )
