"""The table of all experiments: search, filters, editing in place, and what is done to a choice."""

import hashlib
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from pages.ui.errors import begin_anew, live_part, show_error
from pages.ui.formatting import done_words, literal, local_time, plural
from pages.ui.session import forget, workspace
from tl_core.errors import UserError
from tl_core.results.summaries import sum_up
from tl_core.schema import Annotation, State
from tl_core.store.rows import ExperimentEntry

FOLLOW_S = 2
"""How often a page looks for what it lacks."""
SUMMED_AT_ONCE = 8
"""Experiments that are read at a time, so that the page answers in between."""
EDITABLE = ("Star", "Name", "Tags", "Notes")
DONE, RUNNING, ENDED_EARLY = "Done", "Running", "Failed or cancelled"


COLUMNS: dict[str, Any] = {
    "": st.column_config.CheckboxColumn("", width=40, help="Tick to compare, archive or delete."),
    "Star": st.column_config.CheckboxColumn("★", width=60, help="Starred experiments come first."),
    "Name": st.column_config.TextColumn("Name", width="medium", required=True, help="Double click to edit."),
    "Open": st.column_config.LinkColumn("", width=60, display_text="Open"),
    "Best model": st.column_config.TextColumn(
        "Best model", help="Best on validation, with the mean on test."
    ),
    "Gain": st.column_config.NumberColumn(
        "Gain, points", format="%+.1f", help="First model minus second, on test."
    ),
    "Interval": st.column_config.TextColumn("95% interval"),
    "Status": st.column_config.TextColumn("Status", width="large"),
    "Started": st.column_config.DatetimeColumn("Started", format="D MMM YYYY HH:mm"),
    "Dataset": st.column_config.TextColumn("Dataset"),
    "Of": st.column_config.TextColumn("Gain of", width="large"),
    "Tags": st.column_config.ListColumn("Tags", help="Double click to edit."),
    "Notes": st.column_config.TextColumn("Notes", width="medium", help="Double click to write."),
}


def list_entries() -> list[ExperimentEntry]:
    """List every experiment, starred ones first, then the newest."""
    entries = workspace().database.list_entries()
    return sorted(entries, key=lambda entry: not entry.annotation.is_starred)


def state_of(entry: ExperimentEntry) -> str:
    """Say in a word where an experiment stands."""
    if not entry.is_over:
        return RUNNING
    return DONE if set(entry.counts) <= {State.FINISHED} else ENDED_EARLY


def choose_shown(entries: Sequence[ExperimentEntry]) -> list[ExperimentEntry]:
    """Let experiments be searched and filtered; archived ones are left out unless asked for."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        typed = st.text_input(
            "Search",
            placeholder="Name, dataset, model, tag or note",
            key="search",
            persist_state="session",
            type="search",
        )
        states = [
            state for state in (RUNNING, DONE, ENDED_EARLY) if any(state_of(e) == state for e in entries)
        ]
        wanted = st.pills("State", states, selection_mode="multi", key="states", persist_state="session")
        tags = sorted({tag for entry in entries for tag in entry.annotation.tags})
        tagged = (
            st.pills("Tag", tags, selection_mode="multi", key="tags", persist_state="session") if tags else []
        )
        num_archived = sum(entry.annotation.is_archived for entry in entries)
        with_archived = num_archived and st.toggle(
            f"Archived ({num_archived})", key="with_archived", persist_state="session"
        )

    def searched(entry: ExperimentEntry) -> str:
        config, own = entry.config, entry.annotation
        best = entry.summary.best_model if entry.summary else ""
        parts = [config.name, config.dataset_name, config.experiment_id, best, *own.tags, own.notes]
        return " ".join(parts).lower()

    words = typed.lower().split()
    return [
        entry
        for entry in entries
        if (with_archived or not entry.annotation.is_archived)
        and (not wanted or state_of(entry) in wanted)
        and (not tagged or set(tagged) & set(entry.annotation.tags))
        and all(word in searched(entry) for word in words)
    ]


def draw_table(
    entries: Sequence[ExperimentEntry], everyone: Sequence[ExperimentEntry]
) -> list[ExperimentEntry]:
    """Draw one row an experiment; name, star, tags and notes are edited in place. Return what is ticked.

    The page is drawn anew once one of ``everyone`` has moved on.
    """
    if not entries:
        st.markdown("No experiment matches. Change the search or the filters.")
        return []
    table = pd.DataFrame([_row(entry) for entry in entries])
    ids = [entry.config.experiment_id for entry in entries]
    key = f"experiments_{hashlib.sha256(''.join(ids).encode()).hexdigest()[:12]}"
    edited = st.data_editor(
        table,
        hide_index=True,
        disabled=[name for name in table if name not in ("", *EDITABLE)],
        column_config=COLUMNS,
        key=key,
        placeholder="–",
        alt="Every experiment with dataset, best model, gain, status, date and tags.",
    )
    _keep_edits(entries, st.session_state[key].get("edited_rows", {}))
    waiting = [entry for entry in entries if entry.is_over and not entry.is_summed_up]
    if waiting or not all(entry.is_over for entry in entries):
        states = {entry.config.experiment_id: entry.made_of for entry in everyone}
        live_part(_follow, FOLLOW_S)(waiting, states, time.monotonic())
    return [entry for entry, is_chosen in zip(entries, edited[""], strict=True) if is_chosen]


def _row(entry: ExperimentEntry) -> dict[str, Any]:
    known = entry.summary if entry.is_summed_up else None
    best = gain = interval = None
    status = known.status if known else "Reading the results …"
    if not entry.is_over:
        status = done_words(list(Counter(entry.counts).elements()))
    if known is not None and known.best_value is not None:
        best = f"{known.best_model}, {100 * known.best_value:.1f}% {known.metric}"
    if known is not None and known.gain is not None and known.ci95 is not None:
        gain = 100 * known.gain
        interval = " to ".join(f"{100 * end:.1f}".replace("-", "−") for end in known.ci95)
    return {
        "": False,
        "Star": entry.annotation.is_starred,
        "Name": entry.config.name,
        "Open": f"{'results' if entry.is_over else 'runs'}?experiment={entry.config.experiment_id}",
        "Best model": best,
        "Gain": gain,
        "Interval": interval,
        "Status": status,
        "Started": local_time(entry.config.created_at),
        "Dataset": entry.config.dataset_name,
        "Of": known.rests_on if known else None,
        "Tags": list(entry.annotation.tags),
        "Notes": entry.annotation.notes,
    }


def _keep_edits(entries: Sequence[ExperimentEntry], edits: dict[int, dict[str, Any]]) -> None:
    """Keep what was edited in place, and begin anew if anything was: its place may have changed."""
    has_changed = False
    for place, changes in edits.items():
        entry, database = entries[int(place)], workspace().database
        identifier, own = entry.config.experiment_id, entry.annotation
        if (name := changes.get("Name")) and name != entry.config.name:
            try:
                database.rename_experiment(identifier, name)
                has_changed = True
            except UserError as error:  # stays until the cell holds a name again
                show_error(error)
        new = Annotation(
            notes=changes.get("Notes", own.notes) or "",
            tags=tuple(
                dict.fromkeys(tag.strip() for tag in changes.get("Tags", own.tags) or () if tag.strip())
            ),
            is_starred=bool(changes.get("Star", own.is_starred)),
            is_archived=own.is_archived,
        )
        if new != own:
            database.annotate(identifier, new)
            has_changed = True
    if has_changed:
        st.rerun()


def _follow(waiting: list[ExperimentEntry], states: Mapping[str, str], drawn_at: float) -> None:
    """Read what some experiments came to, a few at a time, and begin anew once any has moved on.

    Where many are waiting, which this uses up, the page is not drawn anew after every few, but at its own
    pace: a page that is always being drawn answers nobody.
    """
    is_late = time.monotonic() - drawn_at > FOLLOW_S / 2
    read = waiting[:SUMMED_AT_ONCE]
    for entry in read:
        sum_up(workspace(), entry)
    del waiting[:SUMMED_AT_ONCE]
    if (read and (is_late or not waiting)) or states != {
        e.config.experiment_id: e.made_of for e in workspace().database.list_entries()
    }:
        begin_anew()


def draw_actions(chosen: Sequence[ExperimentEntry]) -> None:
    """Offer what can be done to the ticked experiments."""
    ids = [entry.config.experiment_id for entry in chosen]
    splits = {entry.config.split.hash for entry in chosen}
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(
            "Compare selected",
            icon=":material/view_column:",
            type="primary",
            disabled=len(chosen) < 2 or len(splits) > 1,
            help="Two or more experiments on the same split.",
        ):
            st.switch_page("side_by_side.py", query_params={"runs": ",".join(ids)})
        is_back = bool(chosen) and all(entry.annotation.is_archived for entry in chosen)
        if st.button("Bring back" if is_back else "Archive", icon=":material/archive:", disabled=not chosen):
            for entry in chosen:
                kept = entry.annotation.model_copy(update={"is_archived": not is_back})
                workspace().database.annotate(entry.config.experiment_id, kept)
            st.rerun()
        with st.popover("Delete …", icon=":material/delete:", disabled=not chosen):
            _draw_deletion(chosen)
        st.page_link("data.py", label="New experiment", icon=":material/add:")
    if len(splits) > 1:
        st.markdown("These experiments have different test examples, so they cannot be compared.")
    elif not chosen:
        st.markdown("Tick experiments to compare, archive or delete them.")


def _draw_deletion(chosen: Sequence[ExperimentEntry]) -> None:
    num_runs = sum(sum(entry.counts.values()) for entry in chosen)
    names = ", ".join(literal(entry.config.name) for entry in chosen)
    st.markdown(
        f"This deletes {names} for good: {plural(num_runs, 'run')} with their models and predictions."
    )
    if st.button("Delete", type="primary", icon=":material/delete_forever:"):
        for entry in chosen:
            try:
                workspace().delete_experiment(entry.config.experiment_id)
            except UserError as error:
                show_error(error)
                return
        forget("experiment")
        st.rerun()
