"""How far an experiment has come."""

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from tests.store.makers import make_run
from tl_core.results.progress import Download, experiment_progress, find_alerts, find_download, run_progress
from tl_core.schema import (
    Arm,
    BudgetRule,
    EvalFinished,
    Metric,
    PhaseStarted,
    Span,
    SplitName,
    State,
    StepLogged,
)
from tl_core.store.rows import Job, RunRow
from tl_core.store.tables import JobKind

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
        process_start=None,
    )


def placed(row, position):
    return dataclasses.replace(row, config=row.config.model_copy(update={"position": position}))


def to_plateau(row):
    training = row.config.training.model_copy(update={"budget": BudgetRule.PLATEAU, "cap_factor": 4.0})
    return dataclasses.replace(row, config=row.config.model_copy(update={"training": training}))


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
    assert progress.left == Span.of(20 + 50)
    assert progress.elapsed_s == pytest.approx(90)
    assert (progress.num_ended, progress.fraction) == (2, 0.5)


def test_a_running_run_is_projected_from_its_own_steps():
    runs = [run("a", State.RUNNING, started=0), run("b", State.QUEUED, "fine_tuned")]
    progress = experiment_progress(runs, {"a": training(10)}, moment(10))
    own = 5 / 0.25 * 0.75
    assert progress.left == Span.of(own + (8 + own)), "3 s of loading are not projected"


def test_a_machine_that_slept_does_not_change_what_is_left():
    runs = [run("a", State.RUNNING, started=0), run("b", State.QUEUED, "fine_tuned")]
    left = [experiment_progress(runs, {"a": training(10)}, moment(now)).left for now in (10, 28_800)]
    assert left[0] == left[1]


def test_nothing_measured_gives_no_estimate():
    runs = [run("a", State.FINISHED, "tfidf", started=0, finished=3), run("b", State.RUNNING, started=3)]
    assert experiment_progress(runs, {}, moment(4)).left is None


def test_what_nothing_has_measured_here_takes_what_was_estimated():
    runs = [placed(run("a", State.RUNNING, started=0), 0), placed(run("b", State.QUEUED, "fine_tuned"), 1)]
    expected = [Span.of(40.0), Span(low_s=100.0, high_s=300.0)]
    progress = experiment_progress(runs, {}, moment(15), expected)
    assert progress.left == Span(low_s=25.0 + 100.0, high_s=25.0 + 300.0)


def test_what_trains_before_is_left_too():
    runs = [placed(run("a", State.QUEUED), 0)]
    ahead = Span.of(600.0)
    assert experiment_progress(runs, {}, moment(0), [Span.of(40.0)], ahead).left == Span.of(640.0)
    assert experiment_progress(runs, {}, moment(0), [Span.of(40.0)], None).left is None
    ended = [run("a", State.FINISHED, started=0, finished=30)]
    assert experiment_progress(ended, {}, moment(900), None, None).left == Span.of(0.0)


def test_the_newest_run_of_an_arm_counts_and_not_the_mean_of_all():
    runs = [
        run("a", State.FINISHED, started=0, finished=10),
        run("b", State.FINISHED, started=10, finished=90),
        run("c", State.QUEUED),
    ]
    assert experiment_progress(runs, {}, moment(90)).left == Span.of(80.0)


def test_runs_that_were_measured_on_an_idle_machine_wait_longer_on_a_busy_one():
    runs = [
        run("a", State.FINISHED, "fine_tuned", started=0, finished=20),
        run("b", State.RUNNING, started=20),
        run("c", State.QUEUED, "fine_tuned"),
    ]
    slow = [event.model_copy(update={"train_s": 5 * event.train_s}) for event in training(10)]
    progress = experiment_progress(runs, {"a": training(40), "b": slow}, moment(30))
    own = 5 / 0.25 * 0.75
    assert progress.left == Span.of(own + 5 * 20)


def test_a_frozen_arms_speed_says_nothing_of_a_whole_network():
    runs = [
        run("a", State.FINISHED, "fine_tuned", started=0, finished=20),
        run("b", State.FINISHED, "frozen", started=20, finished=22),
        run("c", State.QUEUED, "fine_tuned"),
    ]
    quick = [event.model_copy(update={"train_s": event.train_s / 9}) for event in training(40)]
    progress = experiment_progress(runs, {"a": training(40), "b": quick}, moment(30))
    assert progress.left == Span.of(20.0)


def test_up_to_a_plateau_each_run_has_its_own_length():
    runs = [
        to_plateau(run("a", State.FINISHED, started=0, finished=30)),
        to_plateau(run("b", State.FINISHED, started=30, finished=80)),
        to_plateau(run("c", State.QUEUED)),
    ]
    assert experiment_progress(runs, {}, moment(80)).left == Span(low_s=30.0, high_s=50.0)


def test_a_running_run_up_to_a_plateau_has_a_least_and_a_most():
    runs = [to_plateau(run("a", State.RUNNING, started=0))]
    progress = experiment_progress(runs, {"a": training(8, num_steps=80)}, moment(10))
    assert progress.left == Span(low_s=(40 - 8) * 0.5, high_s=(80 - 8) * 0.5)


def test_a_finished_experiment_stops_its_clock():
    progress = experiment_progress([run("a", State.FINISHED, started=0, finished=30)], {}, moment(900))
    assert (progress.elapsed_s, progress.left, progress.fraction) == (30.0, Span.of(0.0), 1.0)


def test_the_running_run_stands_for_now():
    runs = [run("a", State.FINISHED, started=0, finished=30), run("b", State.RUNNING, started=30)]
    events = {"a": training(40), "b": training(5)}
    assert experiment_progress(runs, events, moment(35)).latest.run.run_id == "b"
    assert experiment_progress(runs, {"a": training(40)}, moment(35)).latest.run.run_id == "a"


def alerts(events, state=State.RUNNING, arm="scratch", floor=None):
    runs = [run("a", state, arm, started=0), run("b", state, arm, started=0)]
    by_run = dict.fromkeys("ab", events)
    found = find_alerts(experiment_progress(runs, by_run, moment(20)), by_run, floor)
    return {phrase: [one.run_id for one in concerned] for phrase, concerned in found.items()}


def evaluation(step, loss):
    return EvalFinished(
        split=SplitName.VALIDATION, num_examples=100, loss=loss, accuracy=0.9, macro_f1=0.9,
        predicted_class_counts=(50, 50), **stamp(step),
    )  # fmt: skip


def course(validation_losses, train_losses):
    """Make the events of a run that is read and evaluated every 10 steps, one epoch each."""
    return [
        event
        for place, (train, validation) in enumerate(zip(train_losses, validation_losses, strict=True))
        for event in (
            StepLogged(loss=train, learning_rate=1e-4, grad_norm=1.0, memory_mib=1.0, **stamp(10 * place)),
            evaluation(10 * place, validation),
        )
    ]


def test_a_ranking_is_held_against_chance_and_not_against_the_largest_class():
    one = run("a", State.RUNNING, "scratch", started=0)
    ranked = dataclasses.replace(one, config=one.config.model_copy(update={"headline_metric": Metric.AUROC}))
    constant = training(20, counts=(100, 0))
    for auroc, expected in ((0.9, []), (0.5, ["ranks the two labels no better than chance after 2 epochs"])):
        events = {
            "a": [
                event.model_copy(update={"auroc": auroc}) if isinstance(event, EvalFinished) else event
                for event in constant
            ]
        }
        assert list(find_alerts(experiment_progress([ranked], events, moment(20)), events, 0.9)) == expected


def test_one_class_after_two_epochs_is_said():
    assert alerts(training(20, counts=(100, 0))) == {
        "still answers one label for all after 2 epochs": ["a", "b"]
    }


def test_a_loss_that_does_not_fall_is_said():
    assert alerts(training(10, losses=(1.0, 1.1))) == {
        "has not lowered the training loss after 1 epoch": ["a", "b"]
    }


def test_no_better_than_the_largest_class_is_said_with_its_numbers():
    assert alerts(training(20), floor=0.5) == {
        "is no better than always answering the most common label after 2 epochs "
        "(50.0% against 50.0% on 100 validation examples)": ["a", "b"]
    }


def test_one_class_is_not_said_twice():
    assert len(alerts(training(20, counts=(100, 0)), floor=0.5)) == 1


FALLING = [1.0, 0.8, 0.6, 0.4, 0.3]


def test_a_validation_loss_that_rises_while_the_training_loss_falls_is_said():
    assert alerts(course([1.0, 0.5, 0.52, 0.55, 0.6], FALLING)) == {
        "may be learning the examples by heart: since step 10 the training loss falls and the validation "
        "loss has risen from 0.50 to 0.60 nats": ["a", "b"]
    }


@pytest.mark.parametrize(
    ("validation", "train"),
    [
        ([1.0, 0.5, 0.51, 0.52, 0.54], FALLING),
        ([1.0, 0.8, 0.5, 0.6, 0.9], FALLING),
        ([1.0, 0.5, 0.52, 0.55, 0.6], [1.0, 0.8, 0.85, 0.9, 0.95]),
        (FALLING, FALLING),
    ],
    ids=["risen by noise", "risen a moment ago", "both rise", "both fall"],
)
def test_nothing_is_learned_by_heart_without_reason(validation, train):
    assert alerts(course(validation, train)) == {}


@pytest.mark.parametrize(
    "quiet",
    [
        {"events": training(5, counts=(100, 0))},
        {"events": training(20)},
        {"events": training(20), "floor": 0.49},
        {"events": training(5), "floor": 0.9},
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


def job(num_done, num_total):
    return Job(
        id=1, kind=JobKind.RUN, ref_id="a", payload={}, state=State.RUNNING, error=None, attempts=1, pid=1,
        process_start="0.0@", cancel_requested=False, num_done=num_done, num_total=num_total,
        created_at="", started_at=None, finished_at=None,
    )  # fmt: skip


def download(phase, num_done, num_total):
    events = [PhaseStarted(phase=phase, **stamp(0))]
    return find_download(run_progress(run("a", State.RUNNING, started=0), events), job(num_done, num_total))


def test_a_download_is_told_while_the_base_model_is_loaded():
    found = download("loading", 67, 268)
    assert found == Download(done_mib=67, total_mib=268)
    assert found.fraction == 0.25
    assert download("loading", 5, 0).fraction == 0.0, "the hub has not said how much it is"


@pytest.mark.parametrize("over", [("loading", 0, 0), ("loading", 268, 268), ("training", 67, 268)])
def test_without_a_download_none_is_told(over):
    assert download(*over) is None
