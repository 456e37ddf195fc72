"""What is left of a first task once a network that had learned it was trained on a second one."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tl_core.catalogue.local_folders import encoder_folder
from tl_core.datasets.dataset import Dataset, read_dataset
from tl_core.experiments.recording import prediction_rows
from tl_core.modality import networks_of
from tl_core.models.classifiers import Classifier
from tl_core.models.probing import probe_logits
from tl_core.schema import RunRecord
from tl_core.splits.splitting import read_split, train_subset
from tl_core.store.workspace import Workspace
from tl_core.training.batching import Examples
from tl_core.training.compute import Compute
from tl_core.training.features import encode_all
from tl_core.training.fit import predict_logits


@dataclass(frozen=True, kw_only=True)
class FirstTask:
    """A finished run's task: its data, the rows it learned from and was tested on, and its network."""

    record: RunRecord
    dataset: Dataset
    train: NDArray[np.int64]
    test: NDArray[np.int64]
    model: Classifier
    inputs: Examples


def read_first_task(workspace: Workspace, run_id: str) -> FirstTask:
    """Read a run's task.

    Raises
    ------
    NotFoundError
        If its dataset, its split or its folder is gone.
    DamageError
        If a file of its folder is damaged.
    """
    folder = workspace.run_folder(run_id)
    record = folder.read_record()
    config = record.config
    place = workspace.dataset_folder(config.dataset_fingerprint)
    dataset, split = read_dataset(place), read_split(place, config.split_hash)
    max_length = int(record.base_model_facts["max_length"])
    networks = networks_of(dataset.info.columns.modality)
    return FirstTask(
        record=record,
        dataset=dataset,
        train=train_subset(dataset, split, config.train_size, config.seeds.subset).astype(np.int64),
        test=split.test.astype(np.int64),
        model=networks.load(folder.model_dir),
        inputs=networks.prepare(dataset.table, encoder_folder(folder.model_dir), max_length, place),
    )


def measure_forgetting(first: FirstTask, second: Classifier, compute: Compute) -> pa.Table:
    """Score the first task's test examples after the second task.

    Parameters
    ----------
    first
        Its network is changed in place: it gets the encoder of ``second``.

    Returns
    -------
    Prediction rows whose ``split`` is ``head_after`` (the first task's own head on the new encoder),
    ``probe_before`` or ``probe_after`` (a linear probe fitted anew on the first task's train examples, on the
    features of the encoder before and after).
    """

    def probe() -> NDArray[np.float32]:
        rows = np.concatenate([first.train, first.test])
        features = encode_all(first.model, first.inputs.select(rows), compute)
        flat = features.flatten(1).numpy()
        num_train = len(first.train)
        targets = first.dataset.targets()[first.train].astype(np.int64)
        num_labels = len(first.record.config.labels)
        return probe_logits(flat[:num_train], targets, flat[num_train:], num_labels)

    found = {"probe_before": probe()}
    first.model.encoder.load_state_dict(second.encoder.state_dict())
    found["probe_after"] = probe()
    found["head_after"] = predict_logits(first.model, first.inputs, first.test, compute)
    return pa.concat_tables(
        prediction_rows(first.dataset, name, first.test, logits) for name, logits in found.items()
    )
