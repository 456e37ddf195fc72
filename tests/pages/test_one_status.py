"""One status per result: page, slide, report, Understand, Runs and JSON say the same of a failed baseline."""

import json

import pytest

from tests.pages.fixtures import add_experiment, finish_all, runs_of, store_sample_dataset
from tests.pages.reading import open_page, text_of
from tl_core.export.comparison_json import comparison_json
from tl_core.export.report import report_of
from tl_core.results.comparison import gather

WORDS = "From scratch failed in 2 seeds: not a fair comparison yet"
ADVICE = "Train all models again, with learning rates searched and twice the steps."


@pytest.fixture
def experiment(workspace):
    made = add_experiment(workspace, store_sample_dataset(workspace), num_seeds=2)
    finish_all(workspace, made, fine_tuned=0.95, scratch=0.1, tfidf=0.6)
    return made


def badges(app):
    """Return the texts of all statuses."""
    looks = tuple(f":{color}-background" for color in ("green", "orange", "red", "gray"))
    return [one.value for one in app.markdown if one.value.startswith(looks)]


def test_every_place_shows_the_same_status_of_a_win_against_a_failed_baseline(app, workspace, experiment):
    shown_on = {
        "results": {"experiment": experiment.experiment_id},
        "home": {},
        "runs": {"experiment": experiment.experiment_id},
        "learn": {"experiment": experiment.experiment_id, "answer": "adapting"},
    }
    for page, query in shown_on.items():
        open_page(app, page, **query)
        assert WORDS in text_of(app), page
        assert "green" not in "".join(badges(app)), page
    open_page(app, "results", experiment=experiment.experiment_id, present="1")
    assert WORDS in text_of(app)

    results = gather(workspace, experiment.experiment_id)
    report = report_of(workspace, results)
    assert WORDS in report
    assert "Statistically clear" not in report
    headline = json.loads(json.dumps(comparison_json(workspace, results)))["verdicts"][0]
    assert (headline["conclusion"], headline["status"]["code"]) == ("better", "baseline_failed")
    assert headline["status"]["words"] == WORDS
    assert WORDS in headline["sentence"]


def test_what_a_failed_baseline_calls_for_is_said_by_its_button_alone(app, workspace, experiment):
    open_page(app, "results", experiment=experiment.experiment_id)
    assert ADVICE not in text_of(app)
    (remedy,) = [one for one in app.button if str(one.key).startswith("remedy_")]
    assert remedy.key == "remedy_search_rates_longer"
    remedy.click().run()
    assert not app.exception
    newest = workspace.database.list_experiments()[0]
    assert newest.rate_search is not None
    assert newest.training.epochs == 2 * experiment.training.epochs
    assert ADVICE in report_of(workspace, gather(workspace, experiment.experiment_id))


def test_side_by_side_shows_the_status_too(app, workspace, experiment):
    pair = [run for run in runs_of(workspace, experiment) if run.arm.kind.is_neural]
    open_page(app, "side_by_side", runs=",".join(run.run_id for run in pair))
    assert WORDS in text_of(app)
    assert ADVICE in text_of(app)
