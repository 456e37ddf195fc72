"""The download of a comparison's report."""

from streamlit.testing.v1 import AppTest

from tests.pages.fixtures import add_experiment, finish_all, store_sample_dataset


def draw(experiment_id: str) -> None:
    from pages.cards.results.report import offer_report
    from pages.ui.session import workspace
    from tl_core.results.comparison import gather

    offer_report(gather(workspace(), experiment_id))


def test_the_report_is_offered_and_made_only_at_the_click(app, workspace, monkeypatch):
    experiment = add_experiment(workspace, store_sample_dataset(workspace))
    finish_all(workspace, experiment)
    monkeypatch.setattr("pages.cards.results.report.report_of", lambda *_: 1 / 0)
    shown = AppTest.from_function(draw, args=(experiment.experiment_id,), default_timeout=20).run()
    assert not shown.exception
    assert [button.label for button in shown.get("download_button")] == ["Download the report (HTML)"]
