"""What plans promised, what they took, and what is learned from it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.planning.test_estimate import BUILTIN, CPU, MEAN_TOKENS, make_plan
from tests.store.marking import mark_run
from tests.store.opening import open_workspace
from tl_core.planning.estimate import Ahead, Estimate, estimate, last_kept, learned_factor, make_promise
from tl_core.planning.machine import Throughput
from tl_core.planning.plan import queue_runs
from tl_core.schema import ExperimentConfig, Promise, Span, State, Took
from tl_core.store.rows import PromiseRow


def kept(
    took_s: float,
    *,
    low_s: float = 100.0,
    high_s: float = 100.0,
    device: str = "cpu",
    is_whole: bool = True,
    is_measured: bool = True,
) -> PromiseRow:
    """Return a promise of ``low_s`` to ``high_s`` seconds of work that took ``took_s``."""
    work = Span(low_s=low_s, high_s=high_s)
    promise = Promise(
        device=device,
        work=work,
        is_measured=is_measured,
        start=Span.of(0.0),
        first_verdict=work,
        total=work,
        num_first=1,
        num_runs=1,
    )
    took = Took(start_s=0.0, first_verdict_s=took_s, total_s=took_s, work_s=took_s, is_whole=is_whole)
    return PromiseRow(experiment_id="exp_1", promise=promise, took=took)


def open_promise() -> PromiseRow:
    return PromiseRow(experiment_id="exp_1", promise=kept(1.0).promise, took=None)


@pytest.mark.parametrize(
    ("newest_first", "factor"),
    [
        ([], 1.0),
        ([kept(150), kept(150)], 1.0),
        ([kept(150), kept(140), kept(160)], 1.5),
        ([kept(150), kept(9_000), kept(120)], 1.5),
        ([kept(130)] * 5 + [kept(60)] * 20, 1.3),
        ([kept(900)] * 3, 2.0),
        ([kept(1)] * 3, 0.5),
        ([kept(150, is_whole=False)] * 3, 1.0),
        ([kept(150, device="cuda: NVIDIA H200")] * 3, 1.0),
        ([open_promise(), kept(150), kept(150), kept(150)], 1.5),
        ([kept(150, is_measured=False)] * 3, 1.0),
    ],
    ids=[
        "none", "too few", "median", "one disturbed", "newest five", "bounded above", "bounded below",
        "not all finished", "another device", "one still open", "by a guess or a check",
    ],
)  # fmt: skip
def test_the_newest_few_promises_teach_by_their_median(
    newest_first: Sequence[PromiseRow], factor: float
) -> None:
    assert learned_factor(newest_first, "cpu") == pytest.approx(factor)


@pytest.mark.parametrize(("took_s", "factor"), [(100, 1.0), (250, 1.0), (400, 1.0), (600, 1.5), (50, 0.5)])
def test_within_a_promised_range_nothing_is_learned(took_s: float, factor: float) -> None:
    ranges = [kept(took_s, low_s=100, high_s=400)] * 3
    assert learned_factor(ranges, "cpu") == pytest.approx(factor)


def test_a_scaled_promise_is_compared_with_what_was_estimated_so_that_learning_stays() -> None:
    """Work is kept before scaling: a promise that learning made right must not teach that all was right."""
    cost = Estimate(runs=(Span.of(100.0),), num_first=1, is_measured=True, factor=1.5, disk_mib=0, basis="")
    promise = make_promise(cost, Ahead(), "cpu")
    assert promise is not None
    assert (promise.work, promise.total) == (Span.of(100.0), Span.of(150.0))


def test_a_promise_counts_from_the_moment_of_the_start_with_the_queue() -> None:
    cost = Estimate(
        runs=(Span.of(10.0), Span(low_s=20.0, high_s=80.0)),
        num_first=1,
        is_measured=True,
        factor=1.0,
        disk_mib=0,
        basis="",
    )
    promise = make_promise(cost, Ahead(num_runs=9, span=Span(low_s=50.0, high_s=60.0)), "cpu")
    assert promise == Promise(
        device="cpu",
        work=Span(low_s=30.0, high_s=90.0),
        is_measured=True,
        start=Span(low_s=50.0, high_s=60.0),
        first_verdict=Span(low_s=60.0, high_s=70.0),
        total=Span(low_s=80.0, high_s=150.0),
        num_first=1,
        num_runs=2,
    )


def test_behind_a_queue_of_unknown_length_nothing_is_promised() -> None:
    cost = Estimate(runs=(Span.of(10.0),), num_first=1, is_measured=True, factor=1.0, disk_mib=0, basis="")
    assert make_promise(cost, Ahead(num_runs=1, span=None), "cpu") is None


def test_the_last_kept_promise_is_of_runs_that_have_all_finished() -> None:
    newest_first = [open_promise(), kept(1, is_whole=False), kept(150), kept(90)]
    found = last_kept(newest_first)
    assert found is not None
    assert found[1].total_s == 150
    assert last_kept(newest_first[:2]) is None


def test_plans_that_take_half_as_long_again_make_the_next_estimate_longer_by_as_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = open_workspace(tmp_path / "workspace")
    moment = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    speed = Throughput(base_model="builtin", device="cpu", tokens_per_s=217)

    def plan_and_estimate(number: int) -> tuple[ExperimentConfig, Estimate]:
        plan = make_plan("scratch", "fine_tuned").model_copy(update={"experiment_id": f"exp_{number}"})
        facts = dict.fromkeys(("scratch", "fine_tuned"), BUILTIN)
        factor = learned_factor(workspace.database.list_promises(), "cpu")
        return plan, estimate(plan, facts, MEAN_TOKENS, CPU, [speed], factor=factor)

    def set_clock(at: datetime) -> None:
        monkeypatch.setattr("tl_core.store.database.now", at.isoformat)

    factors = []
    for number in range(5):
        plan, cost = plan_and_estimate(number)
        factors.append(cost.factor)
        set_clock(moment)
        queue_runs(workspace, plan, make_promise(cost, Ahead(num_runs=7, span=Span.of(3_600.0)), "cpu"))
        moment += timedelta(hours=2)  # it waits for longer than was thought, which is nothing to learn from
        for run, expected in zip(workspace.database.list_runs(plan.experiment_id), cost.runs, strict=True):
            set_clock(moment)
            mark_run(workspace.database, run.run_id, State.RUNNING)
            moment += timedelta(seconds=1.5 * expected.high_s)
            set_clock(moment)
            mark_run(workspace.database, run.run_id, State.FINISHED)
    assert factors == [1.0, 1.0, 1.0, pytest.approx(1.5, abs=0.01), pytest.approx(1.5, abs=0.01)]
    workspace.close()
