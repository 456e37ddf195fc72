"""A job on data as a page shows it: its phase, how far it has come, a way to cancel it, how it has ended."""

from collections.abc import Callable

import streamlit as st

from pages.ui.errors import live_part
from pages.ui.formatting import literal
from pages.ui.session import workspace
from tl_core.jobs import client
from tl_core.jobs.queue import Queue, progress_of
from tl_core.schema import State
from tl_core.store.rows import Job

POLL_S = 1.0


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
        What is being done, in one sentence.
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
        st.error(f"**It did not come to its end.** {literal(job.error or '')}", icon=":material/error:")
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
        st.rerun()
    share, words = progress_of(job)
    st.progress(share, text="Ending …" if job.cancel_requested else words)
    st.caption(hint)
    if st.button("Cancel", key=f"cancel_{job_id}", icon=":material/close:", disabled=job.cancel_requested):
        Queue(workspace().database).request_cancel(job_id)
        st.rerun()
