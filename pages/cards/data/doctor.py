"""The data doctor: what a dataset has, what can be done about it, and versions made by its fixes."""

from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc
import streamlit as st

from pages.cards.data.taking_in import draw_work, offer_usual_split
from pages.ui.errors import show_error
from pages.ui.formatting import literal, plural, short_hash
from pages.ui.frame import card
from pages.ui.session import remember, workspace
from tl_core.datasets.labels import class_values
from tl_core.datasets.screening import screen
from tl_core.doctor.examine import MAX_SLOW, examine_all
from tl_core.doctor.label_typos import merging_map
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
from tl_core.intake.uploads import Proposal, Upload, save_upload
from tl_core.schema import DatasetInfo, Finding, State
from tl_core.splits.stratified import too_small
from tl_core.store.rows import Job
from tl_core.words import capitalised, quoted

FIX_TITLES = {
    "drop_near_empty": "Remove them",
    "keep_one_of_near_duplicates": "Keep one of each",
    "merge_labels": "Merge them",
    "drop_rare_classes": "Remove these classes",
    "strip_html": "Strip the markup",
    "mask_personal_data": "Mask them",
}
_SHORT, _MOST_NAMED = 80, 5
"""Characters up to which examples stand in the sentence; labels that are named of many."""
_ORDER = ("error", "warning", "info")
_ICONS = {
    "info": ":material/info:",
    "warning": ":orange[:material/warning:]",
    "error": ":red[:material/error:]",
}


def draw_doctor(
    intake: Intake, upload: Upload | None = None, proposal: Proposal | None = None
) -> tuple[Finding, ...]:
    """Draw what was found, what a click mends first; return it all.

    An upload (with its ``proposal``) is mended before it is a dataset, a stored dataset by a next version.
    """
    info = intake.dataset.info
    slow = _slow_findings(intake)
    fast = _looked_fast(info.fingerprint, intake.split.info.hash, intake)
    found = tuple(
        sorted(
            (*info.findings, *fast, *(slow.findings if slow else ())),
            key=lambda one: _ORDER.index(one.severity),
        )
    )
    fixing = None if upload else find_fix_job(workspace(), info.fingerprint)
    is_fixing = fixing is not None and not fixing.state.is_final
    slow_words = intake.dataset.content.slow_words
    with card("Data doctor"):
        if upload is None:
            _draw_versions(info)
        if fixing is not None and fixing.state is not State.FINISHED:
            _draw_fix_job(fixing)
        mendable = [one for one in found if one.fix in FIX_TITLES]
        told = [one for one in found if one.fix not in FIX_TITLES and one.severity != "info"]
        known = [one for one in found if one.fix not in FIX_TITLES and one.severity == "info"]
        if mendable:
            st.markdown("**Fix now**")
        for finding in mendable:
            fix = partial(_fix_upload, finding.fix, upload, proposal) if upload and proposal else None
            _draw_finding(finding, fix or partial(_fix, finding.fix, intake), is_fixing=is_fixing)
        for finding in told:
            _draw_finding(finding)
        if not mendable and not told and slow is not None:
            st.markdown(":material/check_circle: Nothing to fix.")
        if known:
            with st.expander(f"{len(known)} more to know", icon=":material/info:"):
                for finding in known:
                    _draw_finding(finding)
        if slow is None:  # the job begins as soon as a dataset is looked at
            draw_work(
                find_examination(workspace(), intake),
                lambda: submit_examination(workspace(), intake, upload.upload_id if upload else None),
                hint=f"Looking for {slow_words} in {_seen(intake)}.",
                cancelled=f"Cancelled. {capitalised(slow_words)} were not checked.",
            )
        elif not is_done_at_once(intake.dataset):
            st.markdown(f":small[{capitalised(slow_words)} were checked in {_seen(intake)}.]")
    return found


def _draw_versions(info: DatasetInfo) -> None:
    """Tell what changed a stored dataset, and lead to the versions before and after."""
    for change in info.changes:
        st.markdown(f":material/healing: {literal(change.message)}")
    is_kept = info.parent is not None and workspace().dataset_folder(info.parent).exists()
    links = [(info.parent, "before", "undo")] if info.parent and is_kept else []
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


def draw_mended(upload: Upload, proposal: Proposal, intake: Intake | None) -> None:
    """Tell what was mended in an upload, each with a way to undo it."""
    label_map = proposal.choice.label_map
    messages = {change.fix: change.message for change in intake.dataset.info.changes} if intake else {}
    for fix in upload.fixes:
        if _draw_mended(messages.get(fix, f"{FIX_TITLES[fix]}: nothing to change."), fix):
            left = tuple(one for one in upload.fixes if one != fix)
            _keep(upload.model_copy(update={"fixes": left}))
    if label_map:
        renamed = [f"{quoted(old)} → {quoted(new)}" for old, new in label_map.items() if new]
        dropped = [quoted(old) for old, new in label_map.items() if not new]
        words = [f"Renamed: {', '.join(renamed)}."] if renamed else []
        words += [f"Left out: {', '.join(dropped)}."] if dropped else []
        if _draw_mended(" ".join(words), "labels"):
            _keep(_with_label_map(upload, proposal, {}))


def _draw_mended(message: str, key: str) -> bool:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/healing: {literal(message)}", width="stretch")
        return st.button("Undo", key=f"undo_{key}", icon=":material/undo:", type="tertiary")


def offer_ways_out(upload: Upload, proposal: Proposal) -> None:
    """Offer what a click mends where labels, or the split that was chosen, keep a dataset from being made."""
    offer_usual_split(upload)
    try:
        counts = screen(proposal.table, choice=proposal.choice, test=None).label_counts
        merging = merging_map(proposal.table.columns, proposal.choice)
    except TlError:  # told above
        return
    known = proposal.choice.label_map
    if merging != known:
        new = {old: name for old, name in merging.items() if known.get(old) != name}
        pairs = [
            f"{quoted(old)} ({counts[old]:,}) → {quoted(name)}"
            for old, name in list(new.items())[:_MOST_NAMED]
        ]
        more = f" and {len(new) - _MOST_NAMED:,} more" if len(new) > _MOST_NAMED else ""
        words = f"{plural(len(new), 'label')} spelled in two ways: {', '.join(pairs)}{more}."
        if _offer(words, "Merge them" if len(new) > 1 else "Merge it"):
            _keep(_with_label_map(upload, proposal, merging))
    small = {
        label: count
        for label, count in too_small(counts, has_own_test=upload.test_id is not None).items()
        if merging.get(label, label) == label
    }
    if 0 < len(small) <= len(counts) - 2:
        words = ", ".join(
            f"{quoted(label)} ({count:,})" for label, count in list(small.items())[:_MOST_NAMED]
        )
        more = f" and {len(small) - _MOST_NAMED:,} more" if len(small) > _MOST_NAMED else ""
        if _offer(
            f"{plural(len(small), 'label')} too rare: {words}{more}.",
            "Leave them out" if len(small) > 1 else "Leave it out",
        ):
            bare = proposal.choice.model_copy(update={"label_map": {}})
            values = pc.unique(class_values(proposal.table.columns, bare)).to_pylist()
            gone = {value: "" for value in values if known.get(value, value) in small}
            _keep(_with_label_map(upload, proposal, known | gone))


def _offer(words: str, label: str) -> bool:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/healing: {literal(words)}", width="stretch")
        return st.button(label, type="primary", width="content")


def _with_label_map(upload: Upload, proposal: Proposal, label_map: dict[str, str]) -> Upload:
    choice = proposal.choice.model_copy(update={"label_map": label_map})
    return upload.model_copy(update={"choice": choice})


def _keep(upload: Upload) -> None:
    save_upload(workspace(), upload)
    st.rerun()


def _fix_upload(fix: str, upload: Upload, proposal: Proposal) -> None:
    """Mend an upload: labels where they are renamed anyway, all else once its dataset is made."""
    if fix == "merge_labels":
        changed = _with_label_map(upload, proposal, merging_map(proposal.table.columns, proposal.choice))
    else:
        changed = upload.model_copy(update={"fixes": (*upload.fixes, fix)})
    save_upload(workspace(), changed)


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
    num_examples, many = intake.dataset.num_examples, intake.dataset.content.noun.many
    if num_examples <= MAX_SLOW:
        return f"all {num_examples:,} {many}"
    return f"a random sample of {MAX_SLOW:,} of the {num_examples:,} {many}"


def _draw_finding(
    finding: Finding, fix: Callable[[], None] | None = None, *, is_fixing: bool = False
) -> None:
    """Draw a finding with its examples, and the button that mends it or else what can be done."""
    pairs = ", ".join(finding.examples)
    is_short = bool(pairs) and len(pairs) <= _SHORT
    words = f"{finding.message} {pairs}." if is_short else finding.message
    if fix is None and finding.remedy:
        words = f"{words} {finding.remedy}"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"{_ICONS[finding.severity]} {literal(words)}", width="stretch")
        if finding.examples and not is_short:
            with st.popover("Examples", type="tertiary", key=f"examples_{finding.code}"):
                for example in finding.examples:
                    st.text(example)
        if fix is not None:
            st.button(
                FIX_TITLES[finding.fix],
                key=f"fix_{finding.code}",
                help=literal(finding.remedy) or None,
                on_click=fix,
                disabled=is_fixing,
                width="content",
            )


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
        hint=f"{FIX_TITLES[job.payload['fix']]}: making a new version. This one stays as it is.",
        cancelled="Cancelled. Nothing has changed.",
        at_end=go_on,
    )


def _go_on_with(fingerprint: str) -> None:
    remember("dataset", fingerprint)
    st.toast("Fixed in a new version. The old one is kept.", icon=":material/healing:")
