"""Predicting a whole file: window by window, as a job or from the command line."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tl_core.datasets.column_guess import check_columns
from tl_core.errors import CancelledError, NotFoundError
from tl_core.files.arrow_files import in_passing, let_go
from tl_core.files.reading import ReadChoices, Table, read_table
from tl_core.files.safe_csv import BYTE_ORDER_MARK, as_csv, harmless
from tl_core.inference.precision import load_for_files
from tl_core.inference.predictor import Predictor, Probabilities, Question
from tl_core.intake.intake import JOINED_WITH
from tl_core.intake.text_columns import FoundTexts, find_texts, not_two_columns, with_header
from tl_core.intake.uploads import read_upload
from tl_core.jobs.predictions import PREDICTIONS_NAME, FileSummary, write_summary
from tl_core.jobs.queue import Queue
from tl_core.modality import content_of
from tl_core.schema import ScoredIn, TextSource
from tl_core.store.files import replacing
from tl_core.store.rows import Job
from tl_core.store.workspace import Workspace
from tl_core.words import quoted, quoted_names

WINDOW_ROWS = 8192
"""Rows that are read, sorted by length and scored together."""
WINDOW_BYTES = 4 << 20
"""Bytes of their cells, so that long texts take no more memory than short ones."""
PROGRESS_S = 0.5

Progress = Callable[[int, int], None]
"""Called with (rows done, rows in all)."""


def predict_file(
    predictor: Predictor,
    source: Path,
    target: Path,
    texts: Sequence[str] = (),
    choices: ReadChoices = ReadChoices(),  # noqa: B008 (it is frozen)
    progress: Progress = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
    tell: Callable[[FoundTexts], None] = lambda found: None,
) -> FileSummary:
    """Read a file, of one column or more, as chosen, and do what `predict_table` does.

    Raises
    ------
    DataError, NotFoundError
        Also as `read_table` does.
    """
    table = read_table(source, min_columns=1, keep_every_row=True, **choices.model_dump())
    if choices.has_header is None:
        table = with_header(table, predictor.texts)
    return predict_table(
        predictor, table, target, texts, progress=progress, should_stop=should_stop, tell=tell
    )


def predict_table(
    predictor: Predictor,
    table: Table,
    target: Path,
    texts: Sequence[str] = (),
    *,
    progress: Progress = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
    tell: Callable[[FoundTexts], None] = lambda found: None,
) -> FileSummary:
    """Write every row of a table with the predicted label, its probability and every class's probability.

    Parameters
    ----------
    table
        Read with every row kept. A row without a text gets no answer: its new cells are empty, and a last
        column, which is there only then, says why.
    target
        A UTF-8 CSV, which appears whole or not at all. Cells that a spreadsheet would run as a formula get an
        apostrophe in front.
    texts
        The text column; two for a model of pairs; several that are joined as in training. If none is named,
        those of the training, also in another spelling, else a guess.
    tell
        Is called with the columns that are read and why, before the first row is predicted.

    Raises
    ------
    DataError
        If there is no such column, several can be it, or a model of pairs is not given two.
    CancelledError
        If ``should_stop()`` turned true; it is asked after every batch.
    """
    found = _find_columns(table, texts, predictor.texts)
    tell(found)
    has_text = np.empty(table.num_rows, bool)
    for start, part in in_passing(table.columns):
        has_text[start : start + part.num_rows] = _has_text(part, found.columns, predictor.texts)
    notes = [] if has_text.all() else _notes(table, has_text, predictor.texts)
    label_counts: Counter[str] = Counter()
    num_done, told = 0, time.monotonic()

    def scored(num_rows: int) -> None:
        nonlocal num_done, told
        num_done += num_rows
        if should_stop():
            raise CancelledError("The prediction")
        if num_done == table.num_rows or time.monotonic() > told + PROGRESS_S:
            progress(min(num_done, table.num_rows), table.num_rows)  # a device that gave up has told some
            told = time.monotonic()

    with replacing(target) as file:
        header = _header(table.columns.column_names, predictor.labels, has_notes=bool(notes))
        file.write(BYTE_ORDER_MARK + as_csv([header]))
        for start, stop in _windows(table.columns):
            rows, is_asked = table.columns.slice(start, stop - start), has_text[start:stop]
            probabilities = np.full((rows.num_rows, len(predictor.labels)), np.nan)
            if is_asked.any():
                asked = _questions(rows.filter(pa.array(is_asked)), found.columns, predictor.texts)
                probabilities[is_asked] = predictor.predict(asked, scored)
            winners = [
                predictor.labels[scores.argmax()] if asked else None
                for scores, asked in zip(probabilities, is_asked, strict=True)
            ]
            shown = _without_pictures(rows, found.columns, predictor.texts)
            file.write(as_csv(_rows(shown, winners, probabilities, notes[start:stop])))
            label_counts.update(winner for winner in winners if winner is not None)
            num_done = stop
            scored(0)
            let_go()
    first_reject = f"line {table.first_reject.line}: {table.first_reject.reason}" if table.num_rejects else ""
    num_placed = sum(row >= 0 for row in table.reject_rows)
    return FileSummary(
        text=", ".join(found.columns),
        reason=found.reason,
        num_rows=table.num_rows,
        num_answered=label_counts.total(),
        num_empty=table.num_rows - label_counts.total() - num_placed,
        num_rejects=table.num_rejects,
        num_left_out=table.num_rejects - num_placed,
        first_reject=first_reject,
        label_counts={label: label_counts[label] for label in predictor.labels},
        noun=content_of(predictor.texts.modality).noun.one,
        noticed=tuple(one.message for one in table.findings if one.severity == "warning"),
    )


def _without_pictures(rows: pa.Table, columns: Sequence[str], source: TextSource) -> pa.Table:
    """Name pictures in the place of their cells, which nobody could read; leave other rows as they are."""
    content = content_of(source.modality)
    if content.is_pictorial:
        for name in columns:
            cells, is_missing = rows[name].to_pylist(), content.is_missing(rows[name]).to_pylist()
            named = [
                cell if lacks else content.preview([cell])
                for cell, lacks in zip(cells, is_missing, strict=True)
            ]
            rows = rows.set_column(rows.column_names.index(name), name, pa.array(named, pa.string()))
    return rows


def _windows(columns: pa.Table) -> Iterator[tuple[int, int]]:
    """Cut rows into pieces of bounded size: where each begins and ends."""
    lengths = [pc.binary_length(column).to_numpy() for column in columns.columns]
    ends = np.cumsum(np.sum(lengths, axis=0, dtype=np.int64))
    start = 0
    while start < len(ends):
        before = ends[start - 1] if start else 0
        fitting = int(np.searchsorted(ends, before + WINDOW_BYTES, side="right"))
        stop = min(start + WINDOW_ROWS, max(start + 1, fitting))
        yield start, stop
        start = stop


def _find_columns(table: Table, named: Sequence[str], source: TextSource) -> FoundTexts:
    """Settle which columns hold the texts."""
    if not named:
        return find_texts(table.columns, source)
    if source.is_pair and len(named) != 2:
        raise not_two_columns(source, named, table.columns.column_names)
    check_columns(table, named)
    return FoundTexts(columns=tuple(named), is_guess=False, reason=f"Reads {quoted_names(named)}, as chosen.")


def _questions(chunk: pa.Table, texts: Sequence[str], source: TextSource) -> list[Question]:
    """Return the texts of some rows as the model was trained to read them."""
    joined_with = None if source.is_pair or len(texts) == 1 else source.joined_with or JOINED_WITH
    read = content_of(source.modality).read([chunk.column(name) for name in texts], joined_with)
    first, *others = (column.to_pylist() for column in read.values())
    return list(zip(first, *others, strict=True)) if others else first


def _has_text(table: pa.Table, texts: Sequence[str], source: TextSource) -> NDArray[np.bool_]:
    """Say which rows a model can be asked about, ``(num_rows,)``: a pair needs both texts, others one."""
    filled = [~content_of(source.modality).is_missing(table.column(name)).to_numpy() for name in texts]
    decisive = np.logical_and if source.is_pair else np.logical_or
    asked: NDArray[np.bool_] = decisive.reduce(filled)
    return asked


def _notes(table: Table, has_text: NDArray[np.bool_], source: TextSource) -> list[str]:
    """Say of each row why it has no answer; nothing of the others."""
    nothing = f"no {content_of(source.modality).noun.one}"
    if source.is_pair:
        nothing += ", or only one of the pair"
    notes = ["" if asked else nothing for asked in has_text.tolist()]
    for row, reject in zip(table.reject_rows, table.rejects.to_pylist(), strict=False):
        if row >= 0:
            notes[row] = (
                f"line {reject['line']} could not be read: {reject['reason']} It is: {reject['text']}"
            )
    return notes


def _header(columns: Sequence[str], labels: Sequence[str], *, has_notes: bool) -> list[str]:
    """Name the columns; an added one that the file has already gets a number."""
    names = list(columns)
    answers = ("predicted_label", "predicted_probability", *(f"probability_{label}" for label in labels))
    for added in (*answers, "prediction_note") if has_notes else answers:
        name, number = added, 2
        while name in names:
            name, number = f"{added}_{number}", number + 1
        names.append(name)
    return [harmless(name) for name in names]


def _rows(
    chunk: pa.Table, winners: Sequence[str | None], probabilities: Probabilities, notes: Sequence[str]
) -> Iterator[list[str]]:
    """Write each row with its answer; with the empty cells of one and a note where there is none."""
    cells = zip(*(column.to_pylist() for column in chunk.columns), strict=True)
    for place, (row, winner, scores) in enumerate(zip(cells, winners, probabilities, strict=True)):
        numbers = ["" if np.isnan(score) else f"{score:.4f}" for score in (scores.max(), *scores)]
        note = [harmless(notes[place])] if notes else []
        yield [*map(harmless, row), harmless(winner or ""), *numbers, *note]


def carry_out_prediction(workspace: Workspace, job: Job, should_stop: Callable[[], bool]) -> None:
    """Predict an uploaded file with a run's model.

    Payload: ``upload_id``, ``texts`` (columns; none to guess), ``name``, as the person calls the file, and
    ``scored_in`` (empty or missing for the usual).
    """
    queue = Queue(workspace.database)
    folder = workspace.output_folder(job.id)
    wanted = ScoredIn(job.payload["scored_in"]) if job.payload.get("scored_in") else None
    predictor, scored_in = load_for_files(workspace, workspace.finished_model(job.ref_id), wanted, job.ref_id)
    upload_id, name = job.payload["upload_id"], job.payload["name"]
    if not workspace.upload_path(upload_id).is_file():
        raise NotFoundError(f"The uploaded file {quoted(name)} is gone.", "Upload it again.")
    table = read_upload(workspace, upload_id, name, min_columns=1, keep_every_row=True)
    summary = predict_table(
        predictor,
        with_header(table, predictor.texts),
        folder / PREDICTIONS_NAME,
        job.payload["texts"],
        progress=lambda done, total: queue.record_progress(job.id, done, total),
        should_stop=should_stop,
    )
    write_summary(folder, summary.model_copy(update={"scored_in": scored_in}))
