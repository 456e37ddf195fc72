"""What a plan takes on this machine, when it would start, and the check of some batches of each arm."""

import contextlib
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import streamlit as st

from pages.ui.base_models import is_on_disk, label_of
from pages.ui.errors import begin_anew, live_part
from pages.ui.formatting import about, duration, literal, plural
from pages.ui.readers import lengths_of
from pages.ui.session import hardware, remember, workspace
from tl_core.arms import ARMS, FINE_TUNED
from tl_core.catalogue.locating import describe
from tl_core.errors import TlError
from tl_core.intake.intake import Intake, read_intake
from tl_core.jobs import client, dry_run
from tl_core.jobs.dry_run import DOWNLOAD_LIMIT_S, LIMIT_S, DryRun, all_passed_checks, neural_arms
from tl_core.modality import content_of
from tl_core.planning.command import command_of
from tl_core.planning.estimate import (
    Ahead,
    Estimate,
    estimate,
    learned_factor,
    make_promise,
    queue_ahead,
)
from tl_core.planning.machine import Throughput, device_of, read_finished, read_running
from tl_core.planning.plan import launch
from tl_core.planning.presets import arms_to_search
from tl_core.schema import Arm, ExperimentConfig, Promise, Span
from tl_core.store.rows import RunRow

POLL_S = 0.5
AGAIN = "again"
"""Parameter of the URL: the experiment whose choices *Setup* takes over, once."""
_CHECKS = "plan_checks"
"""Session key of the checks, by the fingerprint of the dataset that the plan is about."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What is known of this machine at one look: its speeds, and how well earlier promises were kept."""

    history: tuple[Throughput, ...]
    factor: float


@st.cache_data(show_spinner=False, max_entries=4)
def _finished(num_finished: int, num_checks: int) -> tuple[Throughput, ...]:
    """Read the measured throughput anew whenever another run has finished or another arm was checked."""
    return read_finished(workspace())


@st.cache_data(show_spinner=False, max_entries=32)
def _lengths(fingerprint: str) -> npt.NDArray[np.int64]:
    return lengths_of(fingerprint, read_intake(workspace(), fingerprint))


def measured() -> Measured:
    """Look at what this machine has measured up to now."""
    num_checks = len(all_passed_checks(workspace()))
    finished = _finished(workspace().database.num_finished_runs(), num_checks)
    return Measured(
        history=(*read_running(workspace()), *finished),
        factor=learned_factor(workspace().database.list_promises(), device_of(hardware())),
    )


def estimate_of(
    experiment: ExperimentConfig, intake: Intake | None = None, known: Measured | None = None
) -> Estimate:
    """Estimate a plan on this server, with the texts' own lengths.

    Parameters
    ----------
    intake
        The plan's texts; those that are stored if none are given. Raises NotFoundError if there are none.
    known
        What was looked up a moment ago.
    """
    known = known or measured()
    facts = {
        arm.name: describe(arm.base_model or experiment.base_model)
        for arm in experiment.arms
        if arm.kind.is_neural
    }
    fingerprint = experiment.dataset_fingerprint
    lengths = lengths_of(fingerprint, intake) if intake else _lengths(fingerprint)
    modality = describe(experiment.base_model).modality
    return estimate(
        experiment,
        facts,
        float(content_of(modality).kept(lengths, experiment.training.max_length).mean()),
        hardware(),
        known.history,
        arms_to_search(workspace(), experiment),
        known.factor,
    )


def expected_of(experiment: ExperimentConfig, known: Measured | None = None) -> tuple[Span, ...] | None:
    """Return what each run of a queued experiment is expected to take; None if its texts cannot be read."""
    try:
        return estimate_of(experiment, known=known).expected
    except (TlError, OSError, ValueError):  # gone or damaged, which its own pages tell
        return None


def ahead_of(own: Sequence[RunRow] = (), known: Measured | None = None) -> Ahead:
    """Look at what trains before a plan that is queued now, or before the last of some runs that wait."""
    here, known = workspace(), known or measured()

    def run_spans(experiment_id: str) -> tuple[Span, ...] | None:
        return expected_of(here.database.get_experiment(experiment_id), known)

    return queue_ahead(here, functools.cache(run_spans), datetime.now(UTC), own)


def promise_of(experiment: ExperimentConfig) -> Promise | None:
    """Put together what is said of the time of a plan whose texts are stored, at the moment of its start."""
    known = measured()
    cost = estimate_of(experiment, known=known)
    return make_promise(cost, ahead_of(known=known), device_of(hardware()))


def until(span: Span, ahead: Ahead) -> str:
    """Write how long it is until what takes ``span`` is done, with what trains before it."""
    return about(ahead.span + span) if ahead.span else f"{about(span)} after them"


@dataclass(frozen=True, kw_only=True)
class _Check:
    """A plan's check and what is to follow if every arm passes."""

    run: DryRun
    should_start: bool


def drop_other_checks(experiment: ExperimentConfig) -> None:
    """End the checks of all other plans: they are of no use any more."""
    for check in list(_checks().values()):
        if _content(check.run.experiment) != _content(experiment):
            _drop(check)


def offer_command(experiment: ExperimentConfig) -> None:
    """Offer the command line that does the same."""
    popover = st.popover("Copy as command", icon=":material/terminal:", key="command", on_change="rerun")
    if popover.open:
        with popover:
            st.code(command_of(experiment), language="bash", wrap_lines=True)
            st.markdown("Runs the same experiment on this server and writes the result as JSON.")


def offer_again(experiment: ExperimentConfig) -> None:
    """Lead to *Setup* with the choices of an experiment, where all its models can be chosen there."""
    offered = {Arm(kind=spec.kind) for spec in ARMS if spec.choice}
    plain = [arm.model_copy(update={"is_balanced": False}) for arm in experiment.arms]
    if all(arm in offered or is_rival(arm) for arm in plain):
        query = {"dataset": experiment.dataset_fingerprint, AGAIN: experiment.experiment_id}
        st.page_link("setup.py", label="Run again with changes", icon=":material/edit:", query_params=query)


def is_rival(arm: Arm) -> bool:
    """Whether it is a further base model that is fine-tuned beside the first."""
    return arm.kind is FINE_TUNED.kind and arm.base_model is not None and not arm.is_balanced


def draw_check(experiment: ExperimentConfig) -> bool:
    """Draw how a plan's check goes or how it has ended, if there is one; return whether it is on its way.

    One that has passed is queued if that was asked for.
    """
    check = _check_of(experiment)
    if check is None:
        return False
    if is_busy(experiment):
        live_part(_watch, POLL_S)(check)
        return True
    plan, known = check.run.experiment, check.run.checks()
    failed = [arm for arm in neural_arms(plan) if not known[arm.name].is_passed]
    for arm in failed:
        found, name = known[arm.name], literal(label_of(arm))
        words = f"**{name} cannot run.** {literal(found.problem)}  \n{literal(found.remedy)}"
        st.error(words, icon=":material/error:")
    if failed:
        st.markdown("Nothing was queued.")
    elif check.should_start:
        _drop(check)
        with st.spinner("Drawing the splits …") if plan.series else contextlib.nullcontext():
            launch(workspace(), plan, promise_of(plan))
        remember("dataset", plan.dataset_fingerprint)
        remember("experiment", plan.experiment_id)
        st.switch_page("runs.py", query_params={"experiment": plan.experiment_id})
    else:
        st.success("The check passed for every model.", icon=":material/check_circle:")
    return False


def is_busy(experiment: ExperimentConfig) -> bool:
    """Whether this very plan is being checked."""
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
        begin_anew()
    arms, known = neural_arms(check.run.experiment), check.run.checks()
    waiting = [arm for arm in arms if arm.name not in known]
    name = literal(label_of(waiting[0])) if waiting else "done"
    done = len(arms) - len(waiting)
    st.progress(done / len(arms), f"Checking {name}: {done} of {plural(len(arms), 'model')} done")
    is_download = check.run.limit_s == DOWNLOAD_LIMIT_S
    hint = "A base model is downloaded first. " if is_download else ""
    st.markdown(f"{hint}{duration(check.run.elapsed_s)} so far. Nothing is queued yet.")
    if st.button("Cancel the check", icon=":material/close:", width="stretch"):
        _drop(check)
        st.rerun()
