"""One run on *Models*: its record, the lines that load it, its download, its end."""

import pandas as pd
import streamlit as st

from pages.cards.models.download import archive_name, draw_download
from pages.ui.errors import begin_anew, live_part, show_error
from pages.ui.formatting import STATE_WORDS, literal, plural
from pages.ui.frame import card
from pages.ui.readers import arm_names_of
from pages.ui.session import forget, workspace
from tl_core.errors import UserError
from tl_core.export.card import card_of
from tl_core.export.outputs import read_verified
from tl_core.jobs import client
from tl_core.jobs.queue import Queue
from tl_core.results.inventory import loading_lines, record_facts
from tl_core.results.runs import UNREADABLE, find_cancelled, reason_of
from tl_core.schema import ExperimentConfig, State
from tl_core.store.rows import RunRow
from tl_core.store.tables import JobKind

POLL_S = 2


def draw_model(run: RunRow, experiment: ExperimentConfig) -> None:
    """Draw everything about one run."""
    label = arm_names_of(experiment)[run.config.arm.name]
    size = plural(run.config.train_size, "training example")
    with card(literal(f"{label}, seed {run.config.seed}")):
        st.markdown(f"{size}, {STATE_WORDS[run.state]}. Run {literal(run.run_id)}.")
        if run.state is State.CANCELLED:
            words = next(iter(find_cancelled([run])))
            st.info(f"This run was {words}.", icon=":material/cancel:")
        elif run.error:
            st.error(f"**This run failed.** {literal(run.error)}", icon=":material/error:")
        query = {"experiment": run.config.experiment_id}
        with st.container(horizontal=True):
            st.page_link("results.py", label="Results", icon=":material/bar_chart:", query_params=query)
            st.page_link("try_it.py", label="Try it", icon=":material/keyboard:", query_params=query)
        left, right = st.columns([5, 6], gap="large")
        with left:
            _draw_record(run)
        with right:
            _draw_folder(run, archive_name(experiment.name, label, f"seed {run.config.seed}"))
            _offer_delete(run)
        _draw_card(run)


def _draw_record(run: RunRow) -> None:
    folder = workspace().run_folder(run.run_id)
    st.markdown("**Details**")
    if not folder.has_record():
        st.markdown("It has not begun, so nothing is recorded yet.")
        return
    try:
        facts = record_facts(folder.read_record())
    except UNREADABLE as error:
        st.markdown(literal(f"There is no record: {reason_of(error)}"))
        return
    st.table(
        pd.DataFrame({"Fact": list(facts), "Value": [literal(value) for value in facts.values()]}),
        border="horizontal",
        hide_index=True,
        hide_header=True,
        alt="What the run's record says about how it came about.",
    )


def _draw_folder(run: RunRow, file_name: str) -> None:
    """Tell how the model folder is loaded, offer it, and offer to compare it with what the run recorded."""
    folder, is_finished = workspace().run_folder(run.run_id), run.state is State.FINISHED
    if not (is_finished and folder.model_dir.is_dir()):
        st.markdown("**Download**")
        st.markdown(
            "This run came without a model." if is_finished else "Only a run that is done has a model."
        )
        return
    st.markdown("**Load** it in the downloaded folder")
    st.code(loading_lines(folder, run.run_id), language="python", wrap_lines=True)
    st.markdown("or predict a file from a shell")
    st.code(f"python -m tl_core predict {run.run_id} IN.csv OUT.csv", language="bash", wrap_lines=True)

    st.markdown("**Download**")
    draw_download(run.run_id, file_name, place="run")
    job = Queue(workspace().database).find_latest(JobKind.VERIFY, run.run_id)
    is_pending = job is not None and not job.state.is_final
    if job is not None:
        live_part(_draw_verified, POLL_S if is_pending else None)(job.id, is_polling=is_pending)
    if not is_pending and st.button(
        "Verify the model",
        icon=":material/verified:",
        help="Loads the exported model and compares answers on test examples with the recorded ones.",
    ):
        client.submit(workspace(), JobKind.VERIFY, run.run_id, {})
        st.rerun()


def _draw_verified(job_id: int, *, is_polling: bool) -> None:
    """Say what a verification has found; ask for the whole page again at its end."""
    job = client.attend(workspace(), job_id)
    if is_polling and job.state.is_final:
        begin_anew()
    found = read_verified(workspace().output_folder(job.id))
    if not job.state.is_final:
        st.progress(0.0, text="Loading the model and asking it")
    elif found is None:
        st.error(f"**It was not verified.** {literal(job.error or '')}", icon=":material/error:")
    elif found.is_passed:
        st.success(literal(" ".join(found.sentences)), icon=":material/verified:")
    else:
        st.error(literal(" ".join(found.sentences)), icon=":material/error:")


def _draw_card(run: RunRow) -> None:
    """Show the model card of a finished run once it is asked for, and offer it as a file."""
    if run.state is not State.FINISHED:
        return
    drawer = st.expander("Model card", icon=":material/badge:", key="card", on_change="rerun")
    if not drawer.open:
        return
    with drawer:
        try:
            card_text = card_of(workspace(), run.run_id)
        except UNREADABLE as error:
            st.markdown(literal(f"There is no card: {reason_of(error)}"))
            return
        st.markdown("In the format of the model hub. Every downloaded model carries it as README.")
        st.download_button(
            "Download the card",
            card_text,
            file_name=f"{run.run_id}_README.md",
            mime="text/markdown",
            icon=":material/download:",
            on_click="ignore",
        )
        st.code(card_text, language="markdown", wrap_lines=True)


def _offer_delete(run: RunRow) -> None:
    with st.popover("Delete …", icon=":material/delete:"):
        st.markdown(
            "This deletes the run's model, predictions and events for good. The seed leaves the results."
        )
        if st.button("Delete this run", type="primary", icon=":material/delete_forever:"):
            try:
                _delete(run)
            except UserError as error:
                show_error(error)
                return
            st.toast("The run is deleted.", icon=":material/delete:")
            st.rerun()


def _delete(run: RunRow) -> None:
    """Remove a run, and with its last one the experiment."""
    here, experiment_id = workspace(), run.config.experiment_id
    if len(here.database.list_runs(experiment_id)) == 1:
        here.delete_experiment(experiment_id)
        forget("experiment")
    else:
        here.delete_run(run.run_id)
    forget("run")
