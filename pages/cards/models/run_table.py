"""The table of all runs on *Models*."""

import hashlib
from collections.abc import Mapping, Sequence

import streamlit as st

from pages.ui.formatting import METRIC_WORDS, local_time, started_at
from pages.ui.frame import card, draw_damage
from pages.ui.readers import arm_names_of
from pages.ui.session import forget, remember, workspace
from tl_core.results.inventory import RunFacts, find_facts, inventory_table
from tl_core.schema import ExperimentConfig, State
from tl_core.store.rows import RunRow

ALL = "all"
COLUMNS = {
    "arm": st.column_config.TextColumn("Model", width=115),
    "test": st.column_config.NumberColumn("Test, %", format="%.1f", width=70),
    "metric": st.column_config.TextColumn("Metric", width=75),
    "num_test": st.column_config.NumberColumn("Test texts", format="localized", width=80),
    "state": st.column_config.TextColumn("State", width=75),
    "created_at": st.column_config.DatetimeColumn("Created", format="D MMM YYYY HH:mm", width=130),
    "run_id": st.column_config.TextColumn("Run", width=175),
    "seed": st.column_config.NumberColumn("Seed", width=50),
    "train_size": st.column_config.NumberColumn("Train texts", format="localized", width=85),
    "base_model": st.column_config.TextColumn("Base model", width=120),
    "dataset": st.column_config.TextColumn("Dataset", width=120),
    "size_bytes": st.column_config.NumberColumn("Size", format="bytes", width=70),
}


def filter_runs(runs: Sequence[RunRow], experiments: Mapping[str, ExperimentConfig]) -> list[RunRow]:
    """Offer to show the runs of one experiment or of some states alone."""
    names = {ALL: "All experiments"}
    for identifier, experiment in experiments.items():
        # Streamlit takes equal names for one; the end of the id tells them apart.
        names[identifier] = f"{experiment.name} · {started_at(experiment)} · {identifier[-4:]}"
    left, right = st.columns(2)
    experiment_id = left.selectbox(
        "Experiment",
        list(names),
        format_func=names.__getitem__,
        key="models_experiment",
        persist_state="session",
    )
    present = [state for state in State if any(run.state is state for run in runs)]
    states = right.pills(
        "State",
        present,
        selection_mode="multi",
        format_func=lambda state: state.value,
        key="models_states",
        persist_state="session",
    )
    return [
        run
        for run in runs
        if experiment_id in (ALL, run.config.experiment_id) and (not states or run.state in states)
    ]


@st.cache_data(show_spinner=False, max_entries=5_000)
def _facts_once(run_id: str, state: State) -> RunFacts:
    here = workspace()
    return find_facts(here.run_folder(run_id), here.database.get_run(run_id))


def draw_inventory(runs: Sequence[RunRow], experiments: Mapping[str, ExperimentConfig]) -> None:
    """Draw one row a run; choosing a row makes it the page's subject."""
    with card("Runs", "newest first, one row each, never changed; the test value is that of a single run"):
        if not runs:
            st.caption("No run is like that. Choose other filters.")
            return
        with st.spinner("Looking at the runs …"):
            folder = workspace().run_folder
            facts = {
                run.run_id: _facts_once(run.run_id, run.state)
                if run.state.is_final
                else find_facts(folder(run.run_id), run)
                for run in runs
            }
        arm_names = {
            arm: label
            for experiment in experiments.values()
            for arm, label in arm_names_of(experiment).items()
        }
        table = inventory_table(runs, experiments, facts, arm_names)
        table = table.assign(
            metric=table["metric"].map(METRIC_WORDS),
            test=100 * table["test"],
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
            alt="Every run with arm, base model, dataset, seed, train size, state, test value and size.",
        )
        draw_damage([one for run in runs for one in facts[run.run_id].damage])
        if chosen.selection.rows:
            remember("run", ids[chosen.selection.rows[0]])
        elif wanted in ids:
            forget("run")
