"""An upload's rows, and its columns to be confirmed: texts, labels, what else a row says, how it is read."""

import codecs
from typing import TypeVar

import pandas as pd
import pyarrow.compute as pc
import streamlit as st

from pages.ui.errors import show_error
from pages.ui.formatting import literal, plural
from pages.ui.frame import card
from pages.ui.pictures import MAX_PICTURES, PICTURE_PX, pictures
from pages.ui.session import workspace
from pages.ui.upload import draw_own_test, receive
from tl_core.datasets.label_maps import label_map_of
from tl_core.datasets.labels import class_values, read_edges
from tl_core.errors import TlError
from tl_core.files.read_summary import DELIMITERS, QUOTES, how_read
from tl_core.files.reading import ReadChoices, rejects_csv
from tl_core.intake.intake import JOINED_WITH
from tl_core.intake.uploads import Proposal, Upload, read_upload, save_upload
from tl_core.modality import content_of
from tl_core.schema import ColumnChoice
from tl_core.words import capitalised

_T = TypeVar("_T")
MAX_PREVIEW = 200
MAX_RENAMED = 200
FIRST = {"text": "Texts", "label": "Labels"}
USES = {"text": "Use as text", "label": "Use as label"}
NO_GUESS = "Not detected. Choose the column."
FURTHER = {
    "text": (
        "Further columns of texts",
        7,
        "Join a title and a body into one text, or keep a question and an answer as a pair.",
    ),
    "label": (
        "Further label columns of ones and zeros",
        None,
        "For files with one column per class and a 1 in the rows that belong to it.",
    ),
}
"""Title, most columns and help."""
ROLES = {
    "split": ("Split column", "Says train, validation or test for each row."),
    "group": (
        "Group column",
        "Rows of one group, such as one author, stay in one part of the split.",
    ),
    "time": ("Date column", "Lets you test on the newest rows. Choose that under Split."),
    "weight": ("Weight column", "How much each row counts in training. 0 means not at all."),
}
COUNTED_ALIKE = "Test scores count every row once."
_FOUND = "detected"
_JOINED, _PAIR = "Join into one text", "Keep as a pair"


def draw_preview(upload: Upload, proposal: Proposal) -> None:
    """Show a file's first rows, of which a column can be made texts or labels, and what could not be read."""
    table, choice = proposal.table, proposal.choice
    with card("The file"):
        size = f"{plural(table.num_rows, 'row')}, {plural(table.columns.num_columns, 'column')}"
        is_pictorial = content_of(choice.modality).is_pictorial
        most = MAX_PICTURES if is_pictorial else MAX_PREVIEW
        first = f"; the first {most} are shown" if table.num_rows > most else ""
        st.markdown(literal(f"{size}; {how_read(table.decisions)}{first}."))
        roles = {name: "text" for name in choice.text} | {name: "label" for name in choice.label}
        roles |= {
            name: role for role in ("split", "group", "time", "weight") if (name := getattr(choice, role))
        }
        columns = {name: f"{name} ({role})" for name, role in roles.items()}
        if is_pictorial:
            columns |= pictures(choice.text)
        shown = st.dataframe(
            table.columns.slice(0, most).to_pandas(),
            hide_index=True,
            height=240,
            column_config=columns,
            row_height=PICTURE_PX if is_pictorial else None,
            column_order=dict.fromkeys((*choice.label, *choice.text, *table.columns.column_names)),
            on_select="rerun",
            selection_mode="single-column",
            key=f"preview_{upload.upload_id}_{'_'.join((*choice.text, *choice.label))}",
        )
        uses = USES if table.modality is None else {"label": USES["label"]}
        chosen = [
            name for name in shown["selection"]["columns"] if not (is_pictorial and name in choice.text)
        ]
        for name in chosen:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"**{literal(name)}**")
                for role, words in uses.items():
                    if st.button(words, key=f"use_{role}", disabled=getattr(choice, role) == (name,)):
                        _use(upload, choice, role, name)
        if table.num_rejects:
            with st.expander(f"{plural(table.num_rejects, 'line')} left out", icon=":material/warning:"):
                rejects = table.rejects.slice(0, MAX_PREVIEW)
                named = rejects.rename_columns(["line", "why", "beginning of the line"]).to_pandas()
                st.dataframe(named, hide_index=True)
                st.download_button(
                    "Download all as CSV",
                    lambda: rejects_csv(table),
                    file_name="left_out.csv",
                    mime="text/csv",
                    icon=":material/download:",
                    on_click="ignore",
                )


def _use(upload: Upload, choice: ColumnChoice, role: str, name: str) -> None:
    """Make a column the texts or the labels; one that was the other gives way to what it replaces."""
    other = "label" if role == "text" else "text"
    update: dict[str, object] = {role: (name,), "edges": (), "label_map": {}}
    if name in getattr(choice, other):
        update[other] = getattr(choice, role)
    if role == "text" or other in update:
        update["joined_with"] = None
    for spare in ("split", "group", "time", "weight"):
        if getattr(choice, spare) == name:
            update[spare] = None
    wanted = choice.model_copy(update=update)
    for one in FIRST:  # the boxes below would bring the former choice back
        st.session_state[f"{one}_{upload.upload_id}"] = getattr(wanted, one)[0]
    save_upload(workspace(), upload.model_copy(update={"choice": wanted}))
    st.rerun()


def draw_columns(upload: Upload, proposal: Proposal) -> None:
    """Let columns, labels, a test file and the reading be changed; a change is kept, the page begins anew."""
    with card("Columns", explains="Detected. Change what is wrong."):
        _choose_columns(upload, proposal)
        draw_own_test(upload)
        if proposal.table.modality is None:  # what is no table of texts has nothing else to be read by
            _draw_reading_choices(upload)


def _choose_columns(upload: Upload, proposal: Proposal) -> None:
    choice, names = proposal.choice, proposal.table.columns.column_names
    first: dict[str, str] = {}
    titles = FIRST | {"text": capitalised(content_of(choice.modality).noun.many)}
    for place, (role, title) in zip(st.columns(2), titles.items(), strict=True):
        key = f"{role}_{upload.upload_id}"
        if st.session_state.get(key) not in names:
            st.session_state[key] = getattr(choice, role)[0]
        first[role] = place.selectbox(title, names, key=key)
        place.markdown(f":small[{literal(proposal.reasons.get(role, NO_GUESS))}]")
    wanted = choice.model_copy(update={role: (name,) for role, name in first.items()})
    also = "texts, groups" if choice.modality is None else "groups"
    with st.expander(f"More columns: {also}, dates, weights, a split", icon=":material/view_column:"):
        wanted = _choose_more(upload, proposal, wanted)
    if wanted.weight:
        st.markdown(literal(f"Training weighs each row by “{wanted.weight}”. {COUNTED_ALIKE}"))
    if wanted.label != choice.label:
        wanted = wanted.model_copy(update={"edges": (), "label_map": {}})
    with st.expander("Labels: rename, merge, cut numbers into classes", icon=":material/label:"):
        typed = st.text_input(
            "Cut points, for numeric labels",
            ", ".join(f"{edge:g}" for edge in wanted.edges),
            key=f"edges_{upload.upload_id}_{wanted.label_name}",
            placeholder="2.5, 3.5",
            help="2.5, 3.5 makes three classes: below 2.5, 2.5 to below 3.5, and 3.5 and more.",
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
    further = {role: what for role, what in FURTHER.items() if role == "label" or choice.modality is None}
    for place, (role, (title, most, help_text)) in zip(st.columns(2), further.items(), strict=False):
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
            place.markdown(f":small[{literal(f'Looks like one: {proposal.reasons[role]}')}]")

    # Two columns of texts are joined or a pair; more than two are always joined.
    update["joined_with"] = JOINED_WITH if more.get("text") else None
    if len(more.get("text", ())) == 1:
        together = st.radio(
            "The two columns of texts",
            (_JOINED, _PAIR),
            index=int(len(choice.text) == 2 and choice.joined_with is None),
            key=f"two_texts_{upload.upload_id}",
            horizontal=True,
            help="Keep a pair where the label is about both texts, such as whether two mean the same.",
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
        st.markdown(f"There are {len(labels):,} labels, too many to rename in a table.")
        return choice.label_map
    map_key = f"map_{upload.upload_id}"
    brought = receive("Rename by a file with two columns, label and name", map_key)
    if brought is not None:
        try:
            return label_map_of(read_upload(workspace(), brought.upload_id, brought.name), brought.name)
        except TlError as error:
            show_error(error)
    edited = st.data_editor(
        pd.DataFrame({"label": labels, "becomes": [choice.label_map.get(one, one) for one in labels]}),
        hide_index=True,
        disabled=["label"],
        key=f"{map_key}_{choice.label_name}_{limits}_{st.session_state[f'{map_key}_turn']}_{choice.label_map}",
    )
    st.markdown("Give two labels the same name to merge them. Clear a name to leave out those rows.")
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
            words = f"There is no encoding “{encoding}”. Try utf-8, utf-16, windows-1252 or gb18030."
            st.error(literal(words))
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
