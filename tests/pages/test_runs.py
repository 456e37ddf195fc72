"""*Runs*: empty, running, finished, failed and cancelled."""

import re

import pytest

from tests.pages.fixtures import (
    add_experiment,
    fail_run,
    finish_all,
    finish_run,
    run_of,
    runs_of,
    start_run,
    store_sample_dataset,
)
from tests.pages.reading import (
    figures_of,
    headline_of,
    leave_for,
    open_page,
    page_of,
    query_of,
    says,
    targets_of,
    text_of,
)
from tests.pages.reading import plain as shown
from tests.planning.test_promises import kept
from tl_core.errors import DivergedError
from tl_core.jobs.outcome import ENDED_WITH_SUPERVISOR
from tl_core.jobs.queue import Queue
from tl_core.results.comparison import gather
from tl_core.schema import BudgetRule, State


def states(workspace, experiment):
    return [run.state for run in workspace.database.list_runs(experiment.experiment_id)]


def row_of(app, position):
    return next(one.value for one in app.dataframe if "Seed" in one.value).iloc[position]


def model_row(app, name):
    table = next(one.value for one in app.dataframe if "Seeds done" in one.value)
    return table.loc[table["Model"] == name].iloc[0]


def bars(app):
    return [shown(one.proto.text) for one in app.get("progress")]


def tiles(app):
    return {one.label: (shown(one.value), shown(one.delta)) for one in app.metric}


def let_load(workspace, run, num_done, num_total):
    """Let a queued run be loading its base model, of which some MiB have come."""
    start_run(workspace, run, 0)
    folder = workspace.run_folder(run.run_id)
    loading = folder.read_events()[0]
    folder.start_over()
    folder.append_event(loading)
    job_id = workspace.database.get_run(run.run_id).job_id
    Queue(workspace.database).record_progress(job_id, num_done, num_total)


def announcements(app):
    announcers = [one.proto for one in app.get("bidi_component") if one.proto.component_name == "announcer"]
    return [shown(one.json) for one in announcers]


def open_log(app):
    app.toggle[0].set_value(True).run()
    assert not app.exception, app.exception


def button(app, key):
    return next(one for one in app.button if one.key == key)


def test_without_an_experiment_it_leads_to_design(app):
    open_page(app, "runs")
    assert targets_of(app) == [("setup", "")]
    assert not app.metric


def test_queued_runs_wait_without_a_curve(app, workspace):
    add_experiment(workspace, store_sample_dataset(workspace))
    open_page(app, "runs")
    assert not figures_of(app), "an empty grid says nothing"
    assert says(app, "once a network has been evaluated twice")
    assert row_of(app, 0)["State"] == "waiting"
    assert model_row(app, "TF-IDF")[["Seeds done", "State"]].tolist() == ["0 of 1", "waiting"]
    open_log(app)
    assert len(app.code) == 1
    assert "the run began" not in app.code[0].value


def test_a_running_run_shows_curve_phase_speed_and_alert(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace))
    start_run(workspace, run_of(workspace, experiment, "scratch"))
    open_page(app, "runs", experiment=experiment.experiment_id)
    assert row_of(app, 0)[["State", "Progress"]].tolist() == ["training", 100 * 16 / 60]
    assert tiles(app)["Tokens per second"] == ("320", "mean of this run")
    assert tiles(app)["Device"] == ("CPU", "float32")
    assert tiles(app)["Memory"] == ("900 MiB", "process of this run")
    (bar,) = bars(app)
    assert "From scratch, seed 0 (1 of 1), step 16 of 60" in bar
    (alert,) = app.warning
    assert "From scratch, seed 0" in shown(alert.value)
    assert "7.8 epochs" in shown(alert.value)
    assert "From scratch" in figures_of(app)[0]


def test_a_base_models_download_is_a_bar_with_its_name_and_size(app, workspace):
    arms = ("fine_tuned:distilbert-base-uncased", "scratch")
    experiment = add_experiment(workspace, store_sample_dataset(workspace), arms)
    run = next(run for run in runs_of(workspace, experiment) if run.arm.base_model)
    let_load(workspace, run, 67, 268)
    open_page(app, "runs", experiment=experiment.experiment_id)
    now, download = bars(app)
    assert "step" not in now
    assert "DistilBERT base" in download
    assert download.endswith("67 of 268 MiB")
    assert app.get("progress")[1].proto.value == 25


def test_a_base_model_on_disk_is_not_downloaded(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), ("fine_tuned",))
    let_load(workspace, runs_of(workspace, experiment)[0], 0, 0)
    open_page(app, "runs", experiment=experiment.experiment_id)
    assert len(bars(app)) == 1


def test_of_several_sizes_the_one_that_trains_is_shown_until_another_is_chosen(app, workspace):
    intake = store_sample_dataset(workspace)
    experiment = add_experiment(workspace, intake, ("scratch", "fine_tuned"), train_sizes=(15, 30))
    first = runs_of(workspace, experiment)[0]
    assert first.train_size == 15
    start_run(workspace, first)
    open_page(app, "runs", experiment=experiment.experiment_id)
    assert "now" in figures_of(app)[0]
    assert "15 training examples" in bars(app)[0]
    size = next(one for one in app.segmented_control if one.key.startswith("live_size"))
    size.set_value("30").run()
    assert not figures_of(app)


def test_what_trains_stands_first_and_the_rest_in_order_of_work(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace))
    *before, last = runs_of(workspace, experiment)
    finish_run(workspace, before[0])
    start_run(workspace, last)
    open_page(app, "runs", experiment=experiment.experiment_id)
    assert [row_of(app, place)["State"] for place in range(4)] == ["training", "done", "waiting", "waiting"]
    assert "Training examples" not in row_of(app, 0), "all runs have the same"


def test_without_a_curve_there_are_no_numbers_of_it(app, workspace):
    add_experiment(workspace, store_sample_dataset(workspace))
    open_page(app, "runs")
    assert len(app.dataframe) == 2, "of the models and of the runs"


def test_under_a_plateau_what_is_left_is_a_range(app, workspace, monkeypatch):
    monkeypatch.setattr("tests.pages.fixtures.STEP_S", 30.0)
    experiment = add_experiment(
        workspace, store_sample_dataset(workspace), ("scratch",), budget=BudgetRule.PLATEAU
    )
    start_run(workspace, runs_of(workspace, experiment)[0], num_evaluations=2)
    open_page(app, "runs", experiment=experiment.experiment_id)
    assert tiles(app)["Time left"][0] == "4 to 31 min"
    assert bars(app)[0].endswith("step 8 of at most 60")


def test_behind_other_runs_it_says_after_how_many_it_starts_and_counts_them(app, workspace, monkeypatch):
    monkeypatch.setattr("tests.pages.fixtures.STEP_S", 30.0)
    intake = store_sample_dataset(workspace)
    other = add_experiment(workspace, intake, ("scratch", "fine_tuned"))
    waiting = add_experiment(workspace, intake, ("fine_tuned",))
    start_run(workspace, runs_of(workspace, other)[0])
    open_page(app, "runs", experiment=waiting.experiment_id)
    wait = re.search(r"\b2 queued runs \(about (\d+) min\)", text_of(app))
    assert wait
    left = tiles(app)["Time left, about"][0]
    assert int(left.removesuffix(" min")) > int(wait[1])
    open_page(app, "runs", experiment=other.experiment_id)
    assert "queued runs" not in text_of(app), "what is behind does not matter"


def test_runs_that_another_experiment_tries_again_first_are_told(app, workspace):
    intake = store_sample_dataset(workspace)
    failed = runs_of(workspace, add_experiment(workspace, intake, ("scratch",)))[0]
    fail_run(workspace, failed)
    experiment = add_experiment(workspace, intake, ("scratch", "fine_tuned"))
    finish_run(workspace, runs_of(workspace, experiment)[0])
    Queue(workspace.database).retry(failed.run_id)
    open_page(app, "runs", experiment=experiment.experiment_id)
    assert re.search(r"\b1 queued run \(.+ min\)", text_of(app))


def test_an_ended_experiment_says_what_was_promised_and_what_it_took(app, workspace):
    promise = kept(300.0, low_s=240.0, high_s=960.0).promise
    intake = store_sample_dataset(workspace)
    experiment = add_experiment(workspace, intake, ("fine_tuned",), promise=promise)
    open_page(app, "runs", experiment=experiment.experiment_id)
    assert "promised" not in text_of(app)
    finish_all(workspace, experiment)
    open_page(app, "runs", experiment=experiment.experiment_id)
    assert "promised 4 to 16 min and took less than 1 min." in text_of(app)


def test_a_network_below_the_largest_class_is_told(app, workspace, monkeypatch):
    monkeypatch.setattr("pages.cards.runs.live_view.floor_on_validation", lambda *asked: 0.99)
    monkeypatch.setattr("tl_core.results.progress.COLLAPSED_SHARE", 1.1)
    experiment = add_experiment(workspace, store_sample_dataset(workspace), ("scratch",))
    start_run(workspace, runs_of(workspace, experiment)[0])
    open_page(app, "runs", experiment=experiment.experiment_id)
    (alert,) = app.warning
    assert "From scratch, seed 0" in shown(alert.value)
    assert "most common label" in shown(alert.value)


def test_the_first_verdict_is_marked_as_one_seed(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), num_seeds=2)
    for run in runs_of(workspace, experiment)[:4]:
        finish_run(workspace, run, 0.95 if run.arm.kind.value == "fine_tuned" else 0.4)
    open_page(app, "runs", experiment=experiment.experiment_id)
    assert "Result so far" in text_of(app)
    assert [one.code for one in headline_of(workspace, experiment).reservations][:2] == [
        "interim",
        "one_seed",
    ]
    assert "So far: 1 of 2 seeds" in text_of(app)
    assert "1 seed" in text_of(app)
    assert targets_of(app) == [("results", f"experiment={experiment.experiment_id}")]


def test_finished_runs_show_their_test_value_and_lead_to_compare(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace))
    finish_all(workspace, experiment, fine_tuned=0.95)
    open_page(app, "runs", experiment=experiment.experiment_id)
    assert targets_of(app) == [("results", f"experiment={experiment.experiment_id}")]
    assert headline_of(workspace, experiment).claim in text_of(app)
    assert round(row_of(app, 2)["Test"], 1) == 94.4
    assert "Reason" not in row_of(app, 0)
    assert not [one for one in app.button if one.key in ("cancel_all", "cancel_one")]


def test_a_failed_run_says_why_and_what_to_do(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace))
    failed = run_of(workspace, experiment, "fine_tuned")
    for run in runs_of(workspace, experiment):
        if run != failed:
            finish_run(workspace, run)
    fail_run(workspace, failed, "The loss became nan.")
    open_page(app, "runs", experiment=experiment.experiment_id)
    (told,) = app.error
    assert "Fine-tuned, seed 0** diverged" in shown(told.value)
    assert DivergedError.usual_remedy in shown(told.value)
    assert row_of(app, 2)["Reason"] == "The loss became nan."
    assert app.selectbox[0].value == failed.run_id


def test_when_nothing_finished_there_is_no_way_to_compare(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), ("scratch",))
    fail_run(workspace, runs_of(workspace, experiment)[0])
    open_page(app, "runs", experiment=experiment.experiment_id)
    assert says(app, "0 of 1 done, 1 failed.")
    assert targets_of(app) == []


def test_without_the_arms_in_question_the_others_can_be_compared(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace))
    for arm in ("majority", "tfidf", "scratch"):
        finish_run(workspace, run_of(workspace, experiment, arm))
    Queue(workspace.database).cancel_experiment(experiment.experiment_id)
    open_page(app, "runs", experiment=experiment.experiment_id)
    results = gather(workspace, experiment.experiment_id)
    assert results.headline is None
    assert results.verdicts
    assert targets_of(app) == [("results", f"experiment={experiment.experiment_id}")]
    assert says(app, "3 of 4 done, 1 cancelled.")


def test_one_run_can_be_cancelled(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), ("scratch", "fine_tuned"))
    open_page(app, "runs", experiment=experiment.experiment_id)
    app.selectbox[0].select(runs_of(workspace, experiment)[1].run_id).run()
    button(app, "cancel_one").click().run()
    assert states(workspace, experiment) == [State.QUEUED, State.CANCELLED]
    assert row_of(app, 1)[["State", "Reason"]].tolist() == ["cancelled", "cancelled by you"]
    assert says(app, "Cancelled by you.")


def test_all_that_remain_can_be_cancelled(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), ("scratch", "fine_tuned"))
    finish_run(workspace, runs_of(workspace, experiment)[0])
    open_page(app, "runs", experiment=experiment.experiment_id)
    button(app, "cancel_all").click().run()
    assert states(workspace, experiment) == [State.FINISHED, State.CANCELLED]
    assert targets_of(app) == []


def test_the_curves_follow_the_switch(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace))
    finish_all(workspace, experiment)
    open_page(app, "runs", experiment=experiment.experiment_id)
    over = next(one for one in app.segmented_control if one.key == "live_x_energy")
    over.set_value("examples_seen").run()
    assert "training examples seen" in figures_of(app)[0]


def test_the_newest_experiment_is_shown_and_others_can_be_chosen(app, workspace):
    intake = store_sample_dataset(workspace)
    old = add_experiment(workspace, intake, ("scratch",), name="first", experiment_id="exp_1")
    new = add_experiment(workspace, intake, ("fine_tuned",), name="second", experiment_id="exp_2")
    open_page(app, "runs")
    assert "second" in text_of(app)
    assert query_of(app, "experiment") == new.experiment_id
    app.selectbox[0].select(old.experiment_id).run()
    assert query_of(app, "experiment") == old.experiment_id
    assert row_of(app, 0)["Model"] == "From scratch"


def test_an_unknown_experiment_is_an_error_that_says_so(app, workspace):
    add_experiment(workspace, store_sample_dataset(workspace))
    open_page(app, "runs", experiment="exp_unknown")
    assert "exp_unknown" in text_of(app)


def test_the_log_shows_its_last_lines(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), ("scratch",))
    (run,) = runs_of(workspace, experiment)
    start_run(workspace, run)
    lines = [f"line {number}" for number in range(500)]
    workspace.run_folder(run.run_id).log_path.write_text("\n".join(lines))
    open_page(app, "runs")
    assert not app.code, "nothing is read before it is asked for"
    open_log(app)
    assert app.code[0].value.splitlines() == lines[-200:]


def test_of_a_long_log_only_the_end_is_read(app, workspace, monkeypatch):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), ("scratch",))
    (run,) = runs_of(workspace, experiment)
    start_run(workspace, run)
    workspace.run_folder(run.run_id).log_path.write_bytes(b"\xff" * 1000 + b"\nlast line\n")
    monkeypatch.setattr("pages.cards.runs.tables.LOG_BYTES", 20)
    open_page(app, "runs")
    open_log(app)
    assert app.code[0].value == 9 * "\ufffd" + "\nlast line"


def test_hostile_names_are_shown_as_they_are(app, workspace):
    hostile = "![x](https://example.org/x.png) <b>bold</b>"
    intake = store_sample_dataset(workspace, name=hostile)
    experiment = add_experiment(workspace, intake, (f"fine_tuned:{'org/_name_'}", "scratch"))
    finish_all(workspace, experiment)
    open_page(app, "runs", experiment=experiment.experiment_id)
    written = [element.value for kind in (app.markdown, app.caption) for element in kind]
    assert not [text for text in written if "![x](" in text or "<b>" in text]


def test_a_failed_run_is_run_again_by_one_click(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), ("scratch",), 2)
    for run in runs_of(workspace, experiment):
        fail_run(workspace, run)
    open_page(app, "runs", experiment=experiment.experiment_id)
    assert button(app, "again_0").label == "Run these 2 again"
    button(app, "again_0").click().run()
    assert states(workspace, experiment) == [State.QUEUED, State.QUEUED]
    assert not app.error
    assert row_of(app, 0)[["State", "Progress"]].tolist() == ["waiting", 0.0]
    assert not figures_of(app), "the curves of the old attempts are gone"


def cancel_all_but(workspace, experiment, num_done):
    """Finish some runs, let one fail, and cancel the others."""
    runs = runs_of(workspace, experiment)
    for run in runs[:num_done]:
        finish_run(workspace, run)
    fail_run(workspace, runs[num_done])
    Queue(workspace.database).cancel_experiment(experiment.experiment_id)


@pytest.mark.parametrize("page", ["runs", "results"])
def test_all_that_were_cancelled_and_nothing_else_are_run_by_one_click(app, workspace, page):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), ("scratch", "fine_tuned"), 3)
    cancel_all_but(workspace, experiment, 2)
    open_page(app, page, experiment=experiment.experiment_id)
    assert says(app, "3 runs were cancelled by you")
    assert button(app, "again_cancelled").label == "Run the 3 cancelled"
    button(app, "again_cancelled").click().run()
    assert states(workspace, experiment) == [State.FINISHED] * 2 + [State.FAILED] + [State.QUEUED] * 3
    assert not [one for one in app.button if one.key == "again_cancelled"]


def test_a_run_that_was_cancelled_has_not_failed(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), ("scratch", "fine_tuned"), 2)
    for run in runs_of(workspace, experiment)[:2]:
        finish_run(workspace, run)
    Queue(workspace.database).cancel_experiment(experiment.experiment_id)
    open_page(app, "runs", experiment=experiment.experiment_id)
    assert says(app, "2 of 4 done, 2 cancelled.")
    assert says(app, "2 runs were cancelled by you: From scratch, seed 1; Fine-tuned, seed 1.")
    assert says(app, "were cancelled in 1 of 2 seeds")
    assert not says(app, "did not finish")
    assert not app.error
    assert model_row(app, "Fine-tuned")[["Seeds done", "State"]].tolist() == ["1 of 2", "1 cancelled"]


def test_a_run_that_ended_with_the_server_is_not_said_to_be_cancelled_by_somebody(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), ("scratch",))
    fail_run(workspace, runs_of(workspace, experiment)[0], ENDED_WITH_SUPERVISOR, "cancelled")
    open_page(app, "runs", experiment=experiment.experiment_id)
    assert says(app, "1 run was stopped with the server")
    assert button(app, "again_cancelled").label == "Run the cancelled one"
    assert not says(app, "by you")


def test_a_model_has_one_row_with_its_mean_interval_seeds_and_median_time(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), ("scratch", "fine_tuned"), 3)
    tuned = [run for run in runs_of(workspace, experiment) if run.arm.kind.value == "fine_tuned"]
    finish_run(workspace, tuned[0], 0.9)
    finish_run(workspace, tuned[1], 0.7)
    start_run(workspace, tuned[2])
    open_page(app, "runs", experiment=experiment.experiment_id)
    row = model_row(app, "Fine-tuned")
    summary = gather(workspace, experiment.experiment_id).summaries["fine_tuned", experiment.split.train]
    assert row[["Seeds done", "State"]].tolist() == ["2 of 3", "training"]
    assert row["Test"] == pytest.approx(100 * summary.mean)
    assert row["Interval"] == " to ".join(f"{100 * end:.1f}" for end in summary.ci95)
    assert row["Each seed"] == pytest.approx([100 * value for value in summary.values])
    assert row["Seconds"] == 30.0, "60 steps of half a second"
    other = model_row(app, "From scratch")
    assert other[["Seeds done", "State"]].tolist() == ["0 of 3", "waiting"]
    assert other[["Test", "Interval", "Seconds"]].isna().all()
    assert says(app, f"on {experiment.split.test} test examples")


def test_every_training_size_of_a_model_has_its_row(app, workspace):
    experiment = add_experiment(
        workspace, store_sample_dataset(workspace), ("scratch", "fine_tuned"), train_sizes=(15, 30)
    )
    open_page(app, "runs", experiment=experiment.experiment_id)
    table = app.dataframe[0].value
    assert table["Training examples"].tolist() == [15, 30, 15, 30]
    assert "Test" not in table, "nothing is known yet"


def test_a_tile_is_not_drawn_before_its_number_is_known(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), ("scratch", "fine_tuned"))
    open_page(app, "runs", experiment=experiment.experiment_id)
    assert tiles(app)["Done"] == ("0 of 2", "2 waiting")
    assert not {"Tokens per second", "Device", "Memory"} & set(tiles(app))
    assert "–" not in str(tiles(app))
    start_run(workspace, runs_of(workspace, experiment)[0], 0)
    app.run()
    assert not {"Tokens per second", "Device", "Memory"} & set(tiles(app)), "it has begun and not trained yet"


@pytest.mark.parametrize(("num_since_start", "has_curve"), [(0, False), (1, True)])
def test_with_a_single_point_there_is_a_sentence_and_with_two_a_curve(
    app, workspace, num_since_start, has_curve
):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), ("scratch", "fine_tuned"))
    start_run(workspace, runs_of(workspace, experiment)[0], num_since_start)
    open_page(app, "runs", experiment=experiment.experiment_id)
    assert bool(figures_of(app)) is has_curve
    assert says(app, "once a network has been evaluated twice") is not has_curve
    assert bool([one for one in app.segmented_control if one.key.startswith("live_x")]) is has_curve


def test_without_a_network_there_is_no_word_of_curves(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), ("majority", "tfidf"))
    finish_all(workspace, experiment)
    open_page(app, "runs", experiment=experiment.experiment_id)
    assert not says(app, "curve")
    assert model_row(app, "TF-IDF")["Seeds done"] == "1 of 1"


def test_screen_readers_are_told_how_far_it_is_but_not_every_step(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), ("scratch", "fine_tuned"))
    first = runs_of(workspace, experiment)[0]
    start_run(workspace, first)
    open_page(app, "runs", experiment=experiment.experiment_id)
    (told,) = announcements(app)
    assert "0 of 2 done, 1 training, 1 waiting. 0% of the work." in told
    assert "Training now: From scratch, seed 0" in told
    assert "step" not in told


def test_a_cancelled_run_can_be_run_again_alone(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), ("scratch", "fine_tuned"))
    Queue(workspace.database).cancel_experiment(experiment.experiment_id)
    second = runs_of(workspace, experiment)[1].run_id
    open_page(app, "runs", experiment=experiment.experiment_id, run=second)
    button(app, "again_one").click().run()
    assert states(workspace, experiment) == [State.CANCELLED, State.QUEUED]


def test_waiting_runs_that_nobody_carries_out_are_told_and_set_going(app, workspace, monkeypatch):
    started = []
    monkeypatch.setattr("tl_core.jobs.client.ensure_supervisor", started.append)
    add_experiment(workspace, store_sample_dataset(workspace))
    open_page(app, "runs")
    assert not app.warning, "a supervisor may be on its way"
    monkeypatch.setattr("pages.cards.runs.live_view.START_S", 0.0)
    app.run()
    assert len(app.warning) == 1
    button(app, "go_on").click().run()
    assert len(started) == 1


def test_with_a_supervisor_waiting_is_no_matter(app, workspace, monkeypatch):
    monkeypatch.setattr("tl_core.jobs.client.supervisor_is_alive", lambda settings: True)
    monkeypatch.setattr("pages.cards.runs.live_view.START_S", 0.0)
    add_experiment(workspace, store_sample_dataset(workspace))
    open_page(app, "runs")
    assert not app.warning
    assert not [one for one in app.button if one.key == "go_on"]


def test_after_the_end_the_machine_is_that_of_the_last_run(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace))
    finish_all(workspace, experiment)
    open_page(app, "runs", experiment=experiment.experiment_id)
    assert tiles(app)["Tokens per second"] == ("320", "mean of the last run")
    assert tiles(app)["Device"] == ("CPU", "float32")
    assert says(app, "4 of 4 done.")
    assert "Done" not in tiles(app), "a sentence says it"
    assert bars(app) == []


def test_a_run_is_remembered_only_if_somebody_chose_it(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), ("scratch", "fine_tuned"))
    open_page(app, "runs", experiment=experiment.experiment_id)
    assert "run" not in app.query_params
    chosen = runs_of(workspace, experiment)[1].run_id
    app.selectbox[0].select(chosen).run()
    leave_for(app, "models")
    leave_for(app, "runs")
    assert app.selectbox[0].value == chosen


def test_an_experiment_without_runs_leads_to_a_new_one(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), ("scratch",))
    workspace.database.delete_run(runs_of(workspace, experiment)[0].run_id)
    for page in ("runs", "results"):
        open_page(app, page, experiment=experiment.experiment_id)
        assert targets_of(app) == [("setup", "")]
        assert not figures_of(app)


def test_an_unknown_experiment_does_not_hide_the_page_and_is_told_once(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace))
    open_page(app, "runs", experiment="exp_unknown")
    assert page_of(app) == "runs"
    assert app.title[0].value == "Runs"
    assert "exp_unknown" in shown(app.error[0].value)
    assert targets_of(app) == [("experiments", "")], "and no other experiment's runs"
    leave_for(app, "results")
    assert "exp_unknown" not in text_of(app)
    assert query_of(app, "experiment") == experiment.experiment_id


def test_the_axes_of_the_race_survive_a_visit_elsewhere(app, workspace):
    finish_all(workspace, add_experiment(workspace, store_sample_dataset(workspace)))
    open_page(app, "runs")
    next(one for one in app.segmented_control if one.key == "live_x_energy").set_value("step").run()
    leave_for(app, "models")
    leave_for(app, "runs")
    assert "optimizer steps" in figures_of(app)[0]


def test_when_no_finished_run_can_be_read_compare_says_why(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), ("tfidf", "scratch"))
    finish_all(workspace, experiment)
    for run in runs_of(workspace, experiment):
        (workspace.run_folder(run.run_id).path / "predictions.parquet").unlink()
    open_page(app, "runs", experiment=experiment.experiment_id)
    assert says(app, "2 of 2 done.")
    assert model_row(app, "TF-IDF")["State"] == "damaged"
    assert len(app.warning) == 2
    assert targets_of(app) == [("results", f"experiment={experiment.experiment_id}")]
