"""How far an experiment has come."""

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from tests.store.makers import make_run
from tl_core.results.progress import experiment_progress, find_alerts, run_progress
from tl_core.schema import Arm, EvalFinished, PhaseStarted, SplitName, State, StepLogged
from tl_core.store.rows import RunRow

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def moment(seconds):
    return START + timedelta(seconds=seconds)


def run(run_id, state, arm="scratch", started=None, finished=None):
    config = make_run(run_id).model_copy(update={"arm": Arm.parse(arm), "train_size": 100})
    return RunRow(
        config=config,
        name=run_id,
        state=state,
        error=None,
        created_at=START.isoformat(),
        started_at=moment(started).isoformat() if started is not None else None,
        finished_at=moment(finished).isoformat() if finished is not None else None,
        job_id=None,
        pid=None,
        process_created=None,
    )


def stamp(step, seq=0):
    times = {"train_s": step * 0.5, "wall_s": 3 + step * 0.5}
    return {"seq": seq, "step": step, "examples_seen": 10 * step, "tokens_seen": 200 * step, **times}


def training(step, num_steps=40, counts=(50, 50), losses=(1.0, 0.5)):
    """Make the events of a run up to ``step``."""
    logged = [
        StepLogged(loss=loss, learning_rate=1e-4, grad_norm=1.0, memory_mib=700.0, **stamp(step))
        for loss in losses
    ]
    evaluation = EvalFinished(
        split=SplitName.VALIDATION, num_examples=100, loss=1.0, accuracy=0.5, macro_f1=0.5,
        predicted_class_counts=counts, **stamp(step),
    )  # fmt: skip
    return [PhaseStarted(phase="training", num_steps=num_steps, **stamp(0)), *logged, evaluation]


def test_a_running_run_tells_phase_share_throughput_and_memory():
    progress = run_progress(run("r", State.RUNNING, started=0), training(10))
    assert progress.phase == "training"
    assert progress.fraction == pytest.approx(0.25)
    assert progress.tokens_per_s == pytest.approx(400)
    assert progress.memory_mib == 700.0


def test_a_run_without_events_has_done_nothing():
    progress = run_progress(run("r", State.QUEUED), [])
    assert (progress.phase, progress.fraction, progress.tokens_per_s) == ("", 0.0, None)


def test_what_is_left_is_what_runs_of_the_same_arm_took():
    runs = [
        run("a", State.FINISHED, started=0, finished=30),
        run("b", State.FINISHED, "fine_tuned", started=30, finished=80),
        run("c", State.RUNNING, started=80),
        run("d", State.QUEUED, "fine_tuned"),
    ]
    progress = experiment_progress(runs, {}, moment(90))
    assert progress.left_s == pytest.approx(20 + 50)
    assert progress.elapsed_s == pytest.approx(90)
    assert (progress.num_ended, progress.fraction) == (2, 0.5)


def test_a_running_run_is_projected_from_its_own_steps():
    runs = [run("a", State.RUNNING, started=0), run("b", State.QUEUED, "fine_tuned")]
    progress = experiment_progress(runs, {"a": training(10)}, moment(10))
    assert progress.left_s == pytest.approx(30 + 40)


def test_nothing_measured_gives_no_estimate():
    runs = [run("a", State.FINISHED, "tfidf", started=0, finished=3), run("b", State.RUNNING, started=3)]
    assert experiment_progress(runs, {}, moment(4)).left_s is None


def test_a_finished_experiment_stops_its_clock():
    progress = experiment_progress([run("a", State.FINISHED, started=0, finished=30)], {}, moment(900))
    assert (progress.elapsed_s, progress.left_s, progress.fraction) == (30.0, 0, 1.0)


def test_the_running_run_stands_for_now():
    runs = [run("a", State.FINISHED, started=0, finished=30), run("b", State.RUNNING, started=30)]
    events = {"a": training(40), "b": training(5)}
    assert experiment_progress(runs, events, moment(35)).latest.run.run_id == "b"
    assert experiment_progress(runs, {"a": training(40)}, moment(35)).latest.run.run_id == "a"


def alerts(events, state=State.RUNNING, arm="scratch"):
    runs = [run("a", state, arm, started=0), run("b", state, arm, started=0)]
    by_run = dict.fromkeys("ab", events)
    found = find_alerts(experiment_progress(runs, by_run, moment(20)), by_run)
    return {phrase: [one.run_id for one in concerned] for phrase, concerned in found.items()}


def test_one_class_after_two_epochs_is_said():
    assert alerts(training(20, counts=(100, 0))) == {"still predicts one class after 2 epochs": ["a", "b"]}


def test_a_loss_that_does_not_fall_is_said():
    assert alerts(training(10, losses=(1.0, 1.1))) == {
        "has not lowered its training loss after 1 epoch": ["a", "b"]
    }


@pytest.mark.parametrize(
    "quiet",
    [
        {"events": training(5, counts=(100, 0))},
        {"events": training(20)},
        {"events": []},
        {"events": training(20, counts=(100, 0)), "state": State.FINISHED},
        {"events": training(20, counts=(100, 0)), "arm": "majority"},
    ],
)
def test_no_alarm_without_reason(quiet):
    assert alerts(**quiet) == {}


def test_a_run_between_two_attempts_is_not_counted_as_ended():
    again = dataclasses.replace(run("a", State.QUEUED), started_at=moment(0).isoformat())
    assert experiment_progress([again], {}, moment(60)).num_ended == 0
