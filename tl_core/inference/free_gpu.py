"""A GPU that no training holds answers faster than the processor."""

from tl_core.inference.predictor import PLAIN
from tl_core.jobs.queue import Queue
from tl_core.schema import Precision
from tl_core.store.tables import JobKind
from tl_core.store.workspace import Workspace
from tl_core.training.compute import Compute
from tl_core.training.devices import choose_device, choose_precision


def free_gpu(workspace: Workspace, precision: Precision) -> Compute | None:
    """Return the GPU that trainings use, if none of this workspace is going on; None too without one.

    One that is slow in bfloat16 is not for what is scored in it.
    """
    device = choose_device()
    if device.type == "cpu" or any(
        job.kind is JobKind.RUN for job in Queue(workspace.database).list_running()
    ):
        return None
    if precision is Precision.BFLOAT16 and choose_precision(device) is not precision:
        return None
    return Compute(device=device, precision=precision, micro_batch_size=PLAIN.micro_batch_size)
