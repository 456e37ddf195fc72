"""Presenter mode: all slides drawn at once, one thought each, nothing to set."""

import json
import re

import pytest

from pages.cards.results.slides import NARROW
from tests.pages.fixtures import add_experiment, finish_all, store_sample_dataset
from tests.pages.reading import figures_of, open_page, plain, query_of, targets_of, text_of
from tests.pages.texts import TEXTS
from tl_core.results.comparison import gather


@pytest.fixture
def experiment(workspace):
    made = add_experiment(workspace, store_sample_dataset(workspace), num_seeds=2)
    finish_all(workspace, made, fine_tuned=0.95, scratch=0.4, tfidf=0.6)
    return made


def button(app, label):
    return next(one for one in app.button if one.label == label)


def present(app, experiment, slide=1, **query):
    return open_page(app, "results", experiment=experiment.experiment_id, present=str(slide), **query)


def told(app):
    """Return what the browser is told of the slides."""
    return json.loads(part(app).proto.json)


def part(app):
    return next(one for one in app.get("bidi_component") if one.proto.component_name == "slides")


def test_present_begins_with_the_question_and_comes_to_the_claim(app, workspace, experiment):
    open_page(app, "results", experiment=experiment.experiment_id)
    button(app, "Present").click().run()
    assert query_of(app, "present") == "1"
    assert told(app)["first"] == 1
    verdict = gather(workspace, experiment.experiment_id).headline
    assert [plain(one.value) for one in app.title] == [
        "How much does pretraining help on small reviews?",
        "What it means",
    ]
    assert verdict.claim in [plain(one.value) for one in app.header]
    assert f"+{100 * verdict.difference:.1f}" in text_of(app).splitlines()
    assert verdict.status.words in text_of(app)


def test_six_slides_and_an_appendix_are_drawn_at_once(app, experiment):
    present(app, experiment)
    assert told(app)["places"] == [f"{number} of 6" for number in range(1, 7)] + ["Appendix"]
    assert len(told(app)["titles"]) == 7
    assert len(figures_of(app)) == 4


def test_the_smallest_type_of_a_projected_figure_is_24_pixels(app, experiment):
    present(app, experiment)
    sizes = [int(size) for figure in figures_of(app) for size in re.findall(r'"size":(\d+)[,}]', figure)]
    assert min(size for size in sizes if size > 20) >= 24, "marks are smaller than any letter"


def test_on_a_telephone_figures_keep_the_type_of_a_page(app, experiment):
    present(app, experiment)
    assert told(app)["window"] == "wide"
    app.session_state[NARROW] = True
    app.run()
    assert told(app)["window"] == "narrow"
    sizes = [int(size) for figure in figures_of(app) for size in re.findall(r'"size":(\d+)[,}]', figure)]
    assert 8 < min(size for size in sizes if size > 8) <= 14


def test_slides_have_nothing_to_set(app, workspace, experiment):
    add_experiment(workspace, store_sample_dataset(workspace))  # a second one, to choose from on Results
    present(app, experiment)
    assert not app.selectbox
    assert not app.segmented_control
    assert not app.dataframe
    assert not app.button, "the keys and the controls are the browser's"


@pytest.mark.parametrize(("wanted", "first"), [("99", 7), ("0", 1), ("-3", 1), ("x", 1), ("4", 4)])
def test_a_number_beyond_the_slides_shows_the_nearest(app, experiment, wanted, first):
    present(app, experiment, wanted)
    assert told(app)["first"] == first


def test_the_pair_of_the_url_is_presented(app, experiment):
    present(app, experiment, pair="fine_tuned~tfidf")
    assert "TF-IDF in" in text_of(app)


def test_every_slide_says_one_sentence_of_at_most_twelve_words(app, workspace, experiment):
    present(app, experiment)
    said = [plain(one.value) for one in app.header]
    assert len(said) == 5
    assert all(len(one.split()) <= 12 for one in said), said
    rests = text_of(app).splitlines()
    assert any(" instead of " in one and one.endswith("medians over 2 seeds.") for one in rests)


def test_example_texts_are_shown_once_they_are_asked_for(app, experiment):
    present(app, experiment)
    texts = [text for of_label in TEXTS.values() for text in of_label]
    assert not any(text in text_of(app) for text in texts), "they may be private"
    present(app, experiment, texts="1")
    assert told(app)["shows_texts"]
    shown = [one.value for one in app.markdown if one.value.startswith("> ")]
    assert 1 <= len(shown) <= 3
    assert all(any(text in plain(one) for text in texts) for one in shown)


def test_what_it_means_tells_cost_limits_and_the_next_step(app, experiment):
    present(app, experiment)
    shown = text_of(app)
    assert "**Cost.** Training Fine-tuned took 30 s and 0.075 Wh on CPU (median of 2 runs)." in shown
    assert "This result is about this data, this split and these models." in shown
    assert "**Next.** " in shown


def test_without_a_verdict_the_page_itself_is_shown(app, workspace):
    made = add_experiment(workspace, store_sample_dataset(workspace))
    present(app, made, 1)
    assert targets_of(app) == [("runs", f"experiment={made.experiment_id}")]
    assert "present" not in app.query_params


def test_without_an_experiment_the_page_says_so(app):
    open_page(app, "results", present="1")
    assert targets_of(app) == [("setup", "")]


def test_a_slide_of_no_experiment_named_shows_the_page_with_its_way_out(app, experiment):
    app.session_state["words_results"] = True
    open_page(app, "results", present="1")
    assert len(app.title) == 1
    assert ("learn", "") in targets_of(app)
