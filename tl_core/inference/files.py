"""Predicting a whole file: chunk by chunk, as a job or from the command line."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from tl_core.data.columns import check_columns, guess_text
from tl_core.data.picking import join_texts
from tl_core.data.reading import ReadChoices, Table, read_table
from tl_core.data.rows import is_blank
from tl_core.data.spreadsheets import as_csv, harmless
from tl_core.errors import CancelledError, DataError, NotFoundError
from tl_core.inference.predictor import Predictor, Probabilities, Question, load_predictor
from tl_core.jobs.predictions import PREDICTIONS_NAME, FileSummary, write_summary
from tl_core.jobs.queue import Queue
from tl_core.planning.launching import JOINED_WITH
from tl_core.planning.uploads import read_upload
from tl_core.schema import TextSource
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
    texts: Sequence[str] = (),
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
    return predict_table(predictor, table, target, texts, progress=progress, should_stop=should_stop)


def predict_table(
    predictor: Predictor,
    table: Table,
    target: Path,
    texts: Sequence[str] = (),
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
    texts
        The text column; two for a model of pairs; several that are joined as in training. If none is named,
        those of the training where the file has them, else a guess.

    Raises
    ------
    DataError
        If there is no such column, or a model of pairs is not given two.
    CancelledError
        If ``should_stop()`` turned true; it is asked after every chunk.
    """
    texts = _text_columns(table, texts, predictor.texts)
    label_counts: Counter[str] = Counter()
    num_done = 0
    with replacing(target) as file:
        file.write(as_csv([_header(table.columns.column_names, predictor.labels)]))
        for chunk, probabilities in _score(table.columns, texts, predictor):
            winners = [predictor.labels[place] for place in probabilities.argmax(axis=1)]
            file.write(as_csv(_rows(chunk, winners, probabilities)))
            label_counts.update(winners)
            num_done += len(winners)
            progress(num_done, table.num_rows)
            if should_stop():
                raise CancelledError("Expected the whole file to be predicted; it was cancelled.")
    return _summary(table, texts, predictor.texts, {label: label_counts[label] for label in predictor.labels})


def _text_columns(table: Table, named: Sequence[str], source: TextSource) -> tuple[str, ...]:
    """Settle which columns hold the texts."""
    there = table.columns.column_names
    columns = tuple(named)
    if not columns and source.columns and set(source.columns) <= set(there):
        columns = source.columns
    if source.is_pair and len(columns) != 2:
        raise DataError(
            f"Expected two columns of texts, as this model compares {_listed(source.columns)}; got"
            f" {_listed(columns) or 'none'}. The file has {_listed(there[:20])}.",
            "Name both columns, in the same order.",
        )
    columns = columns or (guess_text(table.columns),)
    check_columns(table, columns)
    return columns


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names))


def _questions(chunk: pa.Table, texts: Sequence[str], source: TextSource) -> list[Question]:
    """Return the texts of some rows as the model was trained to read them."""
    values = [chunk.column(name) for name in texts]
    if source.is_pair:
        return list(zip(*(column.to_pylist() for column in values), strict=True))
    whole: list[Question] = join_texts(values, source.joined_with or JOINED_WITH).to_pylist()
    return whole if len(values) > 1 else values[0].to_pylist()


def _score(
    table: pa.Table, texts: Sequence[str], predictor: Predictor
) -> Iterator[tuple[pa.Table, Probabilities]]:
    for start in range(0, table.num_rows, CHUNK):
        chunk = table.slice(start, CHUNK)
        yield chunk, predictor.predict(_questions(chunk, texts, predictor.texts))


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


def _summary(
    table: Table, texts: Sequence[str], source: TextSource, label_counts: dict[str, int]
) -> FileSummary:
    return FileSummary(
        text=", ".join(texts),
        num_rows=table.num_rows,
        num_empty=_num_empty(table.columns, texts, source),
        num_rejects=table.num_rejects,
        first_reject=_first_reject(table),
        label_counts=label_counts,
    )


def _num_empty(table: pa.Table, texts: Sequence[str], source: TextSource) -> int:
    """Count the rows that lack a text; where several are joined, those that lack all."""
    blank = np.array([is_blank(table.column(name)).to_numpy() for name in texts])
    return int((blank.any(axis=0) if source.is_pair else blank.all(axis=0)).sum())


def _first_reject(table: Table) -> str:
    return f"line {table.first_reject.line}: {table.first_reject.reason}" if table.num_rejects else ""


def carry_out_prediction(workspace: Workspace, job: Job, should_stop: Callable[[], bool]) -> None:
    """Predict an uploaded file with a run's model.

    Payload: ``upload_id``, ``texts`` (columns; none to guess) and ``name``, as the person calls the file.
    """
    queue = Queue(workspace.database)
    folder = workspace.output_folder(job.id)
    summary = predict_table(
        load_predictor(workspace.finished_model(job.ref_id)),
        _read_uploaded(workspace, job),
        folder / PREDICTIONS_NAME,
        job.payload["texts"],
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
