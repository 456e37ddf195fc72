"""In which number format a whole file is scored, and what that costs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
import torch

from tl_core.datasets.dataset import read_dataset
from tl_core.errors import UserError
from tl_core.inference.free_gpu import free_gpu
from tl_core.inference.predictor import PLAIN, Predictor, Question, load_predictor
from tl_core.modality import networks_of
from tl_core.models.facts import read_facts, text_source
from tl_core.results.runs import logits_of
from tl_core.schema import Precision, ScoredIn, SplitName
from tl_core.store.workspace import Workspace
from tl_core.training.compute import Compute
from tl_core.training.devices import choose_precision

MAX_LOSS = 0.005
"""Accuracy on validation that int8 must stay within."""
MAX_EXAMPLES = 2_000

CPU = torch.device("cpu")


def load_for_files(
    workspace: Workspace, folder: Path, wanted: ScoredIn | None, run_id: str | None = None
) -> tuple[Predictor, str]:
    """Load a model to score a file; by default in bfloat16 where the processor has it, else in float32.

    A run that scored its test in float32, as frozen networks do, scores files in it too.

    A GPU that is free does it in the same number format.

    Parameters
    ----------
    folder
        A run's ``model/`` folder, or an exported one.
    run_id
        The run, whose test has a number format and on whose validation examples int8 is measured; None for an
        exported folder.

    Returns
    -------
    The predictor, and a sentence about the number format; an empty one for an arm without a network.

    Raises
    ------
    UserError
        If int8 is wanted of what it cannot be measured on. Else as `load_predictor` does.
    """
    facts = read_facts(folder)
    if facts["kind"] != "neural":
        return load_predictor(folder), ""
    usual = _usual(workspace, run_id, facts) if wanted in (None, ScoredIn.INT8) else wanted
    compute = Compute(device=CPU, precision=Precision(usual), micro_batch_size=PLAIN.micro_batch_size)
    predictor = load_predictor(folder, compute, lambda: free_gpu(workspace, compute.precision))
    if wanted is not ScoredIn.INT8:
        return predictor, f"Scored in {usual}."
    if run_id is None:
        raise UserError(
            "int8 is measured on a run's validation examples, and an exported folder has none.",
            "Choose another precision, or name the run instead of the folder.",
        )
    source = text_source(facts)
    in_int8 = networks_of(source.modality).int8_predictor(folder, facts, source)
    num_examples, before, after = _accuracies(workspace, run_id, in_int8)
    told = (
        f"on {num_examples:,} validation examples {after:.1%} are right in int8, {before:.1%} as the run"
        " scored them"
    )
    if before - after < MAX_LOSS:
        return in_int8, f"Scored in int8: {told}."
    return predictor, f"Scored in {usual}, because int8 loses too much: {told}."


def _usual(workspace: Workspace, run_id: str | None, facts: Mapping[str, Any]) -> ScoredIn:
    """Choose the number format in which the run scored its test, as far as the processor has it natively."""
    recorded = facts.get("precision")
    if recorded is None and run_id:  # saved by an earlier version
        recorded = workspace.run_folder(run_id).read_record().precision
    return ScoredIn.FLOAT32 if recorded == Precision.FLOAT32 else ScoredIn(choose_precision(CPU))


def _accuracies(workspace: Workspace, run_id: str, predictor: Predictor) -> tuple[int, float, float]:
    """Give the number of validation examples, the accuracy that the run recorded, and the predictor's."""
    folder = workspace.run_folder(run_id)
    dataset = read_dataset(workspace.dataset_folder(folder.read_record().config.dataset_fingerprint))
    texts: dict[str, Question] = dict(zip(dataset.example_ids(), dataset.texts(), strict=True))
    table = folder.read_predictions()
    table = table.filter(pc.equal(table.column("split"), SplitName.VALIDATION.value)).slice(0, MAX_EXAMPLES)
    targets = table.column("target").to_numpy()
    found = predictor.predict([texts[one] for one in table.column("example_id").to_pylist()])
    before, after = (float(np.mean(scores.argmax(axis=1) == targets)) for scores in (logits_of(table), found))
    return len(targets), before, after
