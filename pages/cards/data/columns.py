"""The columns of an upload to be confirmed: texts, labels, what else a row says, and how the file is read."""

import codecs
from collections.abc import Sequence
from typing import Any, TypeVar

import pandas as pd
import pyarrow.compute as pc
import streamlit as st

from pages.ui.errors import InputErrors
from pages.ui.formatting import literal
from pages.ui.session import workspace
from pages.ui.upload import receive
from tl_core.datasets.label_maps import label_map_of
from tl_core.datasets.labels import class_values, read_edges
from tl_core.errors import TlError
from tl_core.files.read_summary import DELIMITERS, QUOTES
from tl_core.files.reading import ReadChoices
from tl_core.intake.choosing import JOINED_WITH
from tl_core.intake.uploads import Proposal, Upload, read_upload, save_upload
from tl_core.schema import ColumnChoice

_T = TypeVar("_T")
MAX_RENAMED = 200
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


def draw_columns(upload: Upload, proposal: Proposal) -> None:
    """Let the guessed columns be changed; a change is kept and the page begins anew."""
    choice = proposal.choice
    names = proposal.table.columns.column_names
    text, label = st.columns(2)
    with text:
        first_text = _pick("Texts", names, choice.text[0], f"text_{upload.upload_id}")
        st.caption(literal(proposal.reasons.get("text", _NO_GUESS)))
    with label:
        first_label = _pick("Labels", names, choice.label[0], f"label_{upload.upload_id}")
        st.caption(literal(proposal.reasons.get("label", _NO_GUESS)))
    with st.expander("More columns: texts, groups, dates, weights, a split", icon=":material/view_column:"):
        more = _more_columns(upload, proposal, first_text, first_label)
        joined_with = _joined_with(upload, choice, more["text"])
    if more["weight"]:
        st.caption(literal(f"In training each row counts by “{more['weight']}”; {COUNTED_ALIKE}"))
    wanted = choice.model_copy(
        update={
            "text": (first_text, *more["text"]),
            "label": (first_label, *more["label"]),
            "joined_with": joined_with,
            **{role: more[role] for role in ROLES},
        }
    )
    if wanted.label != choice.label:
        wanted = wanted.model_copy(update={"edges": (), "label_map": {}})
    with st.expander("Labels: rename, merge, cut numbers into classes", icon=":material/label:"):
        wanted = _draw_labels(upload, proposal, wanted)
    _keep(upload, proposal, wanted)


_NO_GUESS = "Nothing could be guessed: choose the column yourself."


def _pick(title: str, names: Sequence[str], chosen: str, key: str) -> str:
    picked: str = st.selectbox(title, names, index=names.index(chosen), key=key)
    return picked


def _keep(upload: Upload, proposal: Proposal, wanted: ColumnChoice) -> None:
    if wanted != proposal.choice:
        save_upload(workspace(), upload.model_copy(update={"choice": wanted}))
        st.rerun()


def _more_columns(upload: Upload, proposal: Proposal, text: str, label: str) -> dict[str, Any]:
    choice, names = proposal.choice, proposal.table.columns.column_names
    free = [name for name in names if name not in (text, label)]
    joined, indicators = st.columns(2)
    more: dict[str, Any] = {}
    more["text"] = tuple(
        joined.multiselect(
            "Further columns of texts",
            free,
            [name for name in choice.text[1:] if name in free],
            key=f"texts_{upload.upload_id}",
            max_selections=7,
            help="A title and a body, say: joined, they become one text, a line below the other. "
            "Or a question and its answer: a pair stays two texts.",
        )
    )
    more["label"] = tuple(
        indicators.multiselect(
            "Further label columns of ones and zeros",
            free,
            [name for name in choice.label[1:] if name in free],
            key=f"labels_{upload.upload_id}",
            help="Where each class has a column of its own, with a one in the rows that belong to it.",
        )
    )
    for place, (role, (title, help_text)) in zip(st.columns(len(ROLES)), ROLES.items(), strict=True):
        options = ["", *free]
        kept = getattr(choice, role)
        picked = place.selectbox(
            title,
            options,
            index=options.index(kept) if kept in free else 0,
            format_func=lambda one: one or "none",
            key=f"{role}_{upload.upload_id}",
            help=help_text,
        )
        more[role] = picked or None
        if role in proposal.reasons:
            place.caption(literal(f"Looks like one: {proposal.reasons[role]}"))
    return more


def _joined_with(upload: Upload, choice: ColumnChoice, further: Sequence[str]) -> str | None:
    """Ask whether two columns of texts are joined or a pair; more than two are always joined."""
    if len(further) != 1:
        return JOINED_WITH if further else None
    was_pair = len(choice.text) == 2 and choice.joined_with is None
    together = st.radio(
        "The two columns of texts",
        (_JOINED, _PAIR),
        index=int(was_pair),
        key=f"two_texts_{upload.upload_id}",
        horizontal=True,
        help="The models are told where the second text of a pair begins, which matters where a label is "
        "about both: whether an answer fits its question, or two sentences mean the same.",
    )
    return None if together == _PAIR else JOINED_WITH


def _draw_labels(upload: Upload, proposal: Proposal, choice: ColumnChoice) -> ColumnChoice:
    """Let numbers be cut and labels be renamed; what cannot be is told in place."""
    typed = st.text_input(
        "Limits between classes, for numeric labels",
        ", ".join(f"{edge:g}" for edge in choice.edges),
        key=f"edges_{upload.upload_id}_{choice.label_name}",
        placeholder="2.5, 3.5",
        help="Numbers below the first limit are one class, from one limit to the next another, and so on.",
    )
    input_errors = InputErrors()
    with input_errors.told():
        choice = choice.model_copy(update={"edges": read_edges(typed)})
    try:
        bare = choice.model_copy(update={"label_map": {}})
        labels = sorted(set(pc.unique(class_values(proposal.table.columns, bare)).to_pylist()) - {""})
    except TlError:  # told below, where the dataset is made
        return choice
    if len(labels) > MAX_RENAMED:
        st.caption(f"{len(labels):,} labels are too many to be renamed here.")
        return choice
    map_key = f"map_{upload.upload_id}"
    brought = receive("Or bring the names: a file with two columns, label and name", map_key)
    if brought is not None:
        with input_errors.told():
            table = read_upload(workspace(), brought.upload_id, brought.name)
            return choice.model_copy(update={"label_map": label_map_of(table, brought.name)})
    shown = pd.DataFrame({"label": labels, "becomes": [choice.label_map.get(one, one) for one in labels]})
    edited = st.data_editor(
        shown,
        hide_index=True,
        disabled=["label"],
        key=f"{map_key}_{choice.label_name}_{typed}_{st.session_state[f'{map_key}_turn']}",
    )
    st.caption("Two labels with one name are merged; rows of a label without a name are set aside.")
    names = dict(zip(labels, (str(one or "").strip() for one in edited["becomes"]), strict=True))
    return choice.model_copy(update={"label_map": {old: new for old, new in names.items() if new != old}})


def draw_reading_choices(upload: Upload) -> None:
    """Let each decision of the reader be overridden; a change is kept and the page begins anew."""
    reading = upload.reading
    with st.expander("Read it in another way", icon=":material/tune:"), st.container(horizontal=True):
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
    if encoding and not _is_encoding(encoding):
        st.caption(literal(f"No encoding is called {encoding}: try utf-8, utf-16, windows-1252 or gb18030."))
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


def _is_encoding(name: str) -> bool:
    try:
        codecs.lookup(name)
    except LookupError:
        return False
    return True
