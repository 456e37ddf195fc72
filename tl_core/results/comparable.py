"""Experiments that may stand side by side: found, read, and put together."""

from collections.abc import Callable

from tl_core.results.comparison import ExperimentResults, gather
from tl_core.results.pooled import Pooled, is_alike, live_cells, put_together
from tl_core.store.workspace import Workspace


def gather_alike(
    workspace: Workspace,
    results: ExperimentResults,
    read: Callable[[str], ExperimentResults] | None = None,
) -> list[ExperimentResults]:
    """Return an experiment's results first, then those like it that add an arm or a train size.

    Parameters
    ----------
    read
        `gather`, or what remembers its answers; by the experiment's id.
    """
    experiment = results.experiment
    found, covered = [results], live_cells(results.runs)
    for other in workspace.database.list_experiments():
        if other == experiment or not is_alike(other, experiment):
            continue
        if live_cells(workspace.database.list_runs(other.experiment_id)) <= covered:
            continue  # not all of them: each must be read from its files
        one = read(other.experiment_id) if read else gather(workspace, other.experiment_id)
        found.append(one)
        covered |= live_cells(one.runs)  # as they really stand: a run whose process died is not on its way
    return found


def gather_pooled(workspace: Workspace, results: ExperimentResults) -> Pooled:
    """Put together what an experiment has shown, and those like it."""
    return put_together(results.experiment, gather_alike(workspace, results))
