"""What a dataset looks like: examples, classes, lengths, and the split."""

import numpy as np
import pandas as pd
import streamlit as st

from pages.cards.data.doctor import slow_lengths
from pages.ui.errors import show_error
from pages.ui.formatting import literal, plural, short_hash
from pages.ui.frame import card, draw_figure
from pages.ui.pictures import PICTURE_PX, draw_gallery, pictures
from pages.ui.readers import lengths_of, stored_intake
from pages.ui.session import theme, workspace
from pages.ui.upload import receive
from tl_core.catalogue.base_models import BUILTIN, CATALOGUE
from tl_core.charts import class_balance, length_histogram
from tl_core.datasets.dataset import Dataset
from tl_core.datasets.findings import length_summary, percent
from tl_core.datasets.selection import content_columns
from tl_core.errors import TlError
from tl_core.intake.doctor_jobs import MAX_LENGTH
from tl_core.intake.intake import (
    USUAL_THRESHOLD,
    Intake,
    possible_methods,
    store_intake,
)
from tl_core.intake.uploads import Upload, read_upload, save_upload
from tl_core.results.sealed import is_sealed
from tl_core.schema import SplitMethod, SplitRule
from tl_core.splits.split_csv import read_split_file, split_csv
from tl_core.splits.splitting import missing_labels
from tl_core.words import capitalised

MAX_PREVIEW = 200
MOST_CLASSES, EACH_CLASS = 12, 8
"""Classes of a gallery, and pictures of each."""
PARTS = {
    "train": "Every model learns from these, or from some of them.",
    "validation": "Watches training and decides what is best.",
    "test": "Answered once per run, after training. The result is about these.",
    "sealed": "No page shows how a model answers these before you open them, once. They are the last check.",
}
SEALED_SHARE = 0.5
METHODS = {
    SplitMethod.STRATIFIED: (
        "Stratified",
        "Stratified and deterministic: the same file always gives the same split.",
    ),
    SplitMethod.GROUPED: ("By group", "Each group stays in one part. Classes are as even as groups allow."),
    SplitMethod.BY_TIME: ("By date", "The oldest examples train, the newest test."),
    SplitMethod.OWN: (
        "As in the file",
        "Your column or file decides. A part that is never named is drawn from the training examples.",
    ),
}
BESIDE_OWN_TEST = {
    SplitMethod.STRATIFIED: "The other examples are split by class, always in the same way.",
    SplitMethod.GROUPED: "Of the other examples each group stays in one part.",
    SplitMethod.BY_TIME: "Of the other examples the oldest train and the newest validate.",
}
"""How train and validation are made where the test is a file of its own."""


def draw_examples(intake: Intake) -> None:
    """Show the first examples of a stored dataset; none that is sealed."""
    dataset, columns = intake.dataset, intake.dataset.info.columns
    rows = np.arange(dataset.num_examples)
    left_out = ""
    if is_sealed(workspace(), intake.split.info):
        rows, left_out = np.setdiff1d(rows, intake.split.sealed), " The sealed ones are left out."
    if dataset.content.is_pictorial:
        with card("The examples"):
            if left_out:
                st.markdown(left_out)
            _draw_gallery(dataset.take(rows))
        return
    texts = " and ".join(f"“{name}”" for name in columns.text_columns)
    with card("The examples"):
        first = f"The first {MAX_PREVIEW} of" if len(rows) > MAX_PREVIEW else "All"
        words = f"{first} {len(rows):,} texts, from the columns {texts} and “{columns.label_column}”."
        st.markdown(literal(f"{words}{left_out}"))
        head = dataset.table.take(rows[:MAX_PREVIEW])
        shown = head.select(content_columns(head)).to_pandas()
        shown.insert(0, "label", [columns.labels[target] for target in head["target"].to_pylist()])
        st.dataframe(shown, hide_index=True, height=240)


def _draw_gallery(dataset: Dataset) -> None:
    """Show the first pictures of each class."""
    cells, targets = dataset.whole_texts(), dataset.targets()
    for label, name in enumerate(dataset.info.columns.labels[:MOST_CLASSES]):
        places = np.flatnonzero(targets == label)
        st.markdown(f"**{literal(name)}** · {len(places):,}")
        first = [cells[place] for place in places[:EACH_CLASS]]
        draw_gallery(first, [dataset.content.preview([cell]) for cell in first])
    if dataset.num_labels > MOST_CLASSES:
        st.markdown(f":small[{MOST_CLASSES} of {dataset.num_labels:,} classes.]")


def draw_conflicts(dataset: Dataset) -> None:
    """List what was left out because labels differ, if there is any."""
    if dataset.conflicts:
        noun, is_pictorial = dataset.content.noun, dataset.content.is_pictorial
        title = f"{capitalised(noun.many)} with several labels"
        with st.expander(title, icon=":material/call_split:"):
            rows = [(" ⏐ ".join(one.texts), ", ".join(one.labels)) for one in dataset.conflicts]
            st.dataframe(
                pd.DataFrame(rows, columns=[noun.one, "labels"]),
                hide_index=True,
                column_config=pictures([noun.one]) if is_pictorial else None,
                row_height=PICTURE_PX if is_pictorial else None,
            )


def draw_classes_and_lengths(intake: Intake) -> None:
    """Draw how large the classes are and how long the texts."""
    classes, lengths = st.columns(2)
    counts = intake.dataset.info.label_counts
    with classes, card(f"{len(counts)} classes", height="stretch"):
        table = pd.DataFrame({"class": list(counts), "examples": list(counts.values())})
        draw_figure(class_balance(counts, theme=theme()), table, key="class_balance")
    with lengths:
        if intake.dataset.content.is_pictorial:
            with card("A look at each class", height="stretch"):
                _draw_gallery(intake.dataset)
        else:
            _draw_lengths(intake)


def _draw_lengths(intake: Intake) -> None:
    """Draw how long the texts are, and how many are cut, as the data doctor counts it once it has."""
    counted = slow_lengths(intake)
    lengths = lengths_of(intake.dataset.info.fingerprint, intake) if counted is None else counted
    num_texts = intake.dataset.num_examples
    with card("Tokens per text", height="stretch"):
        figure = length_histogram(lengths, MAX_LENGTH, num_texts=num_texts, theme=theme())
        draw_figure(figure, key="lengths")
        num_counted, summary = len(lengths), length_summary(lengths, MAX_LENGTH)
        cut = f"None is longer than the {MAX_LENGTH} tokens that are kept by default."
        if summary.num_cut:
            are = "text is" if summary.num_cut == 1 else "texts are"
            cut = (
                f"{summary.num_cut:,} {are} cut at {MAX_LENGTH} tokens ({percent(summary.cut_texts)}), which "
                f"loses {percent(summary.cut_tokens)} of all tokens."
            )
        counts = (
            "" if num_counted == num_texts else f"{num_counted:,} of {num_texts:,} texts counted so far. "
        )
        st.markdown(
            f"{counts}Half have at most {summary.p50:.0f} tokens, 95% at most {summary.p95:.0f}. {cut}",
            help=f"Counted with the tokenizer of {CATALOGUE[BUILTIN].title}.",
        )


def draw_split(intake: Intake, upload: Upload | None = None) -> None:
    """Show the parts and how they are made; of an upload the rule can be chosen, else the split be kept."""
    split = intake.split
    with card("Split"):
        if upload is not None:
            _choose_rule(upload, intake)
        parts = {part: purpose for part, purpose in PARTS.items() if getattr(split.info, part)}
        for column, (part, purpose) in zip(st.columns(len(parts)), parts.items(), strict=True):
            column.metric(part.capitalize(), f"{getattr(split.info, part):,}", help=purpose)
        st.markdown(
            literal(" ".join(_words(intake))),
            help=f"Split {short_hash(split.info.hash)}, fixed before training.",
        )
        if upload is None:
            _offer_files(intake)


def _words(intake: Intake) -> list[str]:
    """Say how the parts were made and what was kept together; not escaped."""
    split, info, noun = intake.split, intake.split.info, intake.dataset.content.noun
    has_own_test = bool(intake.dataset.info.num_own_test)
    words = ["The test part is your own file, unchanged."] if has_own_test else []
    words.append(
        (BESIDE_OWN_TEST if has_own_test else {}).get(info.rule.method, METHODS[info.rule.method][1])
    )
    if info.rule.keep_together is not None:
        near = intake.dataset.content.near_words(info.rule.keep_together, intake.dataset.num_examples)
        if info.num_groups:
            groups = plural(info.num_groups, "group")
            words.append(
                f"{groups} of {near} stay in one part, the largest of {info.largest_group} {noun.many}."
            )
        else:
            words.append(f"There are no {near}.")
    if split.num_leaking:
        words.append(f"{plural(split.num_leaking, f'training {noun.one}')} nearly repeat a test {noun.one}.")
    if info.drift > 0:
        words.append(f"Class shares differ by at most {percent(info.drift)} between parts.")
    missing = missing_labels(intake.dataset, split)
    if any(missing.values()):
        shown = "; ".join(f"{part}: {', '.join(labels)}" for part, labels in missing.items() if labels)
        words.append(f"Missing classes, {shown}.")
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
    seals = st.toggle(
        "Seal half of the test",
        rule.sealed is not None,
        key=f"sealed_{upload.upload_id}",
        help="For a last check: no page shows how a model answers these before you open them.",
    )
    wanted = SplitRule(
        method=method,
        keep_together=USUAL_THRESHOLD if keeps else None,
        sealed=SEALED_SHARE if seals else None,
    )
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
