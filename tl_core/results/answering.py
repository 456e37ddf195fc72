"""Which run answers for an arm where only one can."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from tl_core.evaluation.metrics import evaluate
from tl_core.models.facts import find_text_source
from tl_core.results.comparison import ranked
from tl_core.results.runs import UNREADABLE, read_finished_run, value_of
from tl_core.schema import Arm, Metric, RunConfig, State, TextSource
from tl_core.store.rows import RunRow
from tl_core.store.workspace import Workspace

_Candidate = tuple[RunConfig, float, int]
"""A finished run with its value on validation and the number of examples."""


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
    texts
        The columns that its texts came from.
    """

    run: RunConfig
    num_candidates: int
    value: float
    num_validation: int
    texts: TextSource = TextSource()

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
    In the order in which arms are shown; arms without a finished run that can be read and has its model are
    left out.
    """
    candidates: dict[Arm, list[_Candidate]] = {}
    finished = (run.config for run in runs if run.state is State.FINISHED)
    for run in sorted(finished, key=lambda run: run.seed):
        if run.train_size == train_size and workspace.run_folder(run.run_id).model_dir.is_dir():
            with contextlib.suppress(*UNREADABLE):
                read = read_finished_run(workspace.run_folder(run.run_id))
                seen = evaluate(read.validation_targets, read.validation_logits)
                candidates.setdefault(run.arm, []).append((run, value_of(seen, metric), seen.num_examples))

    answerers = []
    for arm in ranked(list(candidates)):
        best, value, num_validation = max(candidates[arm], key=lambda candidate: candidate[1])
        answerers.append(
            Answerer(
                run=best,
                num_candidates=len(candidates[arm]),
                value=value,
                num_validation=num_validation,
                texts=find_text_source(workspace.run_folder(best.run_id).model_dir),
            )
        )
    return tuple(answerers)
