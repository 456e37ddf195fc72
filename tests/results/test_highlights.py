"""The few numbers beside a result: each of what it says it is, and none where there is nothing to say."""

import pytest

from tests.pages.fixtures import add_experiment, finish_all, store_sample_dataset
from tl_core.results.comparison import gather
from tl_core.results.curves import learning_curve_points
from tl_core.results.highlights import find_highlights


def highlights(workspace, arms, pair=None, **accuracies):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), arms, 2)
    finish_all(workspace, experiment, **accuracies)
    results = gather(workspace, experiment.experiment_id)
    curves = learning_curve_points((run.config, run.events) for run in results.finished)
    verdict = next(one for one in results.verdicts if pair is None or (one.a, one.b) == pair)
    return {one.name: one for one in find_highlights(results, verdict, curves)}, results


def test_the_four_numbers_are_those_of_the_results(workspace):
    arms = ("majority", "tfidf", "scratch", "frozen", "fine_tuned")
    pair = ("fine_tuned", "frozen")
    found, results = highlights(workspace, arms, pair, fine_tuned=0.95, frozen=0.4, scratch=0.3, tfidf=0.5)
    best = results.summaries["fine_tuned", 33].mean
    assert found["Best model"].value == f"{100 * best:.1f}%"
    assert found["Best model"].note.startswith("Fine-tuned, chosen on validation")
    against = next(one for one in results.verdicts if (one.a, one.b) == ("fine_tuned", "tfidf"))
    assert found["Fine-tuned against TF-IDF"].value == f"+{100 * against.difference:.1f} points"
    assert "instead of" in found["Time to the same score"].note
    assert found["Confidence of Fine-tuned"].note == f"{100 * best:.0f}% right on test."


def test_a_difference_that_is_not_clear_is_not_written_as_one(workspace):
    arms, pair = ("tfidf", "frozen", "scratch", "fine_tuned"), ("fine_tuned", "frozen")
    found, _ = highlights(workspace, arms, pair, fine_tuned=0.6, frozen=0.5, scratch=0.4, tfidf=0.55)
    assert found["Fine-tuned against TF-IDF"].value == "Not clear"


def test_what_the_second_clause_says_is_no_number_beside_it(workspace):
    arms = ("tfidf", "scratch", "fine_tuned")
    found, results = highlights(workspace, arms, fine_tuned=0.9, scratch=0.4, tfidf=0.6)
    assert "against TF-IDF" in results.headline.beside
    assert "Fine-tuned against TF-IDF" not in found


def test_what_weakens_a_number_stands_beside_it(workspace):
    arms, pair = ("tfidf", "frozen", "scratch", "fine_tuned"), ("fine_tuned", "frozen")
    found, results = highlights(workspace, arms, pair, fine_tuned=0.9, tfidf=0.1)
    against = next(one for one in results.verdicts if (one.a, one.b) == ("fine_tuned", "tfidf"))
    assert against.status.code == "baseline_failed"
    assert found["Fine-tuned against TF-IDF"].note.endswith(f" {against.status.words}.")
    assert "still improving" not in found["Best model"].note, "the verdict beside it says so"


def test_what_weakens_the_best_model_is_said_where_the_verdict_is_on_others(workspace):
    arms = ("tfidf", "scratch", "fine_tuned")
    found, _ = highlights(workspace, arms, ("tfidf", "scratch"), fine_tuned=0.9, scratch=0.4, tfidf=0.5)
    assert "Fine-tuned was still improving" in found["Best model"].note


def test_the_plain_baseline_stands_once(workspace):
    arms = ("tfidf", "scratch", "fine_tuned")
    found, _ = highlights(workspace, arms, ("fine_tuned", "tfidf"), fine_tuned=0.9, scratch=0.4, tfidf=0.5)
    assert "Fine-tuned against TF-IDF" not in found


@pytest.mark.parametrize(
    ("pair", "value"), [(("fine_tuned", "scratch"), "faster"), (("tfidf", "scratch"), "Never reached")]
)
def test_time_is_told_as_it_was(workspace, pair, value):
    arms = ("tfidf", "scratch", "fine_tuned")
    found, _ = highlights(workspace, arms, pair, fine_tuned=0.95, scratch=0.9, tfidf=0.3)
    assert value in found["Time to the same score"].value


def test_a_model_that_takes_no_time_is_faster_by_no_factor(workspace):
    found, _ = highlights(workspace, ("tfidf", "scratch"), ("tfidf", "scratch"), scratch=0.4, tfidf=0.9)
    assert found["Time to the same score"].value == "Faster"
