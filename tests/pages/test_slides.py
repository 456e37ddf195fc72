"""Presenter mode: one thought a slide, the slide in the URL, nothing to set."""

import json

import pytest

from tests.pages.fixtures import add_experiment, finish_all, store_sample_dataset
from tests.pages.reading import figures_of, open_page, query_of, targets_of, text_of
from tl_core.results.comparison import gather


@pytest.fixture
def experiment(workspace):
    made = add_experiment(workspace, store_sample_dataset(workspace), num_seeds=2)
    finish_all(workspace, made, fine_tuned=0.95, scratch=0.4, tfidf=0.6)
    return made


def button(app, label):
    return next(one for one in app.button if one.label == label)


def thought(app):
    """Return what the slide says in large type."""
    component = next(one for one in app.get("bidi_component") if one.proto.component_name == "large_text")
    return json.loads(component.proto.json)["thought"]


def present(app, experiment, slide, **query):
    return open_page(app, "compare", experiment=experiment.experiment_id, present=str(slide), **query)


def test_present_begins_with_the_claim(app, workspace, experiment):
    open_page(app, "compare", experiment=experiment.experiment_id)
    button(app, "Present").click().run()
    assert query_of(app, "present") == "1"
    results = gather(workspace, experiment.experiment_id)
    assert results.headline.claim in thought(app)
    assert "1 of 6" in text_of(app)


@pytest.mark.parametrize(
    ("slide", "words"),
    [
        (2, "94.4%"),
        (3, "From scratch"),
        (4, "gains most"),
        (5, "36 answers"),
        (6, "The same for all runs"),
    ],
)
def test_each_slide_says_one_thing_in_large_type_with_at_most_one_figure(app, experiment, slide, words):
    present(app, experiment, slide)
    assert words in thought(app)
    assert len(figures_of(app)) == (0 if slide == 6 else 1)


def test_a_slide_has_no_controls_but_the_steps(app, workspace, experiment):
    add_experiment(workspace, store_sample_dataset(workspace))  # a second one, to choose from on Compare
    present(app, experiment, 2)
    assert not app.selectbox
    assert not app.segmented_control
    assert not app.dataframe
    assert [one.label for one in app.button] == ["Back", "Next", "End"]


def test_the_arrow_keys_and_escape_lead_on_back_and_out(app, experiment):
    present(app, experiment, 2)
    keys = {one.label: one.proto.shortcut for one in app.button}
    assert keys == {"Back": "left", "Next": "right", "End": "escape"}
    button(app, "Next").click().run()
    assert query_of(app, "present") == "3"
    button(app, "Back").click().run()
    assert query_of(app, "present") == "2"
    button(app, "End").click().run()
    assert "present" not in app.query_params
    assert "**Training**" in text_of(app)


def test_the_first_slide_has_nothing_before_and_the_last_nothing_after_it(app, experiment):
    present(app, experiment, 1)
    assert (button(app, "Back").disabled, button(app, "Next").disabled) == (True, False)
    present(app, experiment, 6)
    assert (button(app, "Back").disabled, button(app, "Next").disabled) == (False, True)


@pytest.mark.parametrize(
    ("wanted", "shown"), [("99", "6 of 6"), ("0", "1 of 6"), ("-3", "1 of 6"), ("x", "1 of 6")]
)
def test_a_number_beyond_the_slides_shows_the_nearest(app, experiment, wanted, shown):
    present(app, experiment, wanted)
    assert shown in text_of(app)


def test_the_pair_of_the_url_is_presented(app, experiment):
    present(app, experiment, 5, pair="fine_tuned~tfidf")
    assert "only TF-IDF" in thought(app)


def test_without_a_verdict_the_page_itself_is_shown(app, workspace):
    made = add_experiment(workspace, store_sample_dataset(workspace))
    present(app, made, 1)
    assert targets_of(app) == [("runs", f"experiment={made.experiment_id}")]
    assert "present" not in app.query_params


def test_without_an_experiment_the_page_says_so(app):
    open_page(app, "compare", present="1")
    assert targets_of(app) == [("design", "")]


def test_a_slide_of_no_experiment_named_shows_the_page_with_its_way_out(app, experiment):
    app.session_state["words_compare"] = True
    open_page(app, "compare", present="1")
    assert len(app.title) == 1
    assert ("understand", "") in targets_of(app)
