"""The table of all runs on *Models*."""

import hashlib
from collections.abc import Mapping, Sequence

import streamlit as st

from pages.ui.formatting import STATE_WORDS, local_time, plural, started_at
from pages.ui.frame import draw_damage
from pages.ui.readers import arm_names_of
from pages.ui.session import forget, remember, workspace
from tl_core.evaluation.wording import METRIC_WORDS
from tl_core.jobs.client import observe
from tl_core.results.inventory import RunFacts, find_facts, inventory_table
from tl_core.schema import ExperimentConfig, State
from tl_core.store.rows import RunRow

AT_ONCE = 50
"""Rows that are read and drawn at a time."""
_SHOWN = "runs_shown"
"""Session key of how many are shown."""
_CHOSEN, _FOLLOWED = "models_experiment", "models_followed"
"""Session keys of the experiment that is chosen, and of the one that the URL has named last."""
ALL = "all"
COLUMNS = {
    "arm": st.column_config.TextColumn("Model", width=115),
    "test": st.column_config.NumberColumn("Test, %", format="%.1f", width=70, help="Of this single run."),
    "metric": st.column_config.TextColumn("Metric", width=75),
    "num_test": st.column_config.NumberColumn("Test examples", format="localized", width=100),
    "state": st.column_config.TextColumn("State", width=75),
    "created_at": st.column_config.DatetimeColumn("Created", format="D MMM YYYY HH:mm", width=130),
    "run_id": st.column_config.TextColumn("Run", width=175),
    "seed": st.column_config.NumberColumn("Seed", width=50),
    "train_size": st.column_config.NumberColumn("Training examples", format="localized", width=120),
    "base_model": st.column_config.TextColumn("Base model", width=120),
    "dataset": st.column_config.TextColumn("Dataset", width=120),
    "size_bytes": st.column_config.NumberColumn("Size", format="bytes", width=70),
}


def choose_filter(experiments: Sequence[ExperimentConfig]) -> str | None:
    """Let one experiment be looked at, the one of the URL at first; None for all.

    Raises
    ------
    NotFoundError
        If the one of the URL is not there.
    """
    wanted = st.query_params.get("experiment", ALL)
    if wanted != ALL:
        workspace().database.get_experiment(wanted)
    names = {ALL: "All experiments"}
    for one in experiments:
        # Streamlit takes equal names for one; the end of the id tells them apart.
        names[one.experiment_id] = f"{one.name}, {started_at(one)}, {one.experiment_id[-4:]}"
    if st.session_state.get(_FOLLOWED, wanted) != wanted:  # another link than the one that was followed
        st.session_state[_CHOSEN] = wanted
    ids = list(names)
    chosen: str = st.selectbox(
        "Experiment", ids, index=ids.index(wanted), format_func=names.__getitem__, key=_CHOSEN
    )
    st.session_state[_FOLLOWED] = chosen
    if chosen == ALL:
        st.query_params.pop("experiment", None)  # and the other pages keep theirs
        return None
    remember("experiment", chosen)
    return chosen


@st.cache_data(show_spinner=False, max_entries=5_000)
def _facts_once(run_id: str, state: State) -> RunFacts:
    here = workspace()
    return find_facts(here.run_folder(run_id), here.database.get_run(run_id))


def draw_runs(experiment_id: str | None, experiments: Mapping[str, ExperimentConfig]) -> None:
    """Draw the runs of an experiment, or of all, newest first, some at a time.

    Choosing one makes it the page's subject. Runs without a model are left out unless asked for.
    """
    here = workspace()
    with_others = st.toggle("Also runs without a model", key="without_model", persist_state="session")
    limit = st.session_state.setdefault(_SHOWN, AT_ONCE)
    runs = [
        run
        for run in reversed(here.database.list_runs(experiment_id))
        if with_others or (run.state is State.FINISHED and here.run_folder(run.run_id).model_dir.is_dir())
    ]
    if not runs:
        st.markdown("There is no run yet." if with_others else "No run has a model.")
        return
    _draw_table([observe(here.settings, run) for run in runs[:limit]], experiments)
    if len(runs) > limit and st.button(
        f"Show more of {plural(len(runs), 'run')}", icon=":material/expand_more:"
    ):
        st.session_state[_SHOWN] = limit + AT_ONCE
        st.rerun()


def _draw_table(runs: Sequence[RunRow], experiments: Mapping[str, ExperimentConfig]) -> None:
    with st.spinner("Looking at the runs …"):
        folder = workspace().run_folder
        facts = {
            run.run_id: _facts_once(run.run_id, run.state)
            if run.state.is_final
            else find_facts(folder(run.run_id), run)
            for run in runs
        }
    shown = {run.config.experiment_id for run in runs}
    arm_names = {arm: label for one in shown for arm, label in arm_names_of(experiments[one]).items()}
    table = inventory_table(runs, experiments, facts, arm_names)
    table = table.assign(
        metric=table["metric"].map(METRIC_WORDS),
        test=100 * table["test"],
        state=table["state"].replace({state.value: words for state, words in STATE_WORDS.items()}),
        created_at=[local_time(run.created_at) for run in runs],
    )
    ids = list(table["run_id"])
    wanted = st.query_params.get("run")
    chosen = st.dataframe(
        table,
        hide_index=True,
        placeholder="–",
        column_config=COLUMNS,
        column_order=list(COLUMNS),
        on_select="rerun",
        selection_mode="single-row",
        selection_default={"selection": {"rows": [ids.index(wanted)] if wanted in ids else []}},
        key=f"inventory_{hashlib.sha256(''.join(ids).encode()).hexdigest()[:16]}",
        alt="Runs with model, base model, dataset, seed, training examples, state, test value and size.",
    )
    draw_damage([one for run in runs for one in facts[run.run_id].damage])
    if chosen.selection.rows:
        remember("run", ids[chosen.selection.rows[0]])
    elif wanted in ids:
        forget("run")
