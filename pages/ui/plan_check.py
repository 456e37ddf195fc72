"""The check before a start: some batches of each arm, carried through before anything is queued."""

from dataclasses import dataclass

import streamlit as st

from pages.ui.errors import live_part
from pages.ui.formatting import duration, literal, plural
from pages.ui.plan_summary import promise_of
from pages.ui.server_status import is_on_disk, label_of
from pages.ui.session import remember, workspace
from tl_core.jobs import client, dry_run
from tl_core.jobs.dry_run import DOWNLOAD_LIMIT_S, LIMIT_S, DryRun, neural_arms
from tl_core.planning.launch import launch
from tl_core.schema import ExperimentConfig

POLL_S = 0.5
_CHECKS = "plan_checks"
"""Session key of the checks, by the fingerprint of the dataset that the plan is about."""


@dataclass(frozen=True, kw_only=True)
class _Check:
    """A plan's check and what is to follow if every arm passes."""

    run: DryRun
    should_start: bool


def offer_start(experiment: ExperimentConfig, *, is_ready: bool) -> None:
    """Offer to start a plan or only to check it; what does not pass is told, and nothing is queued.

    A check of any other plan is of no use any more, and ended.
    """
    for check in list(_checks().values()):
        if _content(check.run.experiment) != _content(experiment):
            _drop(check)
    is_busy = _is_busy(experiment)
    start = st.button(
        "Start",
        type="primary",
        icon=":material/play_arrow:",
        width="stretch",
        disabled=is_busy or not is_ready,
        help="First carries a few batches of each network through, in seconds; then queues the runs.",
    )
    only_check = st.button(
        "Check this plan",
        icon=":material/speed:",
        width="stretch",
        disabled=is_busy or not is_ready,
        help="Measures time and memory anew on the longest and on typical texts, and queues nothing.",
    )
    if only_check:
        dry_run.forget_checks(workspace(), experiment)
    if start or only_check:
        begin_check(experiment, should_start=start)
        st.rerun()
    draw_check(experiment)


def draw_check(experiment: ExperimentConfig) -> bool:
    """Draw how a plan's check goes or how it has ended, if there is one; return whether it is on its way.

    One that has passed is queued if that was asked for.
    """
    check = _check_of(experiment)
    if check is None:
        return False
    if _is_busy(experiment):
        live_part(_watch, POLL_S)(check)
        return True
    plan, known = check.run.experiment, check.run.checks()
    failed = [arm for arm in neural_arms(plan) if not known[arm.name].is_passed]
    for arm in failed:
        found, name = known[arm.name], literal(label_of(arm))
        words = f"**{name} cannot run.** {literal(found.problem)}  \n{literal(found.remedy)}"
        st.error(words, icon=":material/error:")
    if failed:
        st.caption("Nothing was queued.")
    elif check.should_start:
        _drop(check)
        launch(workspace(), plan, promise_of(plan))
        remember("dataset", plan.dataset_fingerprint)
        remember("experiment", plan.experiment_id)
        st.switch_page("runs.py", query_params={"experiment": plan.experiment_id})
    else:
        st.success("Every arm's batches went through.", icon=":material/check_circle:")
    return False


def _is_busy(experiment: ExperimentConfig) -> bool:
    check = _check_of(experiment)
    return check is not None and not check.run.has_ended()


def _checks() -> dict[str, _Check]:
    checks: dict[str, _Check] = st.session_state.setdefault(_CHECKS, {})
    return checks


def _check_of(experiment: ExperimentConfig) -> _Check | None:
    """Return the check of this very plan."""
    check = _checks().get(experiment.dataset_fingerprint)
    return check if check and _content(check.run.experiment) == _content(experiment) else None


def _content(experiment: ExperimentConfig) -> ExperimentConfig:
    """Leave out what every look at the page makes anew."""
    return experiment.model_copy(update={"experiment_id": "", "created_at": ""})


def begin_check(experiment: ExperimentConfig, *, should_start: bool) -> None:
    """Start checking a plan whose dataset is stored; ``should_start`` queues it once every arm has passed."""
    base_models = {arm.base_model or experiment.base_model for arm in neural_arms(experiment)}
    limit_s = LIMIT_S if all(map(is_on_disk, base_models)) else DOWNLOAD_LIMIT_S
    run = dry_run.start_dry_run(workspace(), experiment, limit_s)
    client.ensure_supervisor(workspace().settings)  # it gets ready for the runs meanwhile
    _checks()[experiment.dataset_fingerprint] = _Check(run=run, should_start=should_start)


def _drop(check: _Check) -> None:
    check.run.cancel()
    _checks().pop(check.run.experiment.dataset_fingerprint, None)


def _watch(check: _Check) -> None:
    """Say which arm is being checked; begin the page anew once all are."""
    if check.run.has_ended():
        st.rerun()
    arms, known = neural_arms(check.run.experiment), check.run.checks()
    waiting = [arm for arm in arms if arm.name not in known]
    name = literal(label_of(waiting[0])) if waiting else "done"
    done = len(arms) - len(waiting)
    st.progress(done / len(arms), f"Checking {name} · {done} of {plural(len(arms), 'arm')} done")
    is_download = check.run.limit_s == DOWNLOAD_LIMIT_S
    hint = "A base model is downloaded first. " if is_download else ""
    st.caption(f"{hint}{duration(check.run.elapsed_s)} so far. Nothing is queued yet.")
    if st.button("Cancel the check", icon=":material/close:", width="stretch"):
        _drop(check)
        st.rerun()
