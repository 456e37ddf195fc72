"""Data, the page of an upload with its columns to confirm, or a stored dataset."""

from collections.abc import Sequence

import streamlit as st

from pages.cards.data.columns import draw_columns, draw_preview
from pages.cards.data.dataset_view import (
    draw_classes_and_lengths,
    draw_conflicts,
    draw_examples,
    draw_split,
)
from pages.cards.data.doctor import draw_doctor, draw_mended, offer_ways_out
from pages.cards.data.taking_in import has_ended_early, wait_for
from pages.ui.errors import show_error
from pages.ui.formatting import literal, plural, short_hash
from pages.ui.frame import card, draw_header
from pages.ui.readers import intake_of, proposal_of, stored_intake
from pages.ui.session import current, forget, remember, sure_button, workspace
from pages.ui.upload import draw_samples, draw_stored, draw_uploader
from tl_core.errors import TlError
from tl_core.intake.bundled import NOT_EVIDENCE
from tl_core.intake.intake import Intake
from tl_core.intake.large_files import is_large, is_prepared, is_read, use_prepared
from tl_core.intake.uploads import Upload, find_upload
from tl_core.schema import Finding

QUESTION = "Your data"


def draw_start() -> None:
    """Ask for a file or a sample."""
    draw_header(QUESTION)
    own, sample = st.columns(2)
    with own, card("Your own file", height="stretch"):
        draw_uploader()
    with sample, card("A sample", height="stretch"):
        draw_samples()
    draw_stored()


def draw_upload(upload: Upload) -> None:
    """Show an upload, let its columns be confirmed and its faults be mended, and take it in."""
    draw_header(QUESTION, [upload.name])
    if upload.is_sample:
        st.markdown(f":material/science: {NOT_EVIDENCE}")
    by_job = is_large(workspace(), upload)
    if by_job and not is_read(workspace(), upload):
        wait_for(upload)
        draw_foot()
        return
    try:
        proposal = proposal_of(upload)
    except TlError as error:
        show_error(error)
        draw_foot()
        return
    left, right = st.columns([3, 2])
    with left:
        draw_preview(upload, proposal)
        draw_columns(upload, proposal)
    intake, found = None, ()
    with right:
        try:
            if by_job and not is_prepared(workspace(), upload):
                wait_for(upload)
                if has_ended_early(upload):
                    offer_ways_out(upload, proposal)
            else:
                intake = intake_of(upload)
        except TlError as error:
            show_error(error)
            offer_ways_out(upload, proposal)
        draw_mended(upload, proposal, intake)
        if intake is not None:
            found = draw_doctor(intake, upload, proposal)
    if intake is not None:
        draw_rest(intake, upload)
    if draw_foot(intake, found, "Use this dataset", ":material/check:") and intake is not None:
        use_prepared(workspace(), upload, intake)
        forget("upload")
        go_to_setup(intake.dataset.info.fingerprint)


def draw_dataset(fingerprint: str) -> None:
    """Show a stored dataset."""
    intake = stored_intake(fingerprint)
    draw_header(QUESTION, [intake.dataset.info.name, f"fingerprint {short_hash(fingerprint)}"])
    left, right = st.columns([3, 2])
    with left:
        draw_examples(intake)
    with right:
        found = draw_doctor(intake)
    draw_rest(intake)
    if draw_foot(intake, found, "New experiment", ":material/arrow_forward:"):
        go_to_setup(fingerprint)


def draw_rest(intake: Intake, upload: Upload | None = None) -> None:
    """Draw what a dataset holds and how it is split; of an upload the split can still be chosen."""
    draw_conflicts(intake.dataset)
    draw_classes_and_lengths(intake)
    draw_split(intake, upload)


def go_to_setup(fingerprint: str) -> None:
    """Go on with a dataset."""
    remember("dataset", fingerprint)
    st.switch_page("setup.py", query_params={"dataset": fingerprint})


def draw_foot(
    intake: Intake | None = None, found: Sequence[Finding] = (), label: str = "", icon: str = ""
) -> bool:
    """Keep in sight what the page comes to, a way back and, where there is a dataset, the way on."""
    with st.container(key="sticky_foot", horizontal=True, vertical_alignment="center"):
        facts = []
        if intake is not None:
            info = intake.dataset.info
            num_warnings = sum(finding.severity != "info" for finding in found)
            noun = intake.dataset.content.noun
            facts = [plural(info.num_examples, noun.one, noun.many), f"{info.columns.num_labels:,} classes"]
            facts += [plural(num_warnings, "warning")] if num_warnings else []
        st.markdown(f"**{literal(', '.join(facts))}**" if facts else "", width="stretch")
        if st.button("Choose another file", icon=":material/restart_alt:"):
            forget("upload")
            forget("dataset")
            st.rerun()
        return bool(facts) and sure_button(label, key=label, type="primary", icon=icon)


if "dataset" not in st.query_params and (upload_id := current("upload")):
    draw_upload(find_upload(workspace(), upload_id))
elif fingerprint := current("dataset"):
    draw_dataset(fingerprint)
else:
    draw_start()
