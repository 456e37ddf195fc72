"""Does a model that leaves answer as it did here? On the run's test texts, and on eight sentences."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
from scipy.special import softmax

from tl_core.datasets.dataset import read_dataset
from tl_core.errors import ModelError, NotFoundError, RunError
from tl_core.export.answers import EXPECTED_FILE, answers_of, labels_in
from tl_core.export.outputs import Reference, Verification, Verified
from tl_core.inference.predictor import Probabilities, Question, load_predictor
from tl_core.modality import content_of
from tl_core.outside import read_json
from tl_core.results.runs import logits_of
from tl_core.schema import Precision, SplitName
from tl_core.store.workspace import Workspace
from tl_core.words import quoted

MAX_TEST_TEXTS = 1_000
TOLERANCE = 1e-4
"""Largest difference of a probability between two computations in float32."""
BFLOAT16_TOLERANCE = 0.1
"""The same where a run scored its test in bfloat16; benchmarks/export_tolerance.json has a quarter of it."""


def write_expected(model: Path, exported: Path) -> None:
    """Put the sentences and this engine's answers to them into an exported folder.

    Parameters
    ----------
    model
        The run's own ``model/`` folder, which the engine's predictor reads.
    """
    predictor = load_predictor(model)
    source = predictor.texts
    sentences = content_of(source.modality).questions(source)
    content = {
        **({"modality": source.modality} if source.modality else {}),
        "sentences": sentences,
        "labels": list(predictor.labels),
        "probabilities": predictor.predict(sentences).tolist(),
        "tolerance": TOLERANCE,
    }
    (exported / EXPECTED_FILE).write_text(json.dumps(content, indent=2, ensure_ascii=False), encoding="utf-8")


def verify_folder(folder: Path, name: str = "") -> Verified:
    """Compare an exported folder's answers to the eight sentences with those that it says are expected.

    Raises
    ------
    NotFoundError
        If it is no exported folder, or was exported without expected answers by an earlier version.
    ModelError
        If it cannot be loaded, or its expected answers are damaged.
    """
    answer, path = answers_of(folder), folder / EXPECTED_FILE
    if not path.is_file():
        raise NotFoundError(
            f"The folder {quoted(folder.name)} has no {EXPECTED_FILE} to compare with.",
            "Export the model again, or verify the run it came from.",
        )
    try:
        stated = read_json(path)
        questions = [_question(one) for one in stated["sentences"]]
        expected = np.array(stated["probabilities"], dtype=np.float64)
        is_whole = stated["labels"] == labels_in(folder) and np.isfinite(expected).all()
        if not is_whole or expected.shape != (len(questions), len(stated["labels"])) or not questions:
            raise ValueError("labels and numbers do not fit")
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise ModelError(
            f"{EXPECTED_FILE} in {quoted(folder.name)} is damaged: {error}.", "Export it again."
        ) from error
    found = answer(questions)
    compared = _compare(
        name or folder.name, "expected_answers", found, expected, len(questions), Precision.FLOAT32, TOLERANCE
    )
    return Verified(comparisons=(compared,))


def verify_exported(workspace: Workspace, run_id: str, exported: Path) -> Verified:
    """Compare the answers of a run's exported folder with what the run recorded, and with the engine's.

    Raises
    ------
    NotFoundError or ModelError
        As `verify_folder` does, or if the run's record or predictions are missing.
    """
    sentences = verify_folder(exported, run_id)
    record = workspace.run_folder(run_id).read_record()
    try:
        dataset = read_dataset(workspace.dataset_folder(record.config.dataset_fingerprint))
    except NotFoundError:
        return sentences.model_copy(
            update={
                "remark": "The test examples are not in this workspace, so only made-up ones were compared."
            }
        )
    texts: dict[str, Question] = dict(zip(dataset.example_ids(), dataset.texts(), strict=True))
    table = workspace.run_folder(run_id).read_predictions()
    test = table.filter(pc.equal(table.column("split"), SplitName.TEST.value))
    rows = np.unique(
        np.linspace(0, test.num_rows - 1, min(test.num_rows, MAX_TEST_TEXTS)).round().astype(int)
    )
    chosen = test.take(rows)
    recorded = softmax(logits_of(chosen).astype(np.float64), axis=1)
    found = answers_of(exported)([texts[one] for one in chosen.column("example_id").to_pylist()])
    precision, tolerance = Precision.FLOAT32, TOLERANCE  # arms without a network compute in float64
    if record.precision is Precision.BFLOAT16:
        precision, tolerance = Precision.BFLOAT16, BFLOAT16_TOLERANCE
    compared = _compare(run_id, "test_predictions", found, recorded, test.num_rows, precision, tolerance)
    return sentences.model_copy(update={"comparisons": (compared, *sentences.comparisons)})


def require_passed(verified: Verified) -> None:
    """Raise RunError if a model would answer elsewhere otherwise than it did here."""
    if not verified.is_passed:
        failed = " ".join(one.sentence for one in verified.comparisons if not one.is_passed)
        raise RunError(failed, "Train it again: the folder may be damaged. Nothing was exported.")


def _question(stated: str | Sequence[str]) -> Question:
    """Read a text or a pair of texts. Raises ValueError if it is neither."""
    if isinstance(stated, str):
        return stated
    first, second = stated
    return first, second


def _compare(
    name: str,
    reference: Reference,
    found: Probabilities,
    expected: Probabilities,
    num_available: int,
    precision: Precision,
    tolerance: float,
) -> Verification:
    differences = np.abs(found - expected)
    return Verification(
        name=name,
        reference=reference,
        num_texts=len(found),
        num_available=num_available,
        largest_difference=float(differences.max()),
        mean_difference=float(differences.mean()),
        tolerance=tolerance,
        num_other_labels=int((found.argmax(axis=1) != expected.argmax(axis=1)).sum()),
        precision=precision.value,
    )
