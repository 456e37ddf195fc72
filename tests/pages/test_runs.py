"""*Runs*: empty, running, finished, failed and cancelled."""

from tests.pages.fixtures import (
    add_experiment,
    fail_run,
    finish_all,
    finish_run,
    runs_of,
    start_run,
    store_sample_dataset,
)
from tests.pages.reading import figures_of, links_of, open_page, query_of, text_of
from tl_core.schema import State


def states(workspace, experiment):
    return [run.state for run in workspace.database.list_runs(experiment.experiment_id)]


def row_of(app, position):
    return app.dataframe[0].value.iloc[position]


def button(app, key):
    return next(one for one in app.button if one.key == key)


def test_without_an_experiment_it_leads_to_design(app):
    open_page(app, "runs")
    assert "Nothing has been started yet" in text_of(app)
    assert links_of(app) == ["Design"]


def test_queued_runs_wait_without_a_curve(app, workspace):
    add_experiment(workspace, store_sample_dataset(workspace))
    open_page(app, "runs")
    assert "No evaluation yet." in figures_of(app)[0]
    assert row_of(app, 0)["State"] == "queued"
    assert "The run has not begun." in app.code[0].value


def test_a_running_run_shows_curve_phase_speed_and_alert(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace))
    start_run(workspace, runs_of(workspace, experiment)[2])
    open_page(app, "runs", experiment=experiment.experiment_id)
    assert row_of(app, 2)[["State", "Steps"]].tolist() == ["training", 100 * 16 / 60]
    assert "cpu · float32 · 320 tokens/s · 900 MiB memory" in text_of(app)
    assert "From scratch, seed 0, still predicts one class after 7.8 epochs." in text_of(app)
    assert "From scratch" in figures_of(app)[0]


def test_the_first_verdict_is_marked_as_one_seed(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), num_seeds=2)
    for run in runs_of(workspace, experiment)[:4]:
        finish_run(workspace, run, 0.95 if run.arm.kind.value == "fine_tuned" else 0.4)
    open_page(app, "runs", experiment=experiment.experiment_id)
    assert "The verdict so far" in text_of(app)
    assert "one seed" in text_of(app)
    assert "Compare" in links_of(app)


def test_finished_runs_show_their_test_value_and_lead_to_compare(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace))
    finish_all(workspace, experiment, fine_tuned=0.95)
    open_page(app, "runs", experiment=experiment.experiment_id)
    assert links_of(app) == ["All 4 runs have ended: compare them"]
    assert round(row_of(app, 3)["Test"], 1) == 94.4
    assert "Reason" not in row_of(app, 0)
    assert not [one for one in app.button if one.key in ("cancel_all", "cancel_one")]


def test_a_failed_run_says_why_and_what_to_do(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace))
    *others, last = runs_of(workspace, experiment)
    for run in others:
        finish_run(workspace, run)
    fail_run(workspace, last, "Expected a finite loss; got nan.")
    open_page(app, "runs", experiment=experiment.experiment_id)
    shown = app.error[0].value
    assert "Fine\\-tuned, seed 0** diverged" in shown
    assert "Choose a smaller learning rate." in shown
    assert row_of(app, 3)["Reason"] == "Expected a finite loss; got nan."
    assert app.selectbox[0].value == last.run_id


def test_when_nothing_finished_there_is_no_way_to_compare(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), ("scratch",))
    fail_run(workspace, runs_of(workspace, experiment)[0])
    open_page(app, "runs", experiment=experiment.experiment_id)
    assert "none has finished" in text_of(app)
    assert links_of(app) == []


def test_one_run_can_be_cancelled(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), ("scratch", "fine_tuned"))
    open_page(app, "runs", experiment=experiment.experiment_id)
    app.selectbox[0].select(runs_of(workspace, experiment)[1].run_id).run()
    button(app, "cancel_one").click().run()
    assert states(workspace, experiment) == [State.QUEUED, State.CANCELLED]
    assert row_of(app, 1)["State"] == "cancelled"


def test_all_that_remain_can_be_cancelled(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), ("scratch", "fine_tuned"))
    finish_run(workspace, runs_of(workspace, experiment)[0])
    open_page(app, "runs", experiment=experiment.experiment_id)
    button(app, "cancel_all").click().run()
    assert states(workspace, experiment) == [State.FINISHED, State.CANCELLED]
    assert "nothing to compare" in text_of(app)


def test_the_curves_follow_the_switch(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace))
    finish_all(workspace, experiment)
    open_page(app, "runs", experiment=experiment.experiment_id)
    over = next(one for one in app.segmented_control if one.key == "live_x")
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
    assert row_of(app, 0)["Arm"] == "From scratch"


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
    assert app.code[0].value.splitlines() == lines[-200:]


def test_hostile_names_are_shown_as_they_are(app, workspace):
    hostile = "![x](https://example.org/x.png) <b>bold</b>"
    intake = store_sample_dataset(workspace, name=hostile)
    experiment = add_experiment(workspace, intake, (f"fine_tuned:{'org/_name_'}", "scratch"))
    finish_all(workspace, experiment)
    open_page(app, "runs", experiment=experiment.experiment_id)
    written = [element.value for kind in (app.markdown, app.caption) for element in kind]
    assert not [text for text in written if "![x](" in text or "<b>" in text]
