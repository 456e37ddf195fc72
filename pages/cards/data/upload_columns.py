"""A large upload: taken in by a job, while the page says how far that is."""

import streamlit as st

from pages.cards.data.columns import draw_columns, draw_reading_choices
from pages.cards.data.dataset_view import draw_reading
from pages.cards.data.job_progress import draw_work
from pages.ui.dataset_readers import intake_of, proposal_of
from pages.ui.frame import card
from pages.ui.session import workspace
from pages.ui.upload import draw_own_test
from tl_core.intake.intake import Intake
from tl_core.intake.large_files import (
    find_preparing,
    is_large,
    is_prepared,
    is_read,
    submit_preparing,
)
from tl_core.intake.uploads import Upload, save_upload

MB = 1e6


def draw_columns_of(upload: Upload) -> Intake | None:
    """Show a file and its columns; return what they make, or None while a job still makes it.

    Raises
    ------
    DataError, SplitError
        If the file or the chosen columns cannot be used.
    """
    if not _is_read(upload):
        _draw_preparing(upload)
        return None
    proposal = proposal_of(upload)
    draw_reading(proposal.table)
    with card("Columns", "guessed; change what is wrong"):
        draw_columns(upload, proposal)
        draw_own_test(upload)
        draw_reading_choices(upload)
    if is_large(workspace(), upload) and not is_prepared(workspace(), upload):
        _draw_preparing(upload)
        return None
    return intake_of(upload)


def _draw_preparing(upload: Upload) -> None:
    """Draw how far a large upload's job is, or how it has ended."""
    job = find_preparing(workspace(), upload)
    size = workspace().upload_path(upload.upload_id).stat().st_size / MB
    waits_for_columns = not _is_read(upload)
    with card("Taking it in", f"{size:,.0f} MB; the file is on this server, you can leave and come back"):
        draw_work(
            job,
            lambda: submit_preparing(workspace(), upload),
            hint="A large file is read, screened and split by a process of its own.",
            cancelled="It was cancelled; the file is still here.",
            is_enough=lambda: waits_for_columns and _is_read(upload),
        )
        # The split that was chosen may be what takes too long or cannot be made.
        has_ended = job is not None and job.state.is_final
        if (
            upload.rule is not None
            and has_ended
            and st.button("Split as usual instead", icon=":material/call_split:")
        ):
            save_upload(workspace(), upload.model_copy(update={"rule": None}))
            st.rerun()
    if waits_for_columns:
        st.caption("Columns can be chosen as soon as the file is read.")


def _is_read(upload: Upload) -> bool:
    """Whether an upload's columns can be shown without holding up the page."""
    return not is_large(workspace(), upload) or is_read(workspace(), upload)
