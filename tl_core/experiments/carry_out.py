"""The process of one job: ``python -m tl_core.experiments.carry_out --workspace DIR --job-id N``.

Exit codes: 0 done, 75 out of memory (a fresh process tries again with half the micro-batch), 76 cancelled,
1 failed. What happened to a run stands in its folder.
"""

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tl_core.catalogue.local_folders import LocalModel
from tl_core.catalogue.locating import Progress, is_path
from tl_core.datasets.dataset import Dataset, read_dataset, rows_that_teach
from tl_core.datasets.weighting import balanced_weights, relative_weights
from tl_core.errors import CancelledError, DivergedError, OutOfMemoryError, TlError, is_out_of_memory
from tl_core.experiments.recording import Recorder
from tl_core.jobs.outcome import EXIT_CANCELLED, EXIT_OUT_OF_MEMORY
from tl_core.jobs.queue import Queue
from tl_core.modality import Baseline
from tl_core.models.classical import Majority
from tl_core.schema import EvalFinished, RunConfig, SplitName, State
from tl_core.settings import Settings
from tl_core.splits.splitting import Split, read_split, train_subset
from tl_core.store.rows import Job
from tl_core.store.tables import JobKind
from tl_core.store.workspace import Workspace
from tl_core.training.meters import find_meter, scored_event

MIB = 2**20
MIB_A_NOTE = 5

logger = logging.getLogger(__name__)


def main(command_line: Sequence[str] | None = None) -> int:
    """Carry out the job named on the command line; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--job-id", type=int, required=True)
    arguments = parser.parse_args(command_line)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    workspace = Workspace.open(Settings.from_environment(arguments.workspace))
    queue = Queue(workspace.database)
    job = queue.get(arguments.job_id)
    try:
        carry_out(workspace, job, stop.is_set)
    except CancelledError:
        return EXIT_CANCELLED
    except OutOfMemoryError as error:
        logger.warning("%s", error)
        return EXIT_OUT_OF_MEMORY
    except TlError as error:
        print(error, file=sys.stderr)  # the last line: what is shown as the reason of a job that failed
        return 1
    # The supervisor says so too, but one that adopted this process will not learn its exit code.
    queue.finish(job.id, State.FINISHED)
    return 0


def carry_out(workspace: Workspace, job: Job, should_stop: Callable[[], bool]) -> None:
    """Do what the job's kind asks for."""
    if job.kind is JobKind.RUN:
        carry_out_run(workspace, job, should_stop)
    elif job.kind.is_on_data:
        from tl_core.experiments.on_data import carry_out_on_data

        carry_out_on_data(workspace, job, should_stop)
    elif job.kind is JobKind.PREDICT_FILE:
        from tl_core.inference.files import carry_out_prediction

        carry_out_prediction(workspace, job, should_stop)
    elif job.kind is JobKind.EXPORT:
        from tl_core.export.folder import carry_out_export

        carry_out_export(workspace, job)
    else:
        from tl_core.export.folder import carry_out_verification

        carry_out_verification(workspace, job)


def carry_out_run(workspace: Workspace, job: Job, should_stop: Callable[[], bool]) -> None:
    """Carry out one run and leave its folder complete, whatever happens.

    Raises
    ------
    RunError
        If it was cancelled, diverged or ran out of memory; the folder says so already.
    """
    config = workspace.database.get_run(job.ref_id).config
    folder = workspace.run_folder(config.run_id)
    memory_attempt = int(job.payload.get("memory_attempt", 0))
    recorder = Recorder.start(folder, config, attempt=job.attempts)
    folder.write_experiment(workspace.database.get_experiment(config.experiment_id))
    try:
        dataset = read_dataset(workspace.dataset_folder(config.dataset_fingerprint))
        split = read_split(workspace.dataset_folder(config.dataset_fingerprint), config.split_hash)
        _train(
            workspace,
            recorder,
            dataset,
            split,
            memory_attempt=memory_attempt,
            downloaded=_download_report(workspace, job, should_stop),
            should_stop=should_stop,
        )
    except Exception as error:
        reason = _reason(error)
        recorder.fail(reason, _without_places(error, workspace, config) or type(error).__name__)
        if reason == "out_of_memory":
            raise OutOfMemoryError(f"A batch does not fit the memory: {error}") from error
        raise


def _without_places(error: Exception, workspace: Workspace, config: RunConfig) -> str:
    """Say what happened, and not where things lie on this machine: the message travels with the run."""
    base_model, message = config.base_model or "", str(error)
    local = LocalModel.parse(base_model)
    if local is not None and (folder := local.find()) is not None:
        message = message.replace(str(folder), local.title)
    elif is_path(base_model):
        message = message.replace(base_model, Path(base_model).name)
    return message.replace(f"{workspace.root}{os.sep}", "")


def _train(
    workspace: Workspace,
    recorder: Recorder,
    dataset: Dataset,
    split: Split,
    *,
    memory_attempt: int,
    downloaded: Progress,
    should_stop: Callable[[], bool],
) -> None:
    config = recorder.record.config
    train = train_subset(dataset, split, config.train_size, config.seeds.subset).astype(np.int64)
    train = rows_that_teach(train, dataset.weights())
    counts = np.bincount(dataset.targets()[train], minlength=len(config.labels))
    recorder.note(train_class_counts=tuple(counts.tolist()), weight_column=dataset.info.columns.weight_column)
    if not config.arm.kind.is_neural:
        recorder.measure_with(find_meter(cpu_watts=workspace.settings.cpu_watts))
        _carry_out_classical(recorder, dataset, split, train)
        return
    from tl_core.experiments.neural import carry_out_neural

    carry_out_neural(
        workspace,
        recorder,
        dataset,
        split,
        train,
        memory_attempt=memory_attempt,
        downloaded=downloaded,
        should_stop=should_stop,
    )


def _carry_out_classical(
    recorder: Recorder, dataset: Dataset, split: Split, train: NDArray[np.int64]
) -> None:
    """Fit `majority` or the modality's own baseline on the train rows, score, save."""
    config = recorder.record.config
    recorder.note(device="cpu")
    texts = dataset.whole_texts()
    targets, weights = dataset.targets(), dataset.weights()
    weights = None if weights is None else relative_weights(weights[train])
    if config.balances_classes and not config.arm.kind.is_floor:
        weights = balanced_weights(targets[train], weights)

    def at(rows: NDArray[np.int64]) -> list[str]:
        return [texts[row] for row in rows]

    recorder.phase("training")
    recorder.clock.resume()
    classifier: Majority | Baseline
    if config.arm.kind.is_floor:
        classifier = Majority.fit(targets[train], len(config.labels), weights)
    else:
        validation = split.validation
        classifier = dataset.content.baseline().fit(
            at(train),
            targets[train],
            at(validation),
            targets[validation],
            len(config.labels),
            weights,
            config.headline_metric,
        )
    recorder.clock.pause()
    if not isinstance(classifier, Majority):
        judged = {SplitName.VALIDATION: split.validation, SplitName.TEST: split.test}
        hardly_known = {name: classifier.hardly_known(at(rows)) for name, rows in judged.items()}
        recorder.note(num_parameters=classifier.num_parameters, hardly_known=hardly_known)
    recorder.clock.examples_seen = len(train)

    def evaluation(name: SplitName, rows: NDArray[np.int64]) -> EvalFinished:
        return scored_event(name, targets[rows], classifier.logits(at(rows)), recorder.clock)

    recorder.write(evaluation(SplitName.VALIDATION, split.validation))
    recorder.write(evaluation(SplitName.TRAIN, train))
    recorder.phase("predicting")
    recorder.write_predictions(dataset, split, lambda rows: classifier.logits(at(rows)))
    recorder.phase("saving")
    classifier.save(recorder.folder.model_dir, config.labels, dataset.info.columns.text_source)
    recorder.finish()


def _download_report(workspace: Workspace, job: Job, should_stop: Callable[[], bool]) -> Progress:
    """Make what notes a download's progress in the job and the log, in MiB, whenever it has grown by some."""
    queue, last = Queue(workspace.database), -MIB_A_NOTE

    def report(num_done: int, num_total: int) -> None:
        nonlocal last
        if should_stop():
            raise CancelledError
        done, total = num_done // MIB, num_total // MIB
        if done - last >= MIB_A_NOTE or num_done == num_total:
            last = done
            queue.record_progress(job.id, done, total)
            logger.info("Downloading the base model: %d of %d MiB", done, total)

    return report


def _reason(error: Exception) -> str:
    """Name why a run failed, in the words of `RunFailed`."""
    if isinstance(error, CancelledError):
        return "cancelled"
    if isinstance(error, DivergedError):
        return "diverged"
    return "out_of_memory" if is_out_of_memory(error) else "exception"


if __name__ == "__main__":
    sys.exit(main())
