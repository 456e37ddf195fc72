"""What experiments came to, in the few numbers that the list of all shows; kept, for they take reading."""

from tl_core.errors import TlError
from tl_core.evaluation.wording import METRIC_WORDS, counts, points, spoken_names
from tl_core.results.comparison import ExperimentResults, gather
from tl_core.results.highlights import best_on_validation
from tl_core.schema import METHOD, EarlierResult, ExperimentSummary
from tl_core.store.rows import ExperimentEntry
from tl_core.store.workspace import Workspace


def sum_up(workspace: Workspace, entry: ExperimentEntry) -> ExperimentSummary:
    """Read what an experiment came to, and keep it."""
    try:
        results = gather(workspace, entry.config.experiment_id)
        summary = summary_of(results, entry.made_of)
        summary = summary.model_copy(update={"earlier": earlier_result(entry.summary, summary)})
    except TlError as error:  # files of its runs are missing, which its own page tells
        summary = ExperimentSummary(
            states=entry.made_of, status=error.message, severity="failure", method=METHOD
        )
    workspace.database.keep_summary(entry.config.experiment_id, summary)
    return summary


def summary_of(results: ExperimentResults, states: str) -> ExperimentSummary:
    """Take the few numbers out of an experiment's results; ``states`` is what they were made of."""
    verdict = results.headline or next(iter(results.verdicts), None)
    size = verdict.train_size if verdict else max(results.experiment.train_sizes)
    best = best_on_validation(results, size)
    value = results.summaries[best, size].mean if best is not None else None
    names = spoken_names(results.titles)
    return ExperimentSummary(
        states=states,
        best_model=names[best] if best is not None else "",
        best_value=value,
        gain=verdict.difference if verdict else None,
        ci95=verdict.ci95 if verdict else None,
        rests_on=f"{names[verdict.a]} − {names[verdict.b]}, {counts(verdict)}" if verdict else "",
        metric=METRIC_WORDS[results.experiment.headline_metric],
        status=verdict.status.words if verdict else "No result",
        severity=verdict.status.severity if verdict else "neutral",
        method=METHOD,
    )


def earlier_result(before: ExperimentSummary | None, now: ExperimentSummary) -> EarlierResult | None:
    """Say what an earlier version of the method had concluded of the same runs, where it was something else.

    What was kept of a still earlier one goes on.
    """
    if before is None or before.method == now.method:
        return before.earlier if before else None
    of_same_runs = before.states.partition("; ")[0] == now.states.partition("; ")[0]
    if not of_same_runs or before.gain is None or _told(before) == _told(now):
        return before.earlier
    return EarlierResult(method=before.method, words=_told(before))


def _told(summary: ExperimentSummary) -> str:
    """Write a summary's conclusion in a line."""
    if summary.gain is None or summary.ci95 is None:
        return summary.status
    gain, low, high = points(summary.gain, *summary.ci95)
    difference = f"{gain} points of {summary.metric} (95% interval {low} to {high})"
    return f"{summary.rests_on}: {difference}. {summary.status}."
