"""Preparing a model's archive in a job, and offering it once it is there."""

import re

import streamlit as st

from pages.ui.errors import begin_anew, live_part
from pages.ui.formatting import literal
from pages.ui.session import workspace
from tl_core.export.outputs import ARCHIVE_NAME, read_verified
from tl_core.jobs import client
from tl_core.jobs.queue import Queue
from tl_core.models.facts import WHY_AGAIN
from tl_core.schema import State
from tl_core.store.tables import JobKind

POLL_S = 2
MB = 1e6
_MOST_CHARACTERS = 80


def archive_name(*names: str) -> str:
    """Name an archive by what it holds, with nothing that a file system minds.

    >>> archive_name("reviews_sentiment", "Fine-tuned")
    'reviews-sentiment-fine-tuned.zip'
    """
    stem = re.sub(r"[\W_]+", "-", " ".join(names).lower()).strip("-")
    return f"{stem[:_MOST_CHARACTERS].rstrip('-') or 'model'}.zip"


def draw_download(run_id: str, file_name: str, *, place: str) -> None:
    """Offer a finished run's model as an archive of that name: a first click has it written and verified.

    ``place`` tells apart two such buttons for one run.
    """
    job = Queue(workspace().database).find_latest(JobKind.EXPORT, run_id)
    is_pending = job is not None and not job.state.is_final
    found = None
    if job is not None and is_pending:
        live_part(_draw_progress, POLL_S)(job.id)
        return
    if job is not None and job.state is State.FINISHED:
        folder = workspace().output_folder(job.id)
        found = read_verified(folder)
        if found is not None:
            path = folder / ARCHIVE_NAME
            st.download_button(
                f"Save {literal(file_name)} ({path.stat().st_size / MB:.1f} MB)",
                path.read_bytes,  # called at the click: memory only then
                file_name=file_name,
                mime="application/zip",
                type="primary",
                icon=":material/download:",
                help=literal(" ".join(found.sentences)),
                on_click="ignore",
                key=f"save_{place}_{run_id}",
                width="stretch",
            )
            return
        st.warning(f"An archive was made before. {WHY_AGAIN}", icon=":material/warning:")
    elif job is not None:
        st.error(f"**The archive was not made.** {literal(job.error or '')}", icon=":material/error:")
    if st.button(
        "Download" if job is None else "Try again" if job.state is not State.FINISHED else "Download again",
        type="primary",
        icon=":material/download:",
        help="Writes the model as a folder that can be loaded anywhere, and first checks the answers.",
        key=f"download_{place}_{run_id}",
        width="stretch",
    ):
        client.submit(workspace(), JobKind.EXPORT, run_id, {})
        st.rerun()


def _draw_progress(job_id: int) -> None:
    """Draw how far an export has come; begin the page anew at its end."""
    job = client.attend(workspace(), job_id)
    if job.state.is_final:
        begin_anew()
    words = "Waiting in the queue" if job.state is State.QUEUED else "Writing and checking the model"
    share = job.num_done / job.num_total if job.num_total else 0.0
    st.progress(share, text="Packing the archive" if job.num_total else words)
