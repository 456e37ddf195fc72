"""Carrying out an arm without a network."""

import numpy as np
from numpy.typing import NDArray

from tl_core.datasets.dataset import Dataset, relative_weights
from tl_core.experiments.recording import Recorder
from tl_core.modality import Baseline
from tl_core.models.classical import Majority
from tl_core.schema import EvalFinished, SplitName
from tl_core.splits.splitting import Split
from tl_core.training.meters import scored_event


def carry_out_classical(recorder: Recorder, dataset: Dataset, split: Split, train: NDArray[np.int64]) -> None:
    """Fit `majority` or the modality's own baseline on the train rows, score, save."""
    config = recorder.record.config
    recorder.note(device="cpu")
    texts = dataset.whole_texts()
    targets, weights = dataset.targets(), dataset.weights()
    weights = None if weights is None else relative_weights(weights[train])

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
            at(train), targets[train], at(validation), targets[validation], len(config.labels), weights
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
