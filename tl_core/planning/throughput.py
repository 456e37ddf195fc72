"""How fast this server trains: read from the runs it has finished, and from the checks before them."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from tl_core.errors import TlError
from tl_core.jobs.dry_run import all_passed_checks
from tl_core.planning.hardware import Hardware
from tl_core.schema import ArmKind, State
from tl_core.store.run_folder import RunFolder
from tl_core.store.workspace import Workspace

RECENT_RUNS = 20
WHOLE_NETWORK = tuple(kind for kind in ArmKind if kind.is_neural and not kind.is_frozen)
"""Arms whose training seconds pay for every weight."""


@dataclass(frozen=True, kw_only=True)
class Throughput:
    """What one finished run, or one arm's check, has measured.

    Attributes
    ----------
    device
        As in ``run.json``: ``cpu``, ``mps`` or ``cuda: NAME``.
    tokens_per_s
        Tokens trained on a second, evaluation, loading and saving left out.
    is_check
        Whether a few steps before a start have measured it, and no run.
    """

    base_model: str
    device: str
    tokens_per_s: float
    is_check: bool = False


def device_of(hardware: Hardware) -> str:
    """Name the device that runs will take, as ``run.json`` does."""
    if hardware.gpu is None:
        return "cpu"
    return "mps" if "MPS" in hardware.gpu else f"cuda: {hardware.gpu}"


def median_throughput(
    history: Sequence[Throughput], base_model: str, device: str
) -> tuple[float, int] | None:
    """Return the median tokens a second of one base model on one device, and of how many runs; or None.

    Runs know better than checks, which count, as 0 runs, only where there is no run.
    """
    wanted = [one for one in history if (one.base_model, one.device) == (base_model, device)]
    runs = [one.tokens_per_s for one in wanted if not one.is_check]
    measured = runs or [one.tokens_per_s for one in wanted]
    return (median(measured), len(runs)) if measured else None


def read_history(workspace: Workspace) -> tuple[Throughput, ...]:
    """Read the throughput of the newest 20 runs that trained a whole network here, and of the checks.

    An imported run was trained elsewhere: it has no job in this workspace and counts for nothing.
    """
    finished = [
        run.run_id
        for run in workspace.database.list_runs()
        if run.state is State.FINISHED and run.job_id is not None and run.config.arm.kind in WHOLE_NETWORK
    ]
    measured = (_measure(workspace.run_folder(run_id)) for run_id in finished[-RECENT_RUNS:])
    checked = (
        Throughput(
            base_model=check.base_model,
            device=check.device,
            tokens_per_s=check.tokens_per_s,
            is_check=True,
        )
        for check in all_passed_checks(workspace)
        if check.kind in WHOLE_NETWORK
    )
    return (*(one for one in measured if one is not None), *checked)


def _measure(folder: RunFolder) -> Throughput | None:
    """Read one run; None if its folder is gone or damaged, or it measured nothing."""
    try:
        record = folder.read_record()
    except TlError:
        return None
    last = folder.last_event()
    if last is None or last.train_s <= 0 or not last.tokens_seen:
        return None
    return Throughput(
        base_model=record.config.base_model or "",
        device=record.device or "",
        tokens_per_s=last.tokens_seen / last.train_s,
    )
