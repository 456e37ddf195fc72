"""What trains before a plan's own runs, and how long that takes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tl_core.jobs.client import observe
from tl_core.jobs.pace import read_pace
from tl_core.schema import Span, State
from tl_core.store.rows import RunRow
from tl_core.store.workspace import Workspace

RunSpans = Callable[[str], Sequence[Span] | None]
"""What each run of an experiment is expected to take, by its id and in its order of work; None if unknown."""


@dataclass(frozen=True, kw_only=True)
class Ahead:
    """The runs of other experiments that come first; ``span`` is None where the time of one is unknown."""

    num_runs: int = 0
    span: Span | None = Span.of(0.0)


def queue_ahead(
    workspace: Workspace, run_spans: RunSpans, now: datetime, own: Sequence[RunRow] = ()
) -> Ahead:
    """Add up what comes before runs that would be queued now, or before the last of ``own`` that is pending.

    Jobs on data, exports and file predictions have places of their own and keep no training waiting. A run
    that trains is taken at its own pace as soon as it has one.
    """
    mine = {run.run_id for run in own}
    pending = workspace.database.list_pending_runs()
    last = max((place for place, one in enumerate(pending) if one.run_id in mine), default=len(pending))
    others = [one for one in pending[:last] if one.run_id not in mine]
    spans = []
    for one in others:
        if not one.is_running:
            expected = run_spans(one.experiment_id)
            spans.append(expected[one.position] if expected else None)
            continue
        run = observe(workspace.settings, workspace.database.get_run(one.run_id))
        if run.state is State.RUNNING:
            spans.append(_left(workspace, run, run_spans, now))
    known = [span for span in spans if span is not None]
    return Ahead(num_runs=len(spans), span=Span.total(known) if len(known) == len(spans) else None)


def _left(workspace: Workspace, run: RunRow, run_spans: RunSpans, now: datetime) -> Span | None:
    pace = read_pace(workspace.run_folder(run.run_id).read_events())
    if pace is not None:
        return pace.left(run.config.training)
    spans = run_spans(run.config.experiment_id)
    if spans is None or run.started_at is None:
        return None
    return spans[run.config.position].less((now - datetime.fromisoformat(run.started_at)).total_seconds())
