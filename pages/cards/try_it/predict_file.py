"""The card of *Try it* in which a whole file is predicted, as a job that outlives the page."""

import re
from collections.abc import Sequence
from contextlib import suppress
from itertools import chain

import pyarrow as pa
import streamlit as st

from pages.ui.errors import begin_anew, live_part, show_error
from pages.ui.formatting import literal, plural
from pages.ui.frame import card, draw_figure
from pages.ui.pictures import PICTURE_PX, is_picture, pictures
from pages.ui.readers import arm_names_of
from pages.ui.session import current, forget, remember, theme, workspace
from pages.ui.upload import receive
from tl_core.charts import class_balance
from tl_core.datasets.column_guess import guess_text
from tl_core.displays.answers import label_numbers
from tl_core.errors import DataError, TlError
from tl_core.files.reading import Table
from tl_core.intake.text_columns import GUESSED_ROWS, match_texts, match_words, with_header
from tl_core.intake.uploads import find_upload, read_upload
from tl_core.jobs import client, predictions
from tl_core.jobs.queue import Queue
from tl_core.modality import content_of, noun_of
from tl_core.results.answering import Answerer
from tl_core.schema import ExperimentConfig, ScoredIn, State, TextSource
from tl_core.store.rows import Job
from tl_core.store.tables import JobKind
from tl_core.words import capitalised, quoted, quoted_names

POLL_S = 2
JOB_ID = re.compile(r"[0-9]{1,18}")  # what a database's integer holds
PREVIEW_ROWS = 5
_PAIR_TITLES = ("Column of the first text", "Column of the second text")


def draw_file(experiment: ExperimentConfig, answerers: Sequence[Answerer]) -> None:
    """Draw the job of the URL, or take a file in and submit one."""
    with card("Predict a file (runs in the background)"):
        try:
            job = _current_job(experiment)
            if job is None:
                _draw_new(experiment, answerers)
                return
            live_part(_draw_job, None if job.state.is_final else POLL_S)(
                job.id, arm_names_of(experiment), is_polling=not job.state.is_final
            )
            if job.state.is_final and st.button("Predict another file", icon=":material/restart_alt:"):
                _start_over()
        except TlError as error:
            show_error(error)
            if st.button("Start over", icon=":material/restart_alt:"):
                _start_over()


def _start_over() -> None:
    forget("job")
    forget("file")
    st.rerun()


def _current_job(experiment: ExperimentConfig) -> Job | None:
    """Find the job of the URL, or the last one; none if it is not about a run of this experiment."""
    stated = current("job") or ""
    if not JOB_ID.fullmatch(stated):
        return None
    job = Queue(workspace().database).get(int(stated))
    if job.kind is not JobKind.PREDICT_FILE:
        return None
    run = workspace().database.get_run(job.ref_id)
    return job if run.config.experiment_id == experiment.experiment_id else None


def _draw_new(experiment: ExperimentConfig, answerers: Sequence[Answerer]) -> None:
    file_id = current("file")
    if file_id is None:
        what = "CSV, TSV, Excel, JSON Lines or Parquet, with a column of texts"
        if content_of(answerers[0].texts.modality).is_pictorial:
            what = "A zip of pictures, or Parquet with a column of them"
        upload = receive(what, "predict")
        st.markdown("Labels are not needed. The file stays on this server.")
        if upload is not None:
            remember("file", upload.upload_id)
            st.rerun()
        return
    upload = find_upload(workspace(), file_id)
    table = with_header(_read(file_id, upload.name), answerers[0].texts).columns
    st.markdown(f"**{literal(upload.name)}**, {plural(table.num_rows, 'row')}")
    shown = table.slice(0, PREVIEW_ROWS).to_pandas()
    are_pictures = [name for name in shown if len(shown) and is_picture(shown[name].iloc[0])]
    st.dataframe(
        shown,
        hide_index=True,
        column_config=pictures(are_pictures),
        row_height=PICTURE_PX if are_pictures else None,
        alt="The first rows of the file.",
    )
    arm_names = arm_names_of(experiment)
    by_arm = {one.arm.name: one for one in answerers}
    left, right = st.columns(2)
    with left:
        texts = _choose_texts(table, answerers[0].texts)
    arm = right.selectbox(
        "Model",
        list(by_arm),
        format_func=lambda name: f"{arm_names[name]}, seed {by_arm[name].run.seed}",
        help="Each model's best seed on validation.",
    )
    has_network = by_arm[arm].run.arm.kind.is_neural
    has_int8 = has_network and content_of(answerers[0].texts.modality).has_int8
    is_int8 = has_int8 and st.checkbox(
        "Score in int8",
        help="Faster on processors without bfloat16. It is tried on the validation examples first, and used "
        "only if it loses less than 0.5 points there.",
    )
    with st.container(horizontal=True):
        if st.button(
            f"Predict {plural(table.num_rows, 'row')}",
            type="primary",
            icon=":material/play_arrow:",
            disabled=not texts,
        ):
            scored_in = ScoredIn.INT8.value if is_int8 else ""
            payload = {
                "upload_id": upload.upload_id,
                "name": upload.name,
                "texts": texts,
                "scored_in": scored_in,
            }
            job = client.submit(workspace(), JobKind.PREDICT_FILE, by_arm[arm].run.run_id, payload)
            remember("job", str(job.id))
            st.rerun()
        if st.button("Another file", icon=":material/close:"):
            _start_over()


@st.cache_resource(show_spinner="Reading the file …", max_entries=4)
def _read(upload_id: str, name: str) -> Table:
    return read_upload(workspace(), upload_id, name, min_columns=1, keep_every_row=True)


def _choose_texts(table: pa.Table, source: TextSource) -> list[str]:
    """Ask which columns hold the texts: those of the training are chosen already, a guess is only told.

    Returns
    -------
    The columns in their order; none until the person has chosen.
    """
    names = table.column_names
    matches = match_texts(names, source)
    chosen: Sequence[str | None]
    if source.is_pair:
        chosen = [
            _choose_one(title, names, found, f"What was {literal(column)} in training.")
            for title, column, found in zip(_PAIR_TITLES, source.columns, matches, strict=True)
        ]
    elif len(source.columns) > 1:
        found = [one[0] for one in matches if len(one) == 1]
        whole = found if len(found) == len(source.columns) else []
        help_ = "Joined in this order, as in training."
        chosen = st.multiselect("Text columns", names, whole, help=help_, placeholder="Choose the columns")
    else:
        only = names if len(names) == 1 else []
        help_ = "What the model is asked about."
        title = f"{capitalised(noun_of(source.modality).one)} column"
        chosen = [_choose_one(title, names, [*chain(*matches)] or only, help_)]
    words = match_words(source, matches)
    if not source.is_pair and not any(matches) and len(names) > 1:
        with suppress(DataError):
            words.append(
                f"It may be {quoted(guess_text(table.slice(0, GUESSED_ROWS)))}: choose it, or another."
            )
    if None not in chosen and len(set(chosen)) < len(chosen):
        words.append("Choose two different columns.")
        chosen = []
    if words:
        st.markdown(literal(" ".join(words)))
    return [one for one in chosen if one is not None] if None not in chosen else []


def _choose_one(title: str, names: Sequence[str], found: Sequence[str], help_: str) -> str | None:
    """Ask for a column; one that is surely meant is chosen already."""
    index = names.index(found[0]) if len(found) == 1 else None
    chosen: str | None = st.selectbox(title, names, index, placeholder="Choose the column", help=help_)
    return chosen


def _draw_job(job_id: int, arm_names: dict[str, str], *, is_polling: bool) -> None:
    """Draw how far a job has come; ask for the whole page anew at its end."""
    job = client.attend(workspace(), job_id)
    if is_polling and job.state.is_final:
        begin_anew()
    run = workspace().database.get_run(job.ref_id).config
    name = job.payload.get("name", "the file")
    read = f", column {literal(quoted_names(texts))}" if (texts := job.payload.get("texts")) else ""
    st.markdown(f"**{literal(name)}** with {literal(arm_names[run.arm.name])}, seed {run.seed}{read}")
    if job.state is State.FINISHED:
        _draw_result(job, name)
    elif job.state is State.FAILED:
        st.error(f"**It failed.** {literal(job.error or '')}", icon=":material/error:")
    elif job.state is State.CANCELLED:
        st.info("Cancelled. Nothing was written.", icon=":material/cancel:")
    else:
        share, words = 0.0, "Loading the model"
        if job.state is State.QUEUED:
            words = "Waiting in the queue"
        elif job.num_total:
            share = job.num_done / job.num_total
            words = f"{job.num_done:,} of {plural(job.num_total, 'row')}"
        st.progress(share, text=words)
        if st.button("Cancel", icon=":material/cancel:", disabled=job.cancel_requested):
            Queue(workspace().database).request_cancel(job.id)
            st.rerun()


def _draw_result(job: Job, name: str) -> None:
    folder = workspace().output_folder(job.id)
    summary = predictions.read_summary(folder)
    rows = plural(summary.num_rows, "row")
    if summary.num_answered not in (None, summary.num_rows):
        rows = f"{summary.num_answered:,} of {rows}"
    words = f"{rows} predicted from the column {quoted(summary.text)}. {summary.scored_in}"
    st.markdown(literal(words.rstrip()))
    figure = class_balance(summary.label_counts, theme=theme())
    draw_figure(figure, label_numbers(summary.label_counts), key="file_labels")
    for remark in summary.remarks:
        st.warning(literal(remark), icon=":material/warning:")
    st.download_button(
        "Download the predictions",
        (folder / predictions.PREDICTIONS_NAME).read_bytes,  # called at the click: memory only then
        file_name=f"{name.rpartition('.')[0] or name}_predicted.csv",
        mime="text/csv",
        type="primary",
        icon=":material/download:",
        on_click="ignore",
        help="Your rows in their order: your columns, the label, and the probability of each label. "
        "Where a row has no answer, the last column says why. "
        "Cells that a spreadsheet would run as a formula begin with an apostrophe.",
    )
