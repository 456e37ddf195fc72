"""The columns of an upload to be confirmed: texts, labels, what else a row says, and how the file is read."""

import codecs
from typing import TypeVar

import pandas as pd
import pyarrow.compute as pc
import streamlit as st

from pages.cards.data.dataset_view import draw_reading
from pages.cards.data.job_progress import draw_work
from pages.ui.errors import show_error
from pages.ui.formatting import literal
from pages.ui.frame import card
from pages.ui.readers import intake_of, proposal_of
from pages.ui.session import workspace
from pages.ui.upload import draw_own_test, receive
from tl_core.datasets.label_maps import label_map_of
from tl_core.datasets.labels import class_values, read_edges
from tl_core.errors import TlError
from tl_core.files.read_summary import DELIMITERS, QUOTES
from tl_core.files.reading import ReadChoices
from tl_core.intake.intake import JOINED_WITH, Intake
from tl_core.intake.large_files import (
    find_intake_job,
    is_large,
    is_prepared,
    is_read,
    submit_intake,
)
from tl_core.intake.uploads import Proposal, Upload, read_upload, save_upload
from tl_core.schema import ColumnChoice

_T = TypeVar("_T")
MAX_RENAMED = 200
FIRST = {"text": "Texts", "label": "Labels"}
NO_GUESS = "Nothing could be guessed: choose the column yourself."
FURTHER = {
    "text": (
        "Further columns of texts",
        7,
        "A title and a body, say: joined, they become one text, a line below the other. "
        "Or a question and its answer: a pair stays two texts.",
    ),
    "label": (
        "Further label columns of ones and zeros",
        None,
        "Where each class has a column of its own, with a one in the rows that belong to it.",
    ),
}
"""Title, most columns and help."""
ROLES = {
    "split": ("Split column", "Rows that say train, validation or test stay where they are."),
    "group": (
        "Group column",
        "Rows of one group, such as one author's, never stand on both sides of a split.",
    ),
    "time": ("Date column", "Lets the newest rows be the test part: choose it at the split below."),
    "weight": ("Weight column", "How much each row counts in training; 0 teaches nothing."),
}
COUNTED_ALIKE = "every number of a test counts all its rows alike."
_FOUND = "as found"
_JOINED, _PAIR = "are joined into one", "are a pair"
MB = 1e6


def _draw_columns(upload: Upload, proposal: Proposal) -> None:
    """Let the guessed columns be changed; a change is kept and the page begins anew."""
    choice, names = proposal.choice, proposal.table.columns.column_names
    first: dict[str, str] = {}
    for place, (role, title) in zip(st.columns(2), FIRST.items(), strict=True):
        first[role] = place.selectbox(
            title, names, index=names.index(getattr(choice, role)[0]), key=f"{role}_{upload.upload_id}"
        )
        place.caption(literal(proposal.reasons.get(role, NO_GUESS)))
    wanted = choice.model_copy(update={role: (name,) for role, name in first.items()})
    with st.expander("More columns: texts, groups, dates, weights, a split", icon=":material/view_column:"):
        wanted = _choose_more(upload, proposal, wanted)
    if wanted.weight:
        st.caption(literal(f"In training each row counts by “{wanted.weight}”; {COUNTED_ALIKE}"))
    if wanted.label != choice.label:
        wanted = wanted.model_copy(update={"edges": (), "label_map": {}})
    with st.expander("Labels: rename, merge, cut numbers into classes", icon=":material/label:"):
        typed = st.text_input(
            "Limits between classes, for numeric labels",
            ", ".join(f"{edge:g}" for edge in wanted.edges),
            key=f"edges_{upload.upload_id}_{wanted.label_name}",
            placeholder="2.5, 3.5",
            help="Numbers below the first limit are one class, from one limit to the next another, "
            "and so on.",
        )
        try:
            wanted = wanted.model_copy(update={"edges": read_edges(typed)})
        except TlError as error:
            show_error(error)
        wanted = wanted.model_copy(update={"label_map": _rename_labels(upload, proposal, wanted, typed)})
    if wanted != choice:
        save_upload(workspace(), upload.model_copy(update={"choice": wanted}))
        st.rerun()


def _choose_more(upload: Upload, proposal: Proposal, wanted: ColumnChoice) -> ColumnChoice:
    """Let the columns beside the first text and label have a part in what a row says."""
    choice, first = proposal.choice, (*wanted.text, *wanted.label)
    free = [name for name in proposal.table.columns.column_names if name not in first]
    more: dict[str, tuple[str, ...]] = {}
    for place, (role, (title, most, help_text)) in zip(st.columns(2), FURTHER.items(), strict=True):
        kept = [name for name in getattr(choice, role)[1:] if name in free]
        key = f"{role}s_{upload.upload_id}"
        more[role] = tuple(place.multiselect(title, free, kept, key=key, max_selections=most, help=help_text))
    update: dict[str, object] = {role: (*getattr(wanted, role), *names) for role, names in more.items()}
    for place, (role, (title, help_text)) in zip(st.columns(len(ROLES)), ROLES.items(), strict=True):
        options = ["", *free]
        chosen = getattr(choice, role)
        picked = place.selectbox(
            title,
            options,
            index=options.index(chosen) if chosen in free else 0,
            format_func=lambda one: one or "none",
            key=f"{role}_{upload.upload_id}",
            help=help_text,
        )
        update[role] = picked or None
        if role in proposal.reasons:
            place.caption(literal(f"Looks like one: {proposal.reasons[role]}"))

    # Two columns of texts are joined or a pair; more than two are always joined.
    update["joined_with"] = JOINED_WITH if more["text"] else None
    if len(more["text"]) == 1:
        together = st.radio(
            "The two columns of texts",
            (_JOINED, _PAIR),
            index=int(len(choice.text) == 2 and choice.joined_with is None),
            key=f"two_texts_{upload.upload_id}",
            horizontal=True,
            help="The models are told where the second text of a pair begins, which matters where a label is "
            "about both: whether an answer fits its question, or two sentences mean the same.",
        )
        update["joined_with"] = None if together == _PAIR else JOINED_WITH
    return wanted.model_copy(update=update)


def _rename_labels(upload: Upload, proposal: Proposal, choice: ColumnChoice, limits: str) -> dict[str, str]:
    """Let labels be renamed and merged, in a table or by a file; what cannot be is told in place."""
    try:
        bare = choice.model_copy(update={"label_map": {}})
        labels = sorted(set(pc.unique(class_values(proposal.table.columns, bare)).to_pylist()) - {""})
    except TlError:  # told below, where the dataset is made
        return choice.label_map
    if len(labels) > MAX_RENAMED:
        st.caption(f"{len(labels):,} labels are too many to be renamed here.")
        return choice.label_map
    map_key = f"map_{upload.upload_id}"
    brought = receive("Or bring the names: a file with two columns, label and name", map_key)
    if brought is not None:
        try:
            return label_map_of(read_upload(workspace(), brought.upload_id, brought.name), brought.name)
        except TlError as error:
            show_error(error)
    edited = st.data_editor(
        pd.DataFrame({"label": labels, "becomes": [choice.label_map.get(one, one) for one in labels]}),
        hide_index=True,
        disabled=["label"],
        key=f"{map_key}_{choice.label_name}_{limits}_{st.session_state[f'{map_key}_turn']}",
    )
    st.caption("Give two labels the same name to merge them. Clear a name to drop its rows.")
    names = zip(labels, (str(one or "").strip() for one in edited["becomes"]), strict=True)
    return {old: new for old, new in names if new != old}


def _draw_reading_choices(upload: Upload) -> None:
    """Let each decision of the reader be overridden; a change is kept and the page begins anew."""
    reading = upload.reading
    with st.expander("Import options", icon=":material/tune:"), st.container(horizontal=True):
        delimiter = _override("Delimiter", reading.delimiter, DELIMITERS, f"delimiter_{upload.upload_id}")
        quote = _override("Quotes", reading.quote, QUOTES, f"quote_{upload.upload_id}")
        words = {True: "is the header", False: "is a row"}
        header = _override("First line", reading.has_header, words, f"header_{upload.upload_id}")
        encoding = st.text_input(
            "Encoding", reading.encoding or "", key=f"encoding_{upload.upload_id}", placeholder=_FOUND
        ).strip()
        sheet = st.text_input(
            "Sheet", reading.sheet or "", key=f"sheet_{upload.upload_id}", placeholder="the first"
        ).strip()
    if encoding:
        try:
            codecs.lookup(encoding)
        except LookupError:
            words = f"No encoding is called {encoding}: try utf-8, utf-16, windows-1252 or gb18030."
            st.caption(literal(words))
            return
    wanted = ReadChoices(
        encoding=encoding or None, delimiter=delimiter, quote=quote, has_header=header, sheet=sheet or None
    )
    if wanted != reading:
        save_upload(workspace(), upload.model_copy(update={"reading": wanted}))
        st.rerun()


def _override(title: str, chosen: _T | None, words: dict[_T, str], key: str) -> _T | None:
    options = [None, *words]
    picked: _T | None = st.selectbox(
        title,
        options,
        index=options.index(chosen) if chosen in words else 0,
        format_func=lambda one: _FOUND if one is None else words[one],
        key=key,
    )
    return picked


def draw_columns_of(upload: Upload) -> Intake | None:
    """Show a file and its columns; return what they make, or None while a job still makes it.

    Raises
    ------
    DataError, SplitError
        If the file or the chosen columns cannot be used.
    """
    if not _is_read(upload):
        _draw_intake_job(upload)
        return None
    proposal = proposal_of(upload)
    draw_reading(proposal.table)
    with card("Columns", "detected; change if wrong"):
        _draw_columns(upload, proposal)
        draw_own_test(upload)
        _draw_reading_choices(upload)
    if is_large(workspace(), upload) and not is_prepared(workspace(), upload):
        _draw_intake_job(upload)
        return None
    return intake_of(upload)


def _draw_intake_job(upload: Upload) -> None:
    """Draw how far a large upload's job is, or how it has ended."""
    job = find_intake_job(workspace(), upload)
    size = workspace().upload_path(upload.upload_id).stat().st_size / MB
    waits_for_columns = not _is_read(upload)
    with card("Taking it in", f"{size:,.0f} MB; the file is on this server, you can leave and come back"):
        draw_work(
            job,
            lambda: submit_intake(workspace(), upload),
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
