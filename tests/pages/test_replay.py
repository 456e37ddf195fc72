"""The cards of the race replayed and of the time to the same accuracy."""

import json
import re

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.fixtures import add_experiment, finish_all, store_sample_dataset
from tests.pages.reading import figures_of, open_drawers, text_of

TIMES = "Time to the same score"


def draw(experiment_id: str) -> None:
    from pages.cards.results.training import draw_training
    from pages.ui.displays import subject_of
    from pages.ui.session import workspace
    from tl_core.results.comparison import gather

    results = gather(workspace(), experiment_id)
    draw_training(subject_of(results, results.headline))


def shown(app, workspace, view, arms=("majority", "tfidf", "scratch", "fine_tuned"), **overrides):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), arms, 2, **overrides)
    finish_all(workspace, experiment, fine_tuned=0.95, scratch=0.5, tfidf=0.6)
    page = AppTest.from_function(draw, args=(experiment.experiment_id,), default_timeout=20).run()
    assert not page.exception, page.exception
    page.segmented_control[0].set_value(view).run()
    assert not page.exception, page.exception
    return page


def replayed(app, workspace, *arms):
    return shown(app, workspace, "Replay", *arms)


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
    page = shown(app, workspace, TIMES)
    words = r"^Fine-tuned reached From scratch's best score .*\d+ s instead of \d+ s"
    assert re.search(words, text_of(page), re.MULTILINE)
    alt = json.loads(figures_of(page)[0])["layout"]["meta"]["alt"]
    assert "training seconds" in alt


def test_steps_can_be_shown_instead_of_seconds(app, workspace):
    page = shown(app, workspace, TIMES)
    page.segmented_control(key="reaching_x_energy").set_value("step").run()
    assert "optimizer steps" in figures_of(page)[0]


@pytest.mark.parametrize("view", ["Replay", TIMES])
def test_each_figure_has_its_numbers(app, workspace, view):
    columns = list(open_drawers(shown(app, workspace, view)).dataframe[0].value.columns)
    assert {"Model", "Seed", "Training seconds", "Validation examples"} <= set(columns)
