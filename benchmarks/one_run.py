"""One run of an experiment, carried out in this process as a supervisor's child would."""

from tl_core.experiments.carry_out import carry_out_run
from tl_core.jobs.queue import Queue
from tl_core.planning.plan import queue_runs
from tl_core.results.runs import FinishedRun, read_finished_run
from tl_core.schema import ExperimentConfig
from tl_core.store.tables import JobKind
from tl_core.store.workspace import Workspace


def carry_out_seed(workspace: Workspace, experiment: ExperimentConfig, seed: int) -> FinishedRun:
    """Queue an experiment of one arm and size, carry out the run of one seed and read it; leave the others.

    Raises
    ------
    RunError
        As `carry_out_run` does.
    ValueError
        If the experiment has no such seed.
    """
    queue_runs(workspace, experiment)
    while job := Queue(workspace.database).claim([JobKind.RUN]):
        if workspace.database.get_run(job.ref_id).config.seed == seed:
            carry_out_run(workspace, job, lambda: False)
            return read_finished_run(workspace.run_folder(job.ref_id))
    raise ValueError(f"there is no seed {seed}")
