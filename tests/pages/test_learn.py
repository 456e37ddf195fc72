"""*Understand*: empty, untried, on the way, tried and contradicted; and its glossary."""

import re

import pytest

from pages.cards.learn.answers import MEANINGS, SOLUTION
from pages.ui.missing_runs import NOT_TRIED
from tests.pages.fixtures import add_experiment, finish_all, finish_run, runs_of, store_sample_dataset
from tests.pages.reading import (
    figures_of,
    headline_of,
    leave_for,
    open_drawers,
    open_page,
    page_of,
    query_of,
    says,
    targets_of,
    text_of,
)
from tl_core.results.comparison import gather
from tl_core.results.pooled import Answer
from tl_core.schema import State


@pytest.fixture
def experiment(workspace):
    made = add_experiment(workspace, store_sample_dataset(workspace), num_seeds=2)
    finish_all(workspace, made, fine_tuned=0.95, scratch=0.4, tfidf=0.6)
    return made


def answers(app):
    return app.radio(key="answer")


def offer(app):
    return next((one for one in app.button if one.key == "try"), None)


def test_without_results_it_leads_to_the_samples_and_still_explains_words(app):
    open_page(app, "learn")
    assert page_of(app) == "learn"
    assert targets_of(app) == [("why_it_works", ""), ("", "")]
    assert not app.radio
    assert "**Seed.**" in text_of(app)


def test_nothing_is_told_before_an_answer_is_chosen(app, experiment):
    open_page(app, "learn")
    assert answers(app).value is None
    assert len(answers(app).options) == 4
    assert SOLUTION not in text_of(app)
    assert len(figures_of(app)) == 1, "the weights alone"


def test_a_tried_answer_shows_its_numbers_and_the_solution(app, workspace, experiment):
    open_page(app, "learn")
    answers(app).set_value("adapting").run()
    shown = text_of(app)
    verdict = headline_of(workspace, experiment)
    assert f"{100 * verdict.difference:.1f} points" in shown
    assert says(app, verdict.status.words)
    assert "2 seeds, 18 test examples" in shown
    assert SOLUTION in shown
    assert len(figures_of(app)) == 2
    assert query_of(app, "answer") == "adapting"
    assert offer(app) is None


def test_the_answer_of_the_url_is_shown_and_survives_a_visit_elsewhere(app, experiment):
    open_page(app, "learn", answer="scratch")
    assert answers(app).value == "scratch"
    assert MEANINGS[Answer.SCRATCH] in text_of(app)
    leave_for(app, "models")
    leave_for(app, "learn")
    assert answers(app).value == "scratch"


def test_an_unknown_answer_in_the_url_is_no_answer(app, experiment):
    open_page(app, "learn", answer="magic")
    assert answers(app).value is None


def test_wiping_is_said_to_be_training_from_scratch(app, experiment):
    open_page(app, "learn", answer="wiping")
    assert MEANINGS[Answer.WIPING] in text_of(app)
    words = f"{NOT_TRIED} Frozen and Random frozen with 33 training examples, 2 seeds"
    assert words in text_of(app)


def test_one_button_queues_exactly_the_missing_runs(app, workspace, experiment):
    open_page(app, "learn", answer="wiping")
    assert ": 4 runs, " in offer(app).label
    offer(app).click().run()
    assert not app.exception
    newest = workspace.database.list_experiments()[0]
    assert page_of(app) == "runs"
    assert query_of(app, "experiment") == newest.experiment_id
    queued = {(run.arm.name, run.train_size, run.seed) for run in runs_of(workspace, newest)}
    assert queued == {(arm, 33, seed) for arm in ("frozen", "frozen_random") for seed in (0, 1)}
    assert newest.split == experiment.split
    assert newest.training == experiment.training


def test_what_is_on_the_way_is_told_and_fills_in(app, workspace, experiment):
    open_page(app, "learn", answer="more_labels")
    offer(app).click().run()
    newest = workspace.database.list_experiments()[0]
    open_page(app, "learn", experiment=experiment.experiment_id)
    assert "12 runs on the way" in text_of(app)
    assert offer(app) is None
    for run in runs_of(workspace, newest):
        finish_run(workspace, run, 0.9 if run.arm.name == "fine_tuned" else 0.3)
    open_page(app, "learn", experiment=experiment.experiment_id)
    assert "on the way" not in text_of(app)
    assert re.search(r"\b4 labels .*\b33\b", text_of(app))
    assert re.search(r"8 times .*\bnot\b", text_of(app)), "what the labels did not make up for"
    assert '"type":"log"' in figures_of(app)[0]


def test_data_that_contradict_are_told(app, workspace):
    intake = store_sample_dataset(workspace)
    experiment = add_experiment(workspace, intake, ("scratch", "fine_tuned"), 3, train_sizes=[4, 33])
    for run in runs_of(workspace, experiment):
        finish_run(workspace, run, 0.55 if run.train_size == 4 else 1.0)
    open_page(app, "learn", answer="more_labels")
    assert "made up for pretraining" in text_of(app)
    assert headline_of(workspace, experiment).status.severity != "success"


def test_while_nothing_has_finished_it_says_so(app, workspace):
    add_experiment(workspace, store_sample_dataset(workspace))
    open_page(app, "learn", answer="adapting")
    assert "2 runs on the way" in text_of(app)
    assert not [one for one in app.markdown if "-background[" in one.value], "no claim yet"
    assert {run.state for run in workspace.database.list_runs()} == {State.QUEUED}


def test_without_the_dataset_nothing_is_offered(app, workspace, experiment):
    folder = workspace.dataset_folder(experiment.dataset_fingerprint)
    folder.rename(folder.with_name("gone"))
    open_page(app, "learn", answer="wiping")
    assert offer(app) is None
    assert NOT_TRIED not in text_of(app)


def test_every_figure_has_its_numbers(app, experiment):
    open_drawers(open_page(app, "learn", answer="adapting"))
    columns = [list(one.value.columns) for one in app.dataframe]
    assert len(columns) == len(figures_of(app)) == 2
    assert {"Seeds", "Test examples", "Training examples"} <= set(columns[0])


def test_a_hostile_name_is_shown_literally(app, workspace):
    name = "![x](https://example.org/x.png) **bold**"
    experiment = add_experiment(workspace, store_sample_dataset(workspace, name=name))
    finish_all(workspace, experiment)
    open_page(app, "learn", answer="adapting")
    assert not [one.value for one in (*app.markdown, *app.caption) if "![x](https" in one.value]


def test_the_word_of_the_url_is_explained_at_the_top(app):
    open_page(app, "learn", word="seed")
    assert app.info[0].value.startswith("**Seed.**")


def test_an_unknown_word_is_passed_over(app):
    open_page(app, "learn", word="<b>")
    assert not app.info


def test_the_glossary_can_be_searched(app):
    open_page(app, "learn")
    box = next(one for one in app.text_input if one.label == "Search the glossary")
    box.set_value("mcnemar").run()
    assert "**McNemar's test.**" in text_of(app)
    assert "**Dataset.**" not in text_of(app)
    box.set_value("quux").run()
    assert not [one for one in app.expander if one.label.endswith(("word", "words"))]


def test_experiments_that_add_nothing_are_not_read(app, workspace, experiment, monkeypatch):
    from pages.ui import readers as results

    intake = store_sample_dataset(workspace)
    finish_all(workspace, add_experiment(workspace, intake, num_seeds=2))
    further = add_experiment(workspace, intake, ("frozen", "frozen_random"), num_seeds=2)
    finish_all(workspace, further)
    gather(workspace, experiment.experiment_id)  # what each has asked is kept from now on
    gather(workspace, further.experiment_id)
    read, alone = [], results.gather_alone
    monkeypatch.setattr(
        results, "gather_alone", lambda here, one, keep: read.append(one) or alone(here, one, keep)
    )
    open_page(app, "learn", experiment=experiment.experiment_id)
    assert read == [experiment.experiment_id, further.experiment_id]
