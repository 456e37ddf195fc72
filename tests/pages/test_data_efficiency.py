"""*Labels needed* on *Compare* and as a slide: offered, on the way, shown, and its numbers."""

import re

import pytest

from tests.pages.fixtures import add_experiment, finish_all, finish_run, runs_of, store_sample_dataset
from tests.pages.reading import figures_of, open_drawers, open_page, plain, query_of, text_of

CARD = "**How many labels does pretraining save?**"


@pytest.fixture
def intake(workspace):
    return store_sample_dataset(workspace)


@pytest.fixture
def single(workspace, intake):
    made = add_experiment(workspace, intake, ("majority", "scratch", "fine_tuned"), 2)
    finish_all(workspace, made, fine_tuned=0.95, scratch=0.4)
    return made


@pytest.fixture
def several(workspace, intake):
    made = add_experiment(workspace, intake, ("scratch", "fine_tuned"), 3, train_sizes=[6, 12, 33])
    finish_sizes(workspace, made)
    return made


def finish_sizes(workspace, experiment):
    values = {"fine_tuned": 0.03, "scratch": 0.015, "tfidf": 0.02}
    for run in runs_of(workspace, experiment):
        finish_run(workspace, run, min(1.0, 0.35 + values[run.arm.name] * run.train_size))


def offer(app):
    return next((one for one in app.button if ": 8 runs, " in one.label), None)


def test_one_size_is_met_with_an_offer_of_the_ladder(app, single):
    open_page(app, "results", tab="Labels needed", experiment=single.experiment_id)
    shown = text_of(app)
    assert CARD in shown
    assert "Fine-tuned and From scratch with 10, 25 training examples, 2 seeds" in shown
    assert offer(app) is not None


def test_what_the_offer_waits_for_is_said_beside_it(app, workspace, intake, single):
    add_experiment(workspace, intake, ("majority", "tfidf"))
    open_page(app, "results", tab="Labels needed", experiment=single.experiment_id)
    assert "2 queued runs (less than 1 min)" in text_of(app)


def test_one_click_queues_them_under_the_same_rules_and_leads_to_the_runs(app, workspace, single):
    open_page(app, "results", tab="Labels needed", experiment=single.experiment_id)
    offer(app).click().run()
    assert not app.exception
    newest = workspace.database.list_experiments()[0]
    assert [one.experiment_id for one in workspace.database.list_promises()] == [newest.experiment_id]
    assert query_of(app, "experiment") == newest.experiment_id
    assert (newest.train_sizes, newest.split, newest.training) == ((10, 25), single.split, single.training)
    open_page(app, "results", tab="Labels needed", experiment=single.experiment_id)
    assert "8 runs on the way" in text_of(app)
    assert offer(app) is None
    finish_sizes(workspace, newest)
    open_page(app, "results", tab="Labels needed", experiment=single.experiment_id)
    shown = text_of(app)
    assert re.search(r"\b38\.9% accuracy with 33 labels", shown)
    assert "on the way" not in shown


def test_several_sizes_show_the_curves_the_distance_and_the_numbers(app, several):
    open_drawers(open_page(app, "results", tab="Labels needed", experiment=several.experiment_id))
    shown = text_of(app)
    assert "It is not clear that pretraining saved labels" in shown
    assert "3 seeds, 18 test examples" in shown
    figure = next(one for one in figures_of(app) if "training examples, logarithmic" in one)
    assert "no labels shown to be saved (flagged)" in figure
    assert any("Labels saved" in one.value.columns for one in app.dataframe)
    assert offer(app) is None
    assert "Would narrow it most:** Fine-tuned with" in shown


def test_the_floor_has_no_curve(app, single):
    open_page(
        app, "results", tab="Labels needed", experiment=single.experiment_id, pair="fine_tuned~majority"
    )
    assert CARD not in text_of(app)


def test_it_is_a_slide_where_there_are_several_sizes(app, several, single):
    open_page(app, "results", experiment=several.experiment_id, present="5")
    assert any("It is not clear that pretraining saved labels" in plain(one.value) for one in app.header)
    assert any("training examples, logarithmic" in figure for figure in figures_of(app))
