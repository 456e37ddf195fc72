"""Which run answers for an arm where only one can."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from tl_core.evaluation.metrics import evaluate
from tl_core.results.comparison import ranked
from tl_core.results.runs import value_of
from tl_core.schema import Arm, Metric, RunConfig, SplitName, State
from tl_core.store.rows import RunRow
from tl_core.store.run_folder import RunFolder
from tl_core.store.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Answerer:
    """The run that answers for its arm.

    Attributes
    ----------
    num_candidates
        Finished runs of the arm at this train size that it was chosen from.
    value
        Its headline metric on validation, a fraction.
    num_validation
        Examples that this was measured on.
    """

    run: RunConfig
    num_candidates: int
    value: float
    num_validation: int

    @property
    def arm(self) -> Arm:
        """The arm it answers for."""
        return self.run.arm


def choose_answerers(
    workspace: Workspace, runs: Sequence[RunRow], train_size: int, metric: Metric
) -> tuple[Answerer, ...]:
    """Choose each arm's best finished run on validation, the first seed of equals; test has no say.

    Returns
    -------
    In the order in which arms are shown; arms without a finished run are left out.
    """
    candidates: dict[Arm, list[RunConfig]] = {}
    for run in runs:
        if run.state is State.FINISHED and run.config.train_size == train_size:
            candidates.setdefault(run.config.arm, []).append(run.config)
    return tuple(_choose(workspace, candidates[arm], metric) for arm in ranked(list(candidates)))


def _choose(workspace: Workspace, candidates: Sequence[RunConfig], metric: Metric) -> Answerer:
    scored = [
        (run, *_validation_score(workspace.run_folder(run.run_id), metric))
        for run in sorted(candidates, key=lambda run: run.seed)
    ]
    best, value, num_validation = max(scored, key=lambda score: score[1])
    return Answerer(run=best, num_candidates=len(scored), value=value, num_validation=num_validation)


def _validation_score(folder: RunFolder, metric: Metric) -> tuple[float, int]:
    table = folder.read_predictions()
    part = table.filter(pc.equal(table.column("split"), SplitName.VALIDATION.value))
    logits = np.array(part.column("logits").to_pylist(), dtype=np.float32)
    evaluation = evaluate(part.column("target").to_numpy(), logits)
    return value_of(evaluation, metric), evaluation.num_examples
