"""From an upload to its dataset: at once, or by a job that the page shows, as all jobs on data."""

from collections.abc import Callable

import streamlit as st

from pages.ui.errors import begin_anew, live_part
from pages.ui.formatting import literal
from pages.ui.session import workspace
from tl_core.intake.large_files import find_intake_job, is_read, submit_intake
from tl_core.intake.uploads import Upload, save_upload
from tl_core.jobs import client
from tl_core.jobs.queue import Queue, progress_of
from tl_core.schema import State
from tl_core.store.rows import Job

POLL_S = 1.0
MB = 1e6


def wait_for(upload: Upload) -> None:
    """Draw how far a large upload's job is, or how it has ended."""
    job = find_intake_job(workspace(), upload)
    size = workspace().upload_path(upload.upload_id).stat().st_size / MB
    waits_for_columns = not is_read(workspace(), upload)
    with st.container(border=True):
        st.markdown(
            f"**Reading {size:,.0f} MB.** You can leave and come back; the file stays on this server."
        )
        draw_work(
            job,
            lambda: submit_intake(workspace(), upload),
            hint="You can choose columns as soon as the file is read." if waits_for_columns else "",
            cancelled="Cancelled. The file is kept.",
            is_enough=lambda: waits_for_columns and is_read(workspace(), upload),
        )


def has_ended_early(upload: Upload) -> bool:
    """Whether the job of a large upload has failed or was cancelled: what was chosen may be the reason."""
    job = find_intake_job(workspace(), upload)
    return job is not None and job.state in (State.FAILED, State.CANCELLED)


def offer_usual_split(upload: Upload) -> None:
    """Offer to take back the split that was chosen, which may be what cannot be made."""
    if upload.rule is not None and st.button("Split as usual instead", icon=":material/call_split:"):
        save_upload(workspace(), upload.model_copy(update={"rule": None}))
        st.rerun()


def draw_work(
    job: Job | None,
    submit: Callable[[], Job],
    *,
    hint: str,
    cancelled: str,
    is_enough: Callable[[], bool] = lambda: False,
    at_end: Callable[[Job], None] = lambda job: None,
) -> None:
    """Draw a job whose outcome the page waits for; submit it where there is none.

    Parameters
    ----------
    job
        The last one of its kind; one that has finished left nothing that is of use now.
    submit
        Adds it to the queue.
    hint
        What is being done, in one sentence; empty where that is clear.
    cancelled
        What a person is left with after cancelling, in one sentence.
    is_enough
        Whether the page has more to show already, before the job's end.
    at_end
        Called once the job has ended while the page was watching; the page begins anew then.
    """
    if job is None or job.state is State.FINISHED:
        job = submit()
    if not job.state.is_final:
        live_part(_watch, POLL_S)(job.id, hint, is_enough, at_end)
        return
    if job.state is State.FAILED:
        st.error(f"**This failed.** {literal(job.error or '')}", icon=":material/error:")
    else:
        st.info(cancelled, icon=":material/cancel:")
    if st.button("Try again", key=f"again_{job.id}", icon=":material/restart_alt:"):
        submit()
        st.rerun()


def _watch(job_id: int, hint: str, is_enough: Callable[[], bool], at_end: Callable[[Job], None]) -> None:
    job = client.attend(workspace(), job_id)
    if job.state.is_final:
        at_end(job)
    if job.state.is_final or is_enough():
        begin_anew()
    share, words = progress_of(job)
    st.progress(share, text="Stopping …" if job.cancel_requested else words)
    if hint:
        st.markdown(hint)
    if st.button("Cancel", key=f"cancel_{job_id}", icon=":material/close:", disabled=job.cancel_requested):
        Queue(workspace().database).request_cancel(job_id)
        st.rerun()
