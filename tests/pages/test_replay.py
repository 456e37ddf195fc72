"""The cards of the race replayed and of the time to the same accuracy."""

import json
import re

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.fixtures import add_experiment, finish_all, store_sample_dataset
from tests.pages.reading import figures_of, open_drawers, text_of


def draw(experiment_id: str) -> None:
    from pages.cards.results.replay import draw_replay
    from pages.cards.results.time_to_accuracy import draw_time_to_accuracy
    from pages.ui.session import workspace
    from tl_core.results.comparison import gather

    results = gather(workspace(), experiment_id)
    draw_replay(results, results.headline)
    draw_time_to_accuracy(results, results.headline)


def shown(app, workspace, arms=("majority", "tfidf", "scratch", "fine_tuned"), **overrides):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), arms, 2, **overrides)
    finish_all(workspace, experiment, fine_tuned=0.95, scratch=0.5, tfidf=0.6)
    page = AppTest.from_function(draw, args=(experiment.experiment_id,), default_timeout=20).run()
    assert not page.exception, page.exception
    return page


def replayed(app, workspace, *arms):
    page = shown(app, workspace, *arms)
    assert len(figures_of(page)) == (0 if arms else 1), "the replay is drawn once it is asked for"
    next(button for button in page.button if button.label == "Replay it in 20 seconds").click().run()
    return page


def test_the_race_can_be_replayed_from_what_the_runs_recorded(app, workspace):
    page = replayed(app, workspace)
    figure = json.loads(figures_of(page)[0])
    assert len(figure["frames"]) == 81
    assert [button["label"][2:].strip() for button in figure["layout"]["updatemenus"][0]["buttons"]] == [
        "Play",
        "Pause",
        "Again",
    ]
    assert "lines their means" in text_of(page)
    assert "always the largest class" in figures_of(page)[0]


def test_arms_without_a_network_alone_have_nothing_to_replay(app, workspace):
    page = replayed(app, workspace, ("majority", "tfidf"))
    assert "nothing to replay" in figures_of(page)[0]
    assert "lines their means" not in text_of(page)


def test_time_to_the_same_accuracy_is_told_and_drawn(app, workspace):
    page = shown(app, workspace)
    assert re.search(r"^Fine-tuned .*From scratch .*\d+ s\b", text_of(page), re.MULTILINE)
    alt = json.loads(figures_of(page)[0])["layout"]["meta"]["alt"]
    assert "training seconds" in alt


def test_steps_can_be_shown_instead_of_seconds(app, workspace):
    page = shown(app, workspace)
    page.segmented_control(key="reaching_x_energy").set_value("step").run()
    assert "optimizer steps" in figures_of(page)[0]


@pytest.mark.parametrize("place", [0, 1])
def test_each_figure_has_its_numbers(app, workspace, place):
    columns = list(open_drawers(replayed(app, workspace)).dataframe[place].value.columns)
    assert {"Arm", "Seed", "Training seconds", "Validation examples"} <= set(columns)
