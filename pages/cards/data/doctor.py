"""The data doctor: what a dataset has, what can be done about it, and versions made by its fixes."""

from collections import Counter

import numpy as np
import numpy.typing as npt
import streamlit as st

from pages.cards.data.job_progress import draw_work
from pages.ui.errors import show_error
from pages.ui.formatting import literal, plural, short_hash
from pages.ui.frame import card
from pages.ui.session import remember, workspace
from tl_core.doctor.examine import MAX_SLOW, examine_all
from tl_core.errors import TlError
from tl_core.intake.doctor_jobs import (
    examine_slowly,
    find_examination,
    find_fix_job,
    fix_dataset,
    is_done_at_once,
    next_versions,
    submit_examination,
    submit_fix,
)
from tl_core.intake.intake import Intake, StoredFindings, read_findings
from tl_core.intake.uploads import Upload
from tl_core.schema import Finding, State
from tl_core.store.rows import Job

FIX_TITLES = {
    "drop_near_empty": "Remove them",
    "keep_one_of_near_duplicates": "Keep one of each",
    "merge_labels": "Merge them",
    "drop_rare_classes": "Remove these classes",
    "strip_html": "Strip the markup",
    "mask_personal_data": "Mask them",
}
_ORDER = ("error", "warning", "info")
_ICONS = {"info": ":material/info:", "warning": ":material/warning:", "error": ":material/error:"}


def draw_doctor(intake: Intake, upload: Upload | None) -> None:
    """Show every finding with its examples and remedy; of a stored dataset offer the fixes."""
    info = intake.dataset.info
    slow = _slow_findings(intake)
    fast = _looked_fast(info.fingerprint, intake.split.info.hash, intake)
    found = (*info.findings, *fast, *(slow.findings if slow else ()))
    counts = Counter(finding.severity for finding in found)
    errors, warnings = plural(counts["error"], "error"), plural(counts["warning"], "warning")
    fixing = None if upload else find_fix_job(workspace(), info.fingerprint)
    is_fixing = fixing is not None and not fixing.state.is_final
    with card("The data doctor", f"{errors}, {warnings}, {counts['info']} worth knowing"):
        for change in info.changes:
            st.caption(literal(f"Changed from an earlier version: {change.message}"))
        links = [(info.parent, "before", "undo")] if info.parent else []
        links += [
            (one.fingerprint, "after a fix", "redo") for one in next_versions(workspace(), info.fingerprint)
        ]
        for fingerprint, place, icon in links:
            st.page_link(
                "data.py",
                label=f"The version {place}, {short_hash(fingerprint)}",
                icon=f":material/{icon}:",
                query_params={"dataset": fingerprint},
            )
        if fixing is not None and fixing.state is not State.FINISHED:
            _draw_fix_job(fixing)
        for finding in sorted(found, key=lambda one: _ORDER.index(one.severity)):
            _draw_finding(finding, intake, is_stored=upload is None, is_fixing=is_fixing)
        if slow is None:  # the job begins as soon as a dataset is looked at
            draw_work(
                find_examination(workspace(), intake),
                lambda: submit_examination(workspace(), intake, upload.upload_id if upload else None),
                hint="More to come: near duplicates, languages and lengths are looked for in "
                f"{_seen(intake)}.",
                cancelled="Near duplicates, languages and lengths were not looked for: it was cancelled.",
            )
        elif not is_done_at_once(intake.dataset):
            st.caption(f"Near duplicates, languages and lengths were looked for in {_seen(intake)}.")
        if upload and any(finding.fix for finding in found):
            st.caption("Save the dataset to apply one-click fixes.")


@st.cache_resource(show_spinner="The data doctor is looking …", max_entries=8)
def _looked_fast(fingerprint: str, split_hash: str, _intake: Intake) -> tuple[Finding, ...]:
    """Return what a job has left, or look now: every example, within about a second a million."""
    kept = read_findings(workspace(), fingerprint, split_hash, "fast")
    return kept.findings if kept else tuple(examine_all(_intake.dataset, _intake.split))


def _slow_findings(intake: Intake) -> StoredFindings | None:
    """Return what the slow checks have found; None if a job has yet to do them."""
    facts = intake.dataset.info.fingerprint, intake.split.info.hash
    if is_done_at_once(intake.dataset):
        return _looked_slowly(*facts, intake)
    return read_findings(workspace(), *facts, "slow")


@st.cache_resource(show_spinner="The data doctor is looking …", max_entries=8)
def _looked_slowly(fingerprint: str, split_hash: str, _intake: Intake) -> StoredFindings:
    return examine_slowly(_intake)


def slow_lengths(intake: Intake) -> npt.NDArray[np.int64] | None:
    """Return the tokens of each text that the slow checks have counted; None until they have."""
    found = _slow_findings(intake)
    if found is None or found.lengths is None:
        return None
    tokens, texts = zip(*found.lengths, strict=True)
    return np.repeat(np.array(tokens, dtype=np.int64), texts)


def _seen(intake: Intake) -> str:
    num_examples = intake.dataset.num_examples
    if num_examples <= MAX_SLOW:
        return f"all {num_examples:,} texts"
    return f"a random sample of {MAX_SLOW:,} of the {num_examples:,} texts"


def _draw_finding(finding: Finding, intake: Intake, *, is_stored: bool, is_fixing: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"{_ICONS[finding.severity]} {literal(finding.message)}", width="stretch")
        if finding.examples:
            with st.popover("Examples", type="tertiary", key=f"examples_{finding.code}"):
                for example in finding.examples:
                    st.text(example)
        if is_stored and finding.fix in FIX_TITLES:
            st.button(
                FIX_TITLES[finding.fix],
                key=f"fix_{finding.code}",
                on_click=_fix,
                args=(finding.fix, intake),
                disabled=is_fixing,
                width="content",
            )
    if finding.remedy:
        st.caption(literal(finding.remedy))


def _fix(fix: str, intake: Intake) -> None:
    """Make and store the next version, in a job where that takes long, and go on with it."""
    if not is_done_at_once(intake.dataset):
        submit_fix(workspace(), intake.dataset.info.fingerprint, fix)
        return
    try:
        fixed = fix_dataset(workspace(), intake, fix)
    except TlError as error:
        show_error(error)
        return
    _go_on_with(fixed.dataset.info.fingerprint)


def _draw_fix_job(job: Job) -> None:
    """Draw the job of a fix; once it has finished the page speaks of the new version."""

    def go_on(ended: Job) -> None:
        if ended.state is State.FINISHED:
            _go_on_with(next_versions(workspace(), ended.ref_id)[0].fingerprint)

    draw_work(
        job,
        lambda: submit_fix(workspace(), job.ref_id, job.payload["fix"]),
        hint=f"{FIX_TITLES[job.payload['fix']]}: a new version is being made; this one stays as it is.",
        cancelled="The fix was cancelled; nothing has changed.",
        at_end=go_on,
    )


def _go_on_with(fingerprint: str) -> None:
    remember("dataset", fingerprint)
    st.toast("A new version of the dataset; the one before is kept.", icon=":material/healing:")
