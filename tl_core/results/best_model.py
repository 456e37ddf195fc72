"""Which model of an experiment to take away: chosen on validation, told with its test value."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tl_core.evaluation.metrics import evaluate
from tl_core.evaluation.verdicts import ArmSummary, summarise
from tl_core.results.comparison import ranked, stack_seeds
from tl_core.results.runs import UNREADABLE, FinishedRun, kept_evaluation, read_finished_run, value_of
from tl_core.schema import Arm, ExperimentConfig, RunConfig, State
from tl_core.store.rows import RunRow
from tl_core.store.run_folder import RunFolder
from tl_core.store.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class BestModel:
    """The model that is best on validation, and the run that stands for it.

    Attributes
    ----------
    run
        Of the model's seeds whose weights are here, the best on validation, the first of equals.
    num_models, num_without, num_runs
        Models whose weights are here, those that were compared and left none, and finished runs of the best.
    validation
        Its main metric on validation, a fraction: the mean over its finished runs.
    test
        The same metric on test, over its seeds.
    size_bytes
        Size of the run's weights and of all that lies beside them.
    """

    run: RunConfig
    num_models: int
    num_without: int
    num_runs: int
    validation: float
    test: ArmSummary
    size_bytes: int


def choose_best(
    workspace: Workspace,
    experiment: ExperimentConfig,
    runs: Sequence[RunRow],
    read: Callable[[RunFolder], FinishedRun] = read_finished_run,
) -> BestModel | None:
    """Choose the model with the highest mean on validation, at the largest train size that has one.

    Test has no say. Of all runs the events are read, of the best model's what they answered, of none weights.

    Parameters
    ----------
    read
        `read_finished_run`, or what remembers its answers.

    Returns
    -------
    None if no run that can be read has kept its weights.

    Raises
    ------
    ComparisonError
        If the best model's seeds have different test examples.
    """
    metric = experiment.headline_metric
    finished = [run.config for run in runs if run.state is State.FINISHED]
    here = {run.run_id for run in finished if workspace.run_folder(run.run_id).model_dir.is_dir()}
    sizes = [run.train_size for run in finished if run.run_id in here]
    if not sizes:
        return None
    seeds: dict[Arm, list[RunConfig]] = {}
    values: dict[Arm, list[float]] = {}
    for run in sorted(finished, key=lambda run: run.seed):
        kept = kept_evaluation(run, workspace.run_folder(run.run_id).read_log().events)
        if kept is not None and run.train_size == max(sizes):
            seeds.setdefault(run.arm, []).append(run)
            values.setdefault(run.arm, []).append(kept.value(metric))
    means = {arm: float(np.mean(values[arm])) for arm in ranked(list(values))}
    with_model = [arm for arm in means if any(run.run_id in here for run in seeds[arm])]
    if not with_model:
        return None
    best = max(with_model, key=means.__getitem__)
    answered = []
    for run in seeds[best]:
        with contextlib.suppress(*UNREADABLE):
            answered.append(read(workspace.run_folder(run.run_id)))
    to_take = [one for one in answered if one.config.run_id in here]
    if not to_take:
        return None
    chosen = max(
        to_take, key=lambda one: value_of(evaluate(one.validation_targets, one.validation_logits), metric)
    )
    model = workspace.run_folder(chosen.config.run_id).model_dir
    return BestModel(
        run=chosen.config,
        num_models=len(with_model),
        num_without=len(means) - len(with_model),
        num_runs=len(answered),
        validation=means[best],
        test=summarise(stack_seeds(experiment, answered), metric),
        size_bytes=sum(path.lstat().st_size for path in model.rglob("*") if path.is_file()),
    )
