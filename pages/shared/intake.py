"""Uploads and datasets: cached readers, and the views of them that pages share."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st

from pages.shared.frame import card, draw_figure, literal
from pages.shared.state import theme, workspace
from pages.shared.wording import plural, short_hash
from tl_core.catalogue.base_models import BUILTIN, CATALOGUE
from tl_core.catalogue.locating import find_on_disk
from tl_core.catalogue.tokens import token_lengths
from tl_core.charts import class_balance, length_histogram
from tl_core.charts.text import percent
from tl_core.data.dataset import Dataset, read_dataset
from tl_core.data.lengths import LengthSummary, length_summary
from tl_core.data.reading import Table
from tl_core.data.splitting import make_split
from tl_core.planning.launching import Intake
from tl_core.planning.uploads import Proposal, Upload, make_intake, propose, read_upload
from tl_core.schema import DatasetInfo, Finding, ReadDecisions, SplitInfo, TrainingConfig

MAX_MEASURED = 2_000
MAX_PREVIEW = 200
KEPT_S = 1800
"""How long whole tables stay in memory after they were read; two, because an upload can have a test file."""
MAX_LENGTH: int = TrainingConfig.model_fields["max_length"].default
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
QUOTES = {'"': "double quotes", "'": "single quotes", "": "no quotes"}
ICONS = {"info": ":material/info:", "warning": ":material/warning:", "error": ":material/error:"}


@st.cache_resource(show_spinner="Reading the file …", ttl=KEPT_S, max_entries=2)
def table_of(upload_id: str, name: str) -> Table:
    """Read an upload once a process."""
    return read_upload(workspace(), upload_id, name)


@st.cache_resource(show_spinner="Looking at the columns …", ttl=KEPT_S, max_entries=2)
def _proposal(upload_json: str) -> Proposal:
    upload = Upload.model_validate_json(upload_json)
    return propose(table_of(upload.upload_id, upload.name), upload)


def proposal_of(upload: Upload) -> Proposal:
    """Return an upload's columns, to be confirmed. Raises DataError if the file cannot be read."""
    return _proposal(upload.model_dump_json())


@st.cache_resource(show_spinner="Screening and splitting the rows …", ttl=KEPT_S, max_entries=2)
def _intake(upload_json: str) -> Intake:
    upload = Upload.model_validate_json(upload_json)
    test = table_of(upload.test_id, upload.test_name or "test file") if upload.test_id else None
    return make_intake(upload, proposal_of(upload), test)


def intake_of(upload: Upload) -> Intake:
    """Return the dataset and split that an upload would become. Raises DataError and SplitError."""
    return _intake(upload.model_dump_json())


@st.cache_resource(show_spinner="Reading the dataset …", ttl=KEPT_S, max_entries=2)
def stored_intake(fingerprint: str) -> Intake:
    """Read a stored dataset; its split is made anew, always the same."""
    dataset = read_dataset(workspace().dataset_folder(fingerprint))
    return Intake(dataset=dataset, split=make_split(dataset))


@st.cache_data(show_spinner="Counting tokens …", max_entries=8)
def lengths_of(fingerprint: str, _intake: Intake) -> npt.NDArray[np.int64]:
    """Count the tokens of at most 2,000 texts, spread evenly over the dataset, with the built-in tokenizer.

    Returns
    -------
    Tokens without a limit, shape ``(number of measured texts,)``.
    """
    texts = _intake.dataset.texts()
    step = max(1, -(-len(texts) // MAX_MEASURED))
    folder = find_on_disk(BUILTIN)
    if folder is None:
        raise RuntimeError("the built-in model is installed with this program")
    return token_lengths(texts[::step], folder)


def draw_reading(table: Table) -> None:
    """Say in one line how a file was read, show its first rows, and what could not be read."""
    with card("The file", reading_line(table.decisions, table.num_rows, table.columns.num_columns)):
        st.dataframe(table.columns.slice(0, MAX_PREVIEW).to_pandas(), hide_index=True, height=240)
        if table.num_rows > MAX_PREVIEW:
            st.caption(f"The first {MAX_PREVIEW} of {table.num_rows:,} rows.")
        if table.num_rejects:
            with st.expander(f"{plural(table.num_rejects, 'line')} left out", icon=":material/warning:"):
                st.dataframe(_reject_rows(table), hide_index=True)


def _reject_rows(table: Table) -> pd.DataFrame:
    shown = table.rejects.slice(0, MAX_PREVIEW).rename_columns(["line", "why", "beginning of the line"])
    return shown.to_pandas()


def draw_examples(dataset: Dataset) -> None:
    """Show the first examples of a stored dataset."""
    columns = dataset.info.columns
    texts = " and ".join(f"“{name}”" for name in columns.text_columns)
    origin = f"stored and frozen; from the columns {texts} and “{columns.label_column}”"
    with card("The examples", literal(origin)):
        head = dataset.table.slice(0, MAX_PREVIEW)
        shown = head.select([name for name in ("text", "text_b") if name in head.column_names]).to_pandas()
        shown["label"] = [columns.labels[target] for target in head["target"].to_pylist()]
        st.dataframe(shown, hide_index=True, height=240)
        if dataset.num_examples > MAX_PREVIEW:
            st.caption(f"The first {MAX_PREVIEW} of {dataset.num_examples:,} examples.")


def reading_line(decisions: ReadDecisions, num_rows: int, num_columns: int) -> str:
    """Say how a file was read; markdown, already escaped."""
    delimiter = DELIMITERS.get(decisions.delimiter, f"“{decisions.delimiter}”")
    quote = QUOTES.get(decisions.quote, f"quoted with {decisions.quote}")
    header = "first line is the header" if decisions.has_header else "no header line"
    size = f"{plural(num_rows, 'row')}, {plural(num_columns, 'column')}"
    return literal(f"{size}; {decisions.encoding}, fields divided by {delimiter}, {quote}, {header}")


def draw_findings(intake: Intake) -> None:
    """Say what was set aside or is worth knowing, and list the texts with several labels."""
    findings = intake.dataset.info.findings
    with card("Worth knowing"):
        if not findings:
            st.markdown("Nothing was set aside: no empty, repeated or contradicting rows.")
        for finding in findings:
            st.markdown(_finding_line(finding))
        if intake.dataset.conflicts:
            with st.expander("Texts with several labels", icon=":material/call_split:"):
                rows = [(" ⏐ ".join(one.texts), ", ".join(one.labels)) for one in intake.dataset.conflicts]
                st.dataframe(pd.DataFrame(rows, columns=["text", "labels"]), hide_index=True)


def _finding_line(finding: Finding) -> str:
    return f"{ICONS[finding.severity]} {literal(finding.message)}"


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
    """Draw how long the texts are, and how many are cut."""
    lengths = lengths_of(intake.dataset.info.fingerprint, intake)
    summary = length_summary(lengths, MAX_LENGTH)
    with card("Lengths", f"tokens in a text; {MAX_LENGTH} are kept by default", height="stretch"):
        draw_figure(length_histogram(lengths, MAX_LENGTH, theme=theme()), key="lengths")
        st.caption(
            f"Half of the texts have at most {summary.p50:.0f} tokens, 95 % at most {summary.p95:.0f}. "
            f"{_loss(summary)} Counted on {_measured(len(lengths), intake.dataset.num_examples)} "
            f"with the tokenizer of {CATALOGUE[BUILTIN].title}."
        )


def _loss(summary: LengthSummary) -> str:
    if not summary.cut_texts:
        return "No text is cut."
    texts, tokens = percent(summary.cut_texts), percent(summary.cut_tokens)
    return f"{texts} of the texts are cut, {tokens} of all tokens lost."


def _measured(num_measured: int, num_examples: int) -> str:
    if num_measured == num_examples:
        return "all texts"
    return f"{num_measured:,} of {num_examples:,} texts, evenly spread"


def draw_split(split: SplitInfo, *, has_own_test: bool) -> None:
    """Show the sizes of the split's parts and how they are made."""
    with card("Split", literal(f"frozen before any training; hash {short_hash(split.hash)}")):
        parts: Sequence[tuple[str, int, str]] = (
            ("Train", split.train, "What every arm learns from."),
            ("Validation", split.validation, "Watches the training, and chooses whatever is called best."),
            ("Test", split.test, "Is looked at once, for the verdict."),
        )
        for column, (name, size, purpose) in zip(st.columns(3), parts, strict=True):
            column.metric(name, f"{size:,}", help=purpose)
        test = "Test is your own file, unchanged. " if has_own_test else ""
        st.caption(
            f"{test}Within each class the texts stand in the order of a hash of their content, so the same "
            "file is always split in the same way, and each part holds the classes in the same proportions."
        )
