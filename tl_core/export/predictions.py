"""Every answer on test as one table: each example, each model, each seed, with all probabilities."""

from collections.abc import Iterator

from scipy.special import softmax

from tl_core.charts.colors import arm_label
from tl_core.datasets.dataset import Dataset
from tl_core.files.safe_csv import csv_file, harmless
from tl_core.results.agreement import names_of
from tl_core.results.comparison import ExperimentResults


def predictions_csv(results: ExperimentResults, dataset: Dataset | None) -> bytes:
    """Write the answers of every finished run on test.

    Columns ``example_id, text, label, model, seed, train_size, answer, is_right, confidence`` and
    ``p(LABEL)`` for each label; probabilities are fractions. Without its dataset an example has no text.
    Cells that a spreadsheet would run begin with an apostrophe.
    """
    labels = results.experiment.labels
    head = ["example_id", "text", "label", "model", "seed", "train_size", "answer", "is_right", "confidence"]
    return csv_file(
        [[*map(harmless, head), *(harmless(f"p({label})") for label in labels)], *_rows(results, dataset)]
    )


def _rows(results: ExperimentResults, dataset: Dataset | None) -> Iterator[list[str]]:
    labels, texts = results.experiment.labels, names_of(dataset) if dataset else {}
    for run in results.finished:
        arm = run.config.arm
        model = arm_label(arm, {arm.base_model: results.titles[arm.name]} if arm.base_model else {})
        shares = softmax(run.logits.astype(float), axis=-1)
        answers = run.logits.argmax(axis=-1)
        for identity, target, answer, row in zip(run.example_ids, run.targets, answers, shares, strict=True):
            yield [
                str(identity),
                harmless(texts.get(identity, "")),
                harmless(labels[target]),
                harmless(model),
                str(run.config.seed),
                str(run.config.train_size),
                harmless(labels[answer]),
                str(int(answer == target)),
                f"{row[answer]:.6f}",
                *(f"{share:.6f}" for share in row),
            ]
