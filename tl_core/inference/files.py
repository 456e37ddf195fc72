"""Predicting a whole file: chunk by chunk, as a job or from the command line."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from tl_core.data.columns import check_columns, guess_text
from tl_core.data.reading import ReadChoices, Table, read_table
from tl_core.data.spreadsheets import as_csv, harmless
from tl_core.errors import CancelledError, NotFoundError
from tl_core.inference.predictor import Predictor, Probabilities, load_predictor
from tl_core.jobs.predictions import PREDICTIONS_NAME, FileSummary, write_summary
from tl_core.jobs.queue import Queue
from tl_core.planning.uploads import read_upload
from tl_core.store.files import replacing
from tl_core.store.rows import Job
from tl_core.store.workspace import Workspace

CHUNK = 128

Progress = Callable[[int, int], None]
"""Called with (rows done, rows in all)."""


def predict_file(
    predictor: Predictor,
    source: Path,
    target: Path,
    text: str | None,
    choices: ReadChoices = ReadChoices(),  # noqa: B008 (it is frozen)
    progress: Progress = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> FileSummary:
    """Read a file, of one column or more, as chosen, and do what `predict_table` does.

    Raises
    ------
    DataError, NotFoundError
        Also as `read_table` does.
    """
    table = read_table(source, min_columns=1, **choices.model_dump())
    return predict_table(predictor, table, target, text, progress=progress, should_stop=should_stop)


def predict_table(
    predictor: Predictor,
    table: Table,
    target: Path,
    text: str | None,
    *,
    progress: Progress = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> FileSummary:
    """Write a table with the predicted label, its probability and every class's probability.

    Parameters
    ----------
    target
        A UTF-8 CSV, which appears whole or not at all. Cells that a spreadsheet would run as a formula get an
        apostrophe in front.
    text
        The text column; guessed if None.

    Raises
    ------
    DataError
        If there is no such column.
    CancelledError
        If ``should_stop()`` turned true; it is asked after every chunk.
    """
    if text is None:
        text = guess_text(table.columns)
    check_columns(table, [text])
    label_counts: Counter[str] = Counter()
    num_done = 0
    with replacing(target) as file:
        file.write(as_csv([_header(table.columns.column_names, predictor.labels)]))
        for chunk, probabilities in _score(table.columns, text, predictor):
            winners = [predictor.labels[place] for place in probabilities.argmax(axis=1)]
            file.write(as_csv(_rows(chunk, winners, probabilities)))
            label_counts.update(winners)
            num_done += len(winners)
            progress(num_done, table.num_rows)
            if should_stop():
                raise CancelledError("Expected the whole file to be predicted; it was cancelled.")
    return _summary(table, text, {label: label_counts[label] for label in predictor.labels})


def _score(table: pa.Table, text: str, predictor: Predictor) -> Iterator[tuple[pa.Table, Probabilities]]:
    for start in range(0, table.num_rows, CHUNK):
        chunk = table.slice(start, CHUNK)
        yield chunk, predictor.predict(chunk.column(text).to_pylist())


def _header(columns: Sequence[str], labels: Sequence[str]) -> list[str]:
    """Name the columns; an added one that the file has already gets a number."""
    names = list(columns)
    for added in ("predicted_label", "predicted_probability", *(f"probability_{label}" for label in labels)):
        name, number = added, 2
        while name in names:
            name, number = f"{added}_{number}", number + 1
        names.append(name)
    return [harmless(name) for name in names]


def _rows(chunk: pa.Table, winners: Sequence[str], probabilities: Probabilities) -> Iterator[list[str]]:
    cells = zip(*(column.to_pylist() for column in chunk.columns), strict=True)
    for row, winner, scores in zip(cells, winners, probabilities, strict=True):
        yield [
            *map(harmless, row),
            harmless(winner),
            f"{scores.max():.4f}",
            *(f"{score:.4f}" for score in scores),
        ]


def _summary(table: Table, text: str, label_counts: dict[str, int]) -> FileSummary:
    return FileSummary(
        text=text,
        num_rows=table.num_rows,
        num_empty=sum(not value.strip() for value in table.columns.column(text).to_pylist()),
        num_rejects=table.num_rejects,
        first_reject=_first_reject(table),
        label_counts=label_counts,
    )


def _first_reject(table: Table) -> str:
    return f"line {table.first_reject.line}: {table.first_reject.reason}" if table.num_rejects else ""


def carry_out_prediction(workspace: Workspace, job: Job, should_stop: Callable[[], bool]) -> None:
    """Predict an uploaded file with a run's model.

    Payload: ``upload_id``, ``text`` (None to guess) and ``name``, as the person calls the file.
    """
    queue = Queue(workspace.database)
    folder = workspace.output_folder(job.id)
    summary = predict_table(
        load_predictor(workspace.finished_model(job.ref_id)),
        _read_uploaded(workspace, job),
        folder / PREDICTIONS_NAME,
        job.payload["text"],
        progress=lambda done, total: queue.record_progress(job.id, done, total),
        should_stop=should_stop,
    )
    write_summary(folder, summary)


def _read_uploaded(workspace: Workspace, job: Job) -> Table:
    upload_id, name = job.payload["upload_id"], job.payload["name"]
    if not workspace.upload_path(upload_id).is_file():
        raise NotFoundError(
            f"Expected the uploaded file {name!r}; it is not here any more.", "Upload it again."
        )
    return read_upload(workspace, upload_id, name, min_columns=1)
