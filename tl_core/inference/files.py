"""Predicting a whole file: chunk by chunk, as a job or from the command line."""

import csv
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from tl_core.data.columns import guess_text
from tl_core.data.reading import read_table
from tl_core.errors import CancelledError, DataError
from tl_core.inference.predictor import Predictor, load_predictor
from tl_core.jobs.queue import Queue
from tl_core.store.rows import Job
from tl_core.store.workspace import Workspace

CHUNK = 256
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

Progress = Callable[[int, int], None]


def predict_file(
    predictor: Predictor,
    source: Path,
    target: Path,
    text: str | None,
    progress: Progress = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> int:
    """Write ``source`` again with the predicted label, its probability and every class's probability.

    Parameters
    ----------
    source, target
        A file as `read_table` takes it; a UTF-8 CSV. The target appears whole or not at all.
    text
        The text column; guessed if None.

    Returns
    -------
    Number of rows.

    Raises
    ------
    DataError
        If there is no such column.
    CancelledError
        If ``should_stop()`` turned true; it is asked after every chunk.
    """
    table = read_table(source).columns
    column = text or guess_text(table)
    if column not in table.column_names:
        raise DataError(
            f"Expected a column {column!r}; there are {', '.join(table.column_names)}.",
            "Name the text column.",
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(target.name + ".part")
    with unfinished.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_header(table.column_names, predictor.labels))
        num_done = 0
        for rows in _chunks(table, column, predictor):
            writer.writerows(rows)
            num_done += len(rows)
            progress(num_done, table.num_rows)
            if should_stop():
                raise CancelledError("Expected the whole file to be predicted; it was cancelled.")
    unfinished.replace(target)
    return int(table.num_rows)


def _header(columns: Sequence[str], labels: Sequence[str]) -> list[str]:
    added = ["predicted_label", "predicted_probability", *(f"probability_{label}" for label in labels)]
    return [harmless(name) for name in [*columns, *added]]


def _chunks(table: pa.Table, column: str, predictor: Predictor) -> Iterator[list[list[Any]]]:
    for start in range(0, table.num_rows, CHUNK):
        part = table.slice(start, CHUNK)
        probabilities = predictor.predict(part.column(column).to_pylist())
        rows = zip(*(values.to_pylist() for values in part.columns), strict=True)
        yield [
            [
                *(harmless(value) for value in row),
                harmless(predictor.labels[int(scores.argmax())]),
                f"{scores.max():.4f}",
                *(f"{score:.4f}" for score in scores),
            ]
            for row, scores in zip(rows, probabilities, strict=True)
        ]


def harmless(value: str) -> str:
    """Put an apostrophe before what a spreadsheet would run as a formula (OWASP, CSV injection)."""
    return f"'{value}" if value.startswith(FORMULA_STARTS) else value


def carry_out_prediction(workspace: Workspace, job: Job, should_stop: Callable[[], bool]) -> None:
    """Predict an uploaded file with a run's model. Payload: ``upload_id`` and ``text``."""
    queue = Queue(workspace.database)
    predict_file(
        load_predictor(workspace.run_folder(job.ref_id).model_dir),
        workspace.upload_path(job.payload["upload_id"]),
        workspace.output_folder(job.id) / "predictions.csv",
        job.payload.get("text"),
        progress=lambda done, total: queue.record_progress(job.id, done, total),
        should_stop=should_stop,
    )
