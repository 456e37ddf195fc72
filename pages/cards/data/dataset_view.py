"""What a file and a dataset look like: rows, examples, classes, lengths, and the split."""

import pandas as pd
import streamlit as st

from pages.cards.data.doctor import slow_lengths
from pages.ui.errors import show_error
from pages.ui.formatting import literal, plural, short_hash
from pages.ui.frame import card, draw_figure
from pages.ui.readers import lengths_of, stored_intake
from pages.ui.session import theme, workspace
from pages.ui.upload import receive
from tl_core.catalogue.base_models import BUILTIN, CATALOGUE
from tl_core.charts import class_balance, length_histogram
from tl_core.datasets.dataset import Dataset
from tl_core.datasets.findings import length_summary, percent
from tl_core.datasets.selection import content_columns
from tl_core.errors import TlError
from tl_core.files.read_summary import how_read
from tl_core.files.reading import Table, rejects_csv
from tl_core.intake.doctor_jobs import MAX_LENGTH
from tl_core.intake.intake import (
    USUAL_THRESHOLD,
    Intake,
    possible_methods,
    store_intake,
)
from tl_core.intake.uploads import Upload, read_upload, save_upload
from tl_core.schema import SplitMethod, SplitRule
from tl_core.splits.split_csv import read_split_file, split_csv
from tl_core.splits.splitting import missing_labels

MAX_PREVIEW = 200
PARTS = {
    "train": "What every arm learns from, all of it or a part.",
    "validation": "Watches the training, and chooses whatever is called best.",
    "test": "Each run answers it once, after its training; the verdict is about it.",
}
METHODS = {
    SplitMethod.STRATIFIED: (
        "Each class alike",
        "Within each class the texts stand in the order of a hash of their content, so the same file is "
        "always split in the same way, and each part holds the classes in the same proportions.",
    ),
    SplitMethod.GROUPED: ("By group", "No group stands in two parts; classes are as equal as groups allow."),
    SplitMethod.BY_TIME: ("By time", "The oldest texts are learnt from, the newest are the test."),
    SplitMethod.OWN: (
        "As the file says",
        "Your own column or file says where each text belongs; a part that it never names is drawn from its "
        "train texts.",
    ),
}
BESIDE_OWN_TEST = {
    SplitMethod.STRATIFIED: (
        "Within each class the other texts stand in the order of a hash of their content, so they are always "
        "split in the same way, and validation holds the classes in the same proportions as train."
    ),
    SplitMethod.GROUPED: "No group stands in both of the other parts; classes are as equal as groups allow.",
    SplitMethod.BY_TIME: "Of the other texts the oldest are learnt from and the newest are validation.",
}
"""How train and validation are made where the test is a file of its own."""


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
    counts = intake.dataset.info.label_counts
    with classes, card("Classes", f"{len(counts)}, by number of examples", height="stretch"):
        table = pd.DataFrame({"class": list(counts), "examples": list(counts.values())})
        draw_figure(class_balance(counts, theme=theme()), table, key="class_balance")
    with lengths:
        _draw_lengths(intake)


def _draw_lengths(intake: Intake) -> None:
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
        half = f"half have at most {summary.p50:.0f} tokens, 95% at most {summary.p95:.0f}"
        is_quick = counted is None and num_counted < num_texts
        later = " A first look: the data doctor counts more of them." if is_quick else ""
        st.caption(
            f"Of {of}, {half}, and {cut}. Counted with the tokenizer of {CATALOGUE[BUILTIN].title}.{later}"
        )


def draw_split(intake: Intake, upload: Upload | None = None) -> None:
    """Show the parts and how they are made; of an upload the rule can be chosen, else the split be kept."""
    split = intake.split
    with card("Split", literal(f"frozen before any training; hash {short_hash(split.info.hash)}")):
        if upload is not None:
            _choose_rule(upload, intake)
        for column, (part, purpose) in zip(st.columns(3), PARTS.items(), strict=True):
            column.metric(part.capitalize(), f"{getattr(split.info, part):,}", help=purpose)
        st.caption(literal(" ".join(_words(intake))))
        if upload is None:
            _offer_files(intake)


def _words(intake: Intake) -> list[str]:
    """Say how the parts were made and what was kept together; not escaped."""
    split, info = intake.split, intake.split.info
    has_own_test = bool(intake.dataset.info.num_own_test)
    words = ["Test is your own file, unchanged."] if has_own_test else []
    words.append(
        (BESIDE_OWN_TEST if has_own_test else {}).get(info.rule.method, METHODS[info.rule.method][1])
    )
    if info.rule.keep_together is not None:
        kept = f"Near duplicates, texts that share {percent(info.rule.keep_together)} of their words, "
        if info.num_groups:
            kept += (
                f"stay in one part: {plural(info.num_groups, 'group')}, the largest of {info.largest_group}."
            )
        else:
            kept += "would stay in one part; there are none."
        words.append(kept)
    if split.num_leaking:
        words.append(f"{plural(split.num_leaking, 'text')} to learn from nearly repeat one of the test part.")
    if info.drift > 0:
        words.append(f"A class's share differs by at most {percent(info.drift)} between the parts.")
    missing = missing_labels(intake.dataset, split)
    if any(missing.values()):
        shown = "; ".join(f"{part}: {', '.join(labels)}" for part, labels in missing.items() if labels)
        words.append(f"Classes without an example, {shown}.")
    return words


def _choose_rule(upload: Upload, intake: Intake) -> None:
    rule, methods = intake.split.info.rule, possible_methods(intake.dataset)
    method = rule.method
    if len(methods) > 1:
        method = st.segmented_control(
            "How it is split",
            methods,
            default=method,
            required=True,
            format_func=lambda one: METHODS[one][0],
            key=f"method_{upload.upload_id}_{'_'.join(methods)}",
        )
    keeps = st.toggle(
        "Keep near duplicates in one part", rule.keep_together is not None, key=f"together_{upload.upload_id}"
    )
    wanted = SplitRule(method=method, keep_together=USUAL_THRESHOLD if keeps else None)
    if wanted != rule:
        save_upload(workspace(), upload.model_copy(update={"rule": wanted}))
        st.rerun()


def _offer_files(intake: Intake) -> None:
    """Offer the split as a file, and to use one that was kept."""
    st.download_button(
        "Download the split",
        lambda: split_csv(intake.dataset, intake.split),
        file_name=f"split_{intake.split.info.hash[:8]}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
    )
    with st.expander("Use a split that was kept", icon=":material/upload:"):
        upload = receive("File with example_id and part", f"split_{intake.dataset.info.fingerprint}")
        if upload is None:
            return
        try:
            table = read_upload(workspace(), upload.upload_id, upload.name)
            split = read_split_file(intake.dataset, table)
            store_intake(workspace(), Intake(dataset=intake.dataset, split=split))
        except TlError as error:
            show_error(error)
            return
        stored_intake.clear()
        st.rerun()
