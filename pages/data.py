"""Your data An upload with its columns to confirm, or a stored dataset."""

import streamlit as st

from pages.cards.data.columns import draw_columns_of
from pages.cards.data.dataset_view import draw_classes_and_lengths, draw_conflicts, draw_examples, draw_split
from pages.cards.data.doctor import draw_doctor
from pages.ui.errors import show_error
from pages.ui.formatting import plural, short_hash
from pages.ui.frame import card, draw_header
from pages.ui.readers import stored_intake
from pages.ui.session import current, forget, remember, workspace
from pages.ui.upload import (
    draw_samples,
    draw_stored,
    draw_uploader,
    start_over,
)
from tl_core.errors import TlError
from tl_core.intake.bundled import NOT_EVIDENCE
from tl_core.intake.intake import Intake
from tl_core.intake.large_files import use_prepared
from tl_core.intake.uploads import Upload, find_upload

QUESTION = "Your data"


def facts_of(intake: Intake) -> list[str]:
    """Say in a few words what the page speaks of."""
    info = intake.dataset.info
    return [
        info.name,
        plural(info.num_examples, "text"),
        f"{info.columns.num_labels} classes",
        f"fingerprint {short_hash(info.fingerprint)}",
    ]


def draw_start() -> None:
    """Ask for a file or a sample."""
    draw_header(QUESTION)
    own, sample = st.columns(2)
    with own, card("Your own file", "one column with the texts, one with the labels", height="stretch"):
        draw_uploader()
    with sample, card("A sample", "to see how it works", height="stretch"):
        draw_samples()
    draw_stored()


def draw_upload(upload: Upload) -> None:
    """Show an upload, let its columns be confirmed, and take it in."""
    draw_header(QUESTION, [upload.name])
    start_over("Use other texts", "top")
    if upload.is_sample:
        st.caption(f":material/science: {NOT_EVIDENCE}")
    try:
        intake = draw_columns_of(upload)
    except TlError as error:
        show_error(error)
        intake = None
    if intake is None:
        start_over("Choose another file")
        return
    draw_intake(intake, upload)
    use, other = st.columns([1, 3], vertical_alignment="center")
    if use.button("Use this dataset", type="primary", icon=":material/check:", width="stretch"):
        use_prepared(workspace(), upload, intake)
        forget("upload")
        remember("dataset", intake.dataset.info.fingerprint)
        st.switch_page("setup.py", query_params={"dataset": intake.dataset.info.fingerprint})
    with other:
        start_over("Choose another file")


def draw_dataset(fingerprint: str) -> None:
    """Show a stored dataset."""
    intake = stored_intake(fingerprint)
    draw_header(QUESTION, facts_of(intake))
    start_over("Use other texts", "top")
    draw_examples(intake.dataset)
    draw_intake(intake)
    if st.button("New experiment", type="primary", icon=":material/arrow_forward:"):
        st.switch_page("setup.py", query_params={"dataset": fingerprint})


def draw_intake(intake: Intake, upload: Upload | None = None) -> None:
    """Show what a dataset holds and how it is split; of an upload the split can still be chosen."""
    draw_doctor(intake, upload)
    draw_conflicts(intake.dataset)
    draw_classes_and_lengths(intake)
    draw_split(intake, upload)


if "dataset" not in st.query_params and (upload_id := current("upload")):
    draw_upload(find_upload(workspace(), upload_id))
elif fingerprint := current("dataset"):
    draw_dataset(fingerprint)
else:
    draw_start()
