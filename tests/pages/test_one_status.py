"""One status per result: page, slide, report, Understand, Runs and JSON say the same of a failed baseline."""

import json

import pytest

from tests.pages.fixtures import add_experiment, finish_all, runs_of, store_sample_dataset
from tests.pages.reading import open_page, text_of
from tl_core.export.report import report_of
from tl_core.results.comparison import gather
from tl_core.results.comparison_json import comparison_json

WORDS = "training from scratch failed in 2 seeds, so this is not a fair comparison yet"
BADGE = f"{WORDS[0].upper()}{WORDS[1:]}"
ADVICE = "Train all arms again, at learning rates searched on validation and for twice the steps."


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
        "compare": {"experiment": experiment.experiment_id},
        "home": {},
        "runs": {"experiment": experiment.experiment_id},
        "understand": {"experiment": experiment.experiment_id, "answer": "adapting"},
    }
    for page, query in shown_on.items():
        open_page(app, page, **query)
        assert BADGE in text_of(app), page
        assert WORDS in text_of(app).replace(BADGE, ""), f"{page}: the sentence says it too"
        assert "green" not in "".join(badges(app)), page
    open_page(app, "compare", experiment=experiment.experiment_id, present="1")
    assert BADGE in text_of(app)

    results = gather(workspace, experiment.experiment_id)
    report = report_of(workspace, results)
    assert BADGE in report
    assert "better: the interval excludes zero" not in report
    headline = json.loads(json.dumps(comparison_json(workspace, results)))["verdicts"][0]
    assert (headline["conclusion"], headline["status"]["code"]) == ("better", "baseline_failed")
    assert headline["status"]["words"] == WORDS
    assert WORDS in headline["sentence"]


def test_a_failed_baseline_gets_one_piece_of_advice_and_one_button(app, workspace, experiment):
    open_page(app, "compare", experiment=experiment.experiment_id)
    said = [one.value.replace("\\", "") for one in app.caption]
    assert [one for one in said if "learning rates searched" in one or "Train all" in one] == [ADVICE]
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
    assert BADGE in text_of(app)
    assert ADVICE in text_of(app)
