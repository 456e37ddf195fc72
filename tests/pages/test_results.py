"""*Compare*: empty, nothing yet, running, finished and with failed runs."""

import json
import re

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState

from pages.cards.results.training import VIEW
from tests.files.tables import CHOICE, table
from tests.pages import fixtures
from tests.pages.fixtures import (
    add_experiment,
    add_series,
    fail_run,
    finish_all,
    finish_run,
    runs_of,
    store_sample_dataset,
)
from tests.pages.reading import (
    figures_of,
    headline_of,
    leave_for,
    open_drawers,
    open_page,
    page_of,
    plain,
    query_of,
    says,
    targets_of,
    text_of,
)
from tl_core.charts.text import energy_words
from tl_core.datasets.dataset import build_dataset
from tl_core.displays import classes
from tl_core.displays.learning_curves import PRETRAINING_LEFT_OUT
from tl_core.intake.intake import store_dataset
from tl_core.results.by_class import class_rows
from tl_core.results.comparison import gather
from tl_core.results.repeated_splits import gather_series
from tl_core.results.sealed import find_sealed, is_sealed, opened_words
from tl_core.schema import ExperimentSummary, Metric, Precision, SplitRule


@pytest.fixture
def experiment(workspace):
    made = add_experiment(workspace, store_sample_dataset(workspace), num_seeds=2)
    finish_all(workspace, made, fine_tuned=0.95, scratch=0.4, tfidf=0.6)
    return made


def menu(app, key):
    return next(one for one in app.get("menu_button") if one.key == key)


def pairs(app):
    return menu(app, "pair")


def filter_of(app, name):
    return next(one for one in (*app.selectbox, *app.slider) if one.key == f"examples_{name}")


def test_without_an_experiment_it_leads_to_design(app):
    open_page(app, "results")
    assert targets_of(app) == [("setup", "")]
    assert not figures_of(app)


def test_before_two_arms_have_finished_it_says_what_is_missing(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace))
    finish_run(workspace, runs_of(workspace, experiment)[0])
    open_page(app, "results", experiment=experiment.experiment_id)
    (coming,) = app.info
    assert coming.value.startswith("3 runs of 4 ")
    assert targets_of(app) == [("runs", f"experiment={experiment.experiment_id}")]
    assert not figures_of(app)


def test_the_claim_comes_first_with_interval_and_n(app, workspace, experiment):
    open_page(app, "results", experiment=experiment.experiment_id)
    results = gather(workspace, experiment.experiment_id)
    claim = next(plain(one.value) for one in app.markdown if one.value.startswith("## "))
    assert claim == f"## {results.headline.claim}"
    assert {flag.code for flag in results.headline.flags} == {"still_improving"}
    shown = text_of(app)
    assert all(one.words in shown for one in results.headline.reservations), "what weakens it stands there"
    assert all(one.evidence[1:] in shown for one in results.headline.reservations)
    assert results.headline.interval[1:] in shown
    assert "2 seeds, 18 test examples" in results.headline.interval
    (status,) = (plain(one.value) for one in app.markdown if "-background[" in one.value)
    assert [one.value for one in app.metric][0] == f"+{100 * results.headline.difference:.1f} points"
    assert results.headline.status.code == "still_improving", "the worst that is known"
    assert results.headline.status.words[1:] in status
    assert status.startswith(":orange"), "and no green beside it"
    assert "One seed" not in shown


def test_a_series_adds_a_sentence_and_a_drawer_with_every_split(app, workspace):
    series = add_series(workspace, store_sample_dataset(workspace), num_seeds=2)
    for one in series[:2]:
        finish_all(workspace, one, fine_tuned=0.95, scratch=0.4, tfidf=0.6)
    own = series[1].experiment_id
    open_page(app, "results", experiment=own)
    found = gather_series(workspace, series[1])
    low, high = (f"{100 * end:.1f}".replace("-", "−") for end in found.verdict.ci95)
    shown = text_of(app)
    assert found.verdict.claim.startswith("So far, over 2 of 3 splits, ")
    assert f"{found.verdict.claim[:-1]} (95% interval {low} to {high} points)." in shown
    assert [one.label for one in app.expander] == ["All 3 splits", "All 6 pairs"]
    assert "covering the choice of training and test examples" not in shown, "it stands in the drawer"
    before = len(figures_of(app))
    open_drawers(app)
    assert found.verdict.interval[1:] in text_of(app)
    assert len(figures_of(app)) == before + 2
    links = [query for page, query in targets_of(app) if page == "results"]
    assert links == [f"experiment={one.experiment_id}" for one in (series[0], series[2])]


def test_the_interval_over_splits_is_that_of_the_claim(app, workspace):
    series = add_series(workspace, store_sample_dataset(workspace), ("scratch", "fine_tuned"), num_splits=2)
    for one in series:
        finish_all(workspace, one, fine_tuned=0.1, scratch=0.9)
    open_page(app, "results", experiment=series[0].experiment_id)
    verdict = gather_series(workspace, series[0]).verdict
    assert verdict.conclusion == "worse"
    low, high = (f"{-100 * end:.1f}" for end in reversed(verdict.ci95))
    shown = text_of(app)
    assert (
        f"points less accurate than the same network from scratch (95% interval {low} to {high} points)."
        in shown
    )
    assert "Fewer than 5 splits: how much they differ is hardly known." in shown


def test_a_series_is_not_said_below_another_pair(app, workspace):
    series = add_series(workspace, store_sample_dataset(workspace), num_splits=2)
    for one in series:
        finish_all(workspace, one, fine_tuned=0.95, scratch=0.4, tfidf=0.6)
    claim = gather_series(workspace, series[0]).verdict.claim[:-1]
    open_page(app, "results", experiment=series[0].experiment_id)
    assert says(app, claim)
    open_page(app, "results", experiment=series[0].experiment_id, pair="tfidf~majority")
    assert not says(app, claim)


def test_a_split_alone_in_a_series_so_far_says_so(app, workspace):
    series = add_series(workspace, store_sample_dataset(workspace), num_seeds=1)
    finish_all(workspace, series[0], fine_tuned=0.95)
    open_page(app, "results", experiment=series[0].experiment_id)
    sentence = "So far, 1 split has a result out of 3: two are needed to compare over splits."
    assert sentence in text_of(app)
    assert gather(workspace, series[0].experiment_id).headline.claim in text_of(app)


def test_one_split_has_no_drawer_of_splits(app, experiment):
    open_page(app, "results", experiment=experiment.experiment_id)
    assert [one.label for one in app.expander] == ["All 6 pairs"]


@pytest.mark.parametrize(
    ("tab", "names", "num_figures"),
    [
        ("Summary", ["Training"], 2),
        ("Examples", ["Where they disagree", "Labels that look wrong"], 1),
        ("Classes", ["Gains and losses by class", "Confusion matrix"], 2),
        ("Labels needed", ["How many labels does pretraining save?"], 0),
        (
            "Confidence",
            [
                "How far can the confidence be trusted?",
                "Accuracy if it can skip hard examples",
                "Scores of the probabilities",
            ],
            3,
        ),
        ("Setup", ["What was the same for all models", "What was set differently"], 0),
    ],
)
def test_every_tab_has_its_cards_and_the_status(app, workspace, experiment, tab, names, num_figures):
    open_page(app, "results", experiment=experiment.experiment_id, tab=tab)
    shown = text_of(app)
    assert [name for name in names if f"**{name}**" not in shown] == []
    assert len(figures_of(app)) == num_figures
    assert headline_of(workspace, experiment).status.words in shown


def test_the_highlights_say_what_they_are_of(app, workspace, experiment):
    open_page(app, "results", experiment=experiment.experiment_id)
    shown = {plain(one.label): one.value for one in app.metric}
    assert list(shown)[1:] == ["Best model", "Time to the same score", "Confidence of Fine-tuned"]
    assert "Fine-tuned against TF-IDF, the best on validation without pretraining: " in text_of(app)
    assert shown["Best model"] == "94.4%"
    assert "chosen on validation. Test accuracy, 95% interval" in text_of(app)


def test_confidence_holds_both_diagrams_and_the_scores(app, experiment):
    open_page(app, "results", tab="Confidence", experiment=experiment.experiment_id)
    shown = text_of(app)
    assert "log loss" in shown
    assert "Brier score" in shown
    assert sum('"text":"confidence' in figure for figure in figures_of(app)) == 2


def test_one_seed_is_said(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace))
    finish_all(workspace, experiment, fine_tuned=0.95)
    open_page(app, "results", experiment=experiment.experiment_id)
    status = headline_of(workspace, experiment).status
    assert status.code == "one_seed"
    assert says(app, status.words)


def test_a_flag_stands_beside_the_claim_with_its_numbers_and_one_way_out(app, workspace, experiment):
    open_page(app, "results", experiment=experiment.experiment_id)
    verdict = headline_of(workspace, experiment)
    assert {flag.arm for flag in verdict.flags} == {"fine_tuned", "scratch"}
    assert verdict.status.words.endswith("were still improving when they stopped")
    assert says(app, verdict.status.words)
    assert all(says(app, flag.evidence) for flag in verdict.flags)
    assert not says(app, verdict.status.advice), "its button says it"
    assert [one.key for one in app.button if str(one.key).startswith("remedy_")] == ["remedy_more_steps"]


def test_another_pair_changes_the_whole_page_and_the_url(app, workspace, experiment):
    open_page(app, "results", experiment=experiment.experiment_id)
    pairs(app).click("fine_tuned~tfidf").run()
    assert query_of(app, "pair") == "fine_tuned~tfidf"
    assert plain(app.metric[0].label) == "Fine-tuned − TF-IDF"
    app.session_state["tab"] = "Examples"
    app.run()
    assert any("only TF-IDF" in figure for figure in figures_of(app))


def test_the_pair_of_the_url_is_shown(app, experiment):
    open_page(app, "results", experiment=experiment.experiment_id, pair="tfidf~majority")
    assert plain(pairs(app).label) == "TF-IDF vs Majority"


def examples(app):
    return next(one.value for one in app.dataframe if "text" in one.value)


def test_a_cell_opens_its_texts(app, workspace, experiment):
    open_page(app, "results", tab="Examples", experiment=experiment.experiment_id)
    cell = next(one for one in app.segmented_control if one.key == "cell")
    cell.set_value("only_a").run()
    shown = examples(app)
    assert (shown["predicted_a"] == shown["target"]).all()
    assert (shown["predicted_b"] != shown["target"]).all()
    assert shown["text"].str.contains(" ").all()
    assert shown[["confidence_a", "confidence_b"]].stack().between(0, 100).all()
    cell.set_value(None).run()
    assert len(examples(app)) == 18, "every test example"


def test_examples_are_searched_and_filtered_and_one_is_read_whole(app, experiment):
    open_page(app, "results", tab="Examples", experiment=experiment.experiment_id)
    next(one for one in app.segmented_control if one.key == "cell").set_value(None).run()
    text = examples(app)["text"].iloc[3]
    app.text_input(key="examples_contains").set_value(text[2:14].upper()).run()
    assert text in set(examples(app)["text"])
    assert len(examples(app)) < 18
    app.text_input(key="examples_contains").set_value("no text says this").run()
    assert "No test example is like that" in text_of(app)
    app.text_input(key="examples_contains").set_value("").run()
    app.selectbox(key="examples_label").select("positive").run()
    assert set(examples(app)["target"]) == {"positive"}
    (table,) = [one for one in app.dataframe if "text" in one.value]
    key = table.proto.id.split("-", 2)[2]
    app.session_state[key] = {"selection": {"rows": [1], "columns": [], "cells": []}}
    app.run()
    assert examples(app)["text"].iloc[1] in text_of(app).splitlines()
    assert "The label is **positive**." in text_of(app)
    answers = next(one.value for one in app.dataframe if "In seeds" in one.value)
    assert len(answers) == 4, "every model's answer"
    assert set(answers["In seeds"]) <= {"1 of 2", "2 of 2", "1 of 1"}
    assert answers["Mean probability, %"].between(answers["lowest"], answers["highest"]).all()
    (link,) = [query for page, query in targets_of(app) if page == "try_it"]
    assert f"experiment={experiment.experiment_id}" in link
    assert re.search(r"example=\w+", link)


def test_the_url_says_which_examples_are_shown_and_is_read(app, experiment):
    filters = {"cell": "all", "label": "positive", "contains": "a", "length": "10-60", "sure": "5-99"}
    filters |= {"predicted": "negative", "by": "b", "sort": "gap"}
    open_page(app, "results", tab="Examples", experiment=experiment.experiment_id, **filters)
    assert {name: query_of(app, name) for name in filters} == filters
    shown = examples(app)
    assert set(shown["target"]) == {"positive"}
    assert set(shown["predicted_b"]) == {"negative"}
    assert shown["length"].between(10, 60).all()
    assert shown["confidence_b"].between(5, 99).all()
    assert shown["gap"].abs().is_monotonic_decreasing
    filter_of(app, "by").select("").run()
    filter_of(app, "sort").select("").run()
    filter_of(app, "length").set_value((0, 40)).run()
    assert "by" not in app.query_params
    assert "sort" not in app.query_params
    assert query_of(app, "length") == "0-40"
    leave_for(app, "models")
    assert "label" not in app.query_params


def test_a_cell_of_a_confusion_matrix_opens_its_examples(app, experiment):
    open_page(app, "results", tab="Classes", experiment=experiment.experiment_id, label="neutral", sure="1-9")
    assert app.get("plotly_chart")[-1].proto.id.endswith("-confusion_difference"), "the default"
    app.segmented_control(key="matrix").set_value("b").run()
    labels = experiment.labels
    point = {"x": labels.index("positive"), "y": labels.index("neutral")}
    choose_point(app, "confusion_scratch", point)
    assert app.session_state["tab"] == "Examples"
    said = {"cell": "all", "label": "neutral", "predicted": "positive", "by": "b"}
    assert {name: query_of(app, name) for name in said} == said
    assert "sure" not in app.query_params, "what was filtered before does not hide them"
    assert set(examples(app)["target"]) == {"neutral"}
    assert set(examples(app)["predicted_b"]) == {"positive"}


def choose_point(app, key, point):
    """Do what a click on a point of a figure does, which `AppTest` cannot."""
    (figure,) = [one for one in app.get("plotly_chart") if one.proto.id.endswith(f"-{key}")]
    states = app._tree.get_widget_states()
    chosen = {"selection": {"points": [point], "point_indices": [0], "box": [], "lasso": []}}
    states.widgets.append(WidgetState(id=figure.proto.id, string_value=json.dumps(chosen)))
    app._run(states)
    assert not app.exception


def test_another_experiment_is_chosen_in_the_head(app, workspace, experiment):
    other = add_experiment(workspace, store_sample_dataset(workspace), ("scratch", "fine_tuned"))
    finish_all(workspace, other, fine_tuned=0.9)
    open_page(app, "results", experiment=experiment.experiment_id)
    assert menu(app, "other_experiment").options[-1] == "All experiments"
    menu(app, "other_experiment").click(other.experiment_id).run()
    assert query_of(app, "experiment") == other.experiment_id
    menu(app, "other_experiment").click("all").run()
    assert page_of(app) == "experiments"


def test_headings_have_no_subtitle_and_few_words_are_grey(app, experiment):
    for tab in ("Summary", "Examples", "Classes", "Labels needed", "Confidence", "Setup"):
        open_page(app, "results", tab=tab, experiment=experiment.experiment_id)
        written = [plain(one.value) for one in app.markdown]
        assert not [one for one in written if one.startswith("**") and " · " in one]
        grey = sum(len(plain(one.value)) for one in app.caption)
        assert grey < 0.2 * (grey + sum(map(len, written))), tab


def test_without_the_dataset_the_numbers_stay(app, workspace, experiment):
    folder = workspace.dataset_folder(experiment.dataset_fingerprint)
    folder.rename(folder.with_name("gone"))
    open_page(app, "results", experiment=experiment.experiment_id)
    assert says(app, headline_of(workspace, experiment).status.words)
    assert len(figures_of(app)) == 2


def test_a_train_size_can_be_chosen(app, workspace):
    experiment = add_experiment(
        workspace, store_sample_dataset(workspace), ("scratch", "fine_tuned"), train_sizes=[12, 33]
    )
    finish_all(workspace, experiment, fine_tuned=0.9)
    open_page(app, "results", experiment=experiment.experiment_id)
    assert menu(app, "size").label == "33 training examples"
    menu(app, "size").click("12").run()
    assert menu(app, "size").label == "12 training examples"
    assert query_of(app, "size") == "12"
    app.session_state["tab"] = "Setup"
    app.run()
    assert "12 of 33 train" in text_of(app)


def test_failed_runs_are_named_as_missing(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace), ("scratch", "fine_tuned"), 2)
    *others, last = runs_of(workspace, experiment)
    for run in others:
        finish_run(workspace, run)
    fail_run(workspace, last)
    open_page(app, "results", tab="Setup", experiment=experiment.experiment_id)
    assert any("Fine-tuned, seed 1" in plain(one.value) for one in app.warning)
    assert "has no seed 1" in text_of(app)


def test_the_comparison_can_be_downloaded(app, experiment, monkeypatch):
    offered = {}
    monkeypatch.setattr(
        "streamlit.download_button", lambda label, data, **options: offered.update(data=data, **options)
    )
    open_page(app, "results", experiment=experiment.experiment_id)
    assert json.loads(offered["data"]())["experiment_id"] == experiment.experiment_id
    assert offered["file_name"] == f"{experiment.file_stem}.json"


def test_the_report_is_made_only_at_the_click(app, experiment, monkeypatch):
    monkeypatch.setattr("tl_core.export.report.report_of", lambda *_: 1 / 0)
    open_page(app, "results", experiment=experiment.experiment_id)
    assert not app.exception
    assert "Download the report (HTML)" in [button.label for button in app.get("download_button")]


def test_every_answer_can_be_downloaded(app, experiment, monkeypatch):
    offered = {}
    monkeypatch.setattr(
        "streamlit.download_button", lambda label, data, **options: offered.update({label: (data, options)})
    )
    open_page(app, "results", experiment=experiment.experiment_id)
    data, options = offered["Download the predictions (CSV)"]
    assert options["file_name"] == f"{experiment.file_stem}-predictions.csv"
    assert data().decode("utf-8-sig").count("\n") == 1 + 6 * 18


def test_results_are_gathered_once_while_nothing_changes(app, experiment, monkeypatch):
    calls = []
    from pages.ui import readers as results

    alone = results.gather_alone
    monkeypatch.setattr(results, "gather_alone", lambda *arguments: calls.append(1) or alone(*arguments))
    open_page(app, "results", experiment=experiment.experiment_id)
    app.run()
    assert len(calls) == 1


def test_a_worse_arm_s_badge_does_not_contradict_its_interval(app, workspace):
    experiment = add_experiment(workspace, store_sample_dataset(workspace))
    finish_all(workspace, experiment, fine_tuned=0.1, scratch=1.0)
    open_page(app, "results", experiment=experiment.experiment_id)
    assert "below zero" not in text_of(app)
    assert "better: the interval" not in text_of(app).lower()


def test_a_damaged_run_is_named_and_the_rest_compared(app, workspace, experiment):
    broken = runs_of(workspace, experiment)[-1]
    (workspace.run_folder(broken.run_id).path / "predictions.parquet").unlink()
    open_page(app, "results", experiment=experiment.experiment_id)
    (damaged,) = [one.value for one in app.warning if "predictions" in one.value]
    assert "Fine-tuned, seed 1" in plain(damaged)
    assert figures_of(app)


def test_the_chosen_pair_and_cell_survive_a_visit_elsewhere(app, experiment):
    open_page(app, "results", tab="Examples", experiment=experiment.experiment_id)
    pairs(app).click("tfidf~majority").run()
    next(one for one in app.segmented_control if one.key == "cell").set_value("both").run()
    leave_for(app, "models")
    leave_for(app, "results")
    assert plain(pairs(app).label) == "TF-IDF vs Majority"
    assert query_of(app, "pair") == "tfidf~majority"
    assert next(one for one in app.segmented_control if one.key == "cell").value == "both"


@pytest.mark.parametrize("tab", ["Summary", "Examples", "Classes"])
def test_every_figure_has_its_numbers_in_words_and_units(app, experiment, tab):
    open_drawers(open_drawers(open_page(app, "results", tab=tab, experiment=experiment.experiment_id)))
    shown = [list(one.value.columns) for one in app.dataframe if "text" not in one.value]
    shown = [columns for columns in shown if "By how much, points" not in columns]
    no_figure = [one for one in shown if {"MCC, %", "Recall on test, %"} & set(one)]
    assert len(shown) - len(no_figure) == len(figures_of(app)), "one table for each figure"
    assert len(no_figure) == (2 if tab == "Classes" else 0)
    assert all({"Seeds", "Test examples", "Seed"} & set(columns) for columns in shown)
    assert not [name for columns in shown for name in columns if "_" in name]


def test_three_labels_have_no_decision_threshold(app, experiment):
    open_page(app, "results", tab="Confidence", experiment=experiment.experiment_id)
    assert "Decision threshold" not in text_of(app)


def test_two_labels_have_a_decision_threshold_and_can_go_by_auroc(app, workspace):
    labels = ("good", "bad")
    texts = [f"{label} text {i}" for label in labels for i in range(30)]
    made = build_dataset(
        table(text=texts, label=[text.split()[0] for text in texts]), name="two", choice=CHOICE
    )
    two = add_experiment(workspace, store_dataset(workspace, made), num_seeds=2, headline_metric=Metric.AUROC)
    finish_all(workspace, two, fine_tuned=0.9)
    open_page(app, "results", experiment=two.experiment_id)
    assert "points more AUROC than the same network from scratch" in text_of(app)
    open_page(app, "results", tab="Confidence", experiment=two.experiment_id)
    assert "Decision threshold" in text_of(app)
    assert "The probability from which “good” is answered, chosen for each run by balanced" in text_of(app)
    open_page(app, "results", tab="Classes", experiment=two.experiment_id)
    (shown,) = [one.value for one in app.dataframe if "AUROC, %" in one.value]
    assert list(shown.columns[:2]) == ["Model", "AUROC, %"], "the main metric first"
    assert "PR-AUC is that of “good”; by chance it is 50.0%." in text_of(app)


def test_several_base_models_are_not_called_the_same(app, workspace):
    arms = ("scratch", "fine_tuned", "fine_tuned:org/other")
    finish_all(workspace, add_experiment(workspace, store_sample_dataset(workspace), arms))
    open_page(app, "results", tab="Setup")
    assert "Fine-tuned · other, seed 0" in text_of(app)
    assert "Not everything was the same" in text_of(app)


def test_what_an_earlier_version_concluded_stands_beside_the_result(app, workspace, experiment):
    states = "finished 6"
    old = ExperimentSummary(
        states=states, gain=0.5, ci95=(0.4, 0.6), rests_on="A − B", metric="accuracy", status="Clear"
    )
    workspace.database.keep_summary(experiment.experiment_id, old)
    open_page(app, "results", experiment=experiment.experiment_id)
    assert "An earlier version of the app concluded otherwise: A − B: 50.0 points" in text_of(app)


def test_every_card_has_a_line_computed_from_its_numbers(app, workspace, experiment):
    results = gather(workspace, experiment.experiment_id)
    rows = class_rows(results, "fine_tuned", "scratch", 33)
    lines = {
        "Summary": "6 differences",
        "Examples": "36 answers",
        "Classes": classes.tell(rows).removesuffix("."),
        "Confidence": " confident, ",
    }
    open_page(app, "results", experiment=experiment.experiment_id)
    for tab, words in lines.items():
        app.session_state["tab"] = tab
        open_drawers(app.run())
        assert words in text_of(app), tab


def test_what_differs_between_two_arms_is_listed_and_the_rest_is_named_as_shared(app, experiment):
    open_page(app, "results", tab="Setup", experiment=experiment.experiment_id)
    settings = next(one.value for one in app.dataframe if "Setting" in one.value)
    assert settings["Setting"].tolist() == [
        "Weights",
        "Learning rate of the encoder",
        "Learning rate of the head",
    ]
    assert "Base model all-MiniLM-L6" in text_of(app), "what is the same is named"


def test_of_too_many_classes_the_mistakes_are_listed_instead_of_matrices(app, workspace):
    labels = [f"class {i}" for i in range(31) for _ in range(10)]
    texts = [f"text number {i}" for i in range(310)]
    built = build_dataset(table(text=texts, label=labels), name="many", choice=CHOICE)
    made = add_experiment(workspace, store_dataset(workspace, built), ("scratch", "fine_tuned"))
    finish_all(workspace, made, fine_tuned=0.9, scratch=0.4)
    open_page(app, "results", tab="Classes", experiment=made.experiment_id)
    assert not [
        figure for figure in figures_of(app) if '"type":"heatmap"' in figure and "true class" in figure
    ]
    listed = next(one.value for one in app.dataframe if "True class" in one.value)
    assert len(listed) == 20
    assert "31 classes" in text_of(app)


def test_labels_that_the_models_dispute_are_listed_to_be_read(app, experiment):
    open_page(app, "results", tab="Examples", experiment=experiment.experiment_id)
    assert "**Labels that look wrong**" in text_of(app)
    listed = next(one.value for one in app.dataframe if "By how much, points" in one.value)
    assert (listed["Label"] != listed["Suggested"]).all()
    assert "The two models dispute" in text_of(app)
    assert not [name for name in listed.columns if "Fine" in name or "scratch" in name], "blinded"


def test_without_the_dataset_no_label_is_disputed(app, workspace, experiment):
    workspace.dataset_folder(experiment.dataset_fingerprint).rename(workspace.root / "gone")
    open_page(app, "results", tab="Examples", experiment=experiment.experiment_id)
    assert "Labels that look wrong" not in text_of(app)


def remedy(app):
    return next((one for one in app.button if one.key == "remedy_more_steps"), None)


def test_one_click_trains_all_arms_longer_and_leads_to_the_runs(app, workspace, experiment):
    open_page(app, "results", experiment=experiment.experiment_id)
    assert ": 6 runs, " in remedy(app).label
    remedy(app).click().run()
    assert not app.exception
    newest = workspace.database.list_experiments()[0]
    assert query_of(app, "experiment") == newest.experiment_id
    assert newest.arms == experiment.arms
    assert newest.training.epochs == 2 * experiment.training.epochs
    open_page(app, "results", experiment=experiment.experiment_id)
    assert remedy(app) is None
    assert ("results", f"experiment={newest.experiment_id}") in targets_of(app)


def test_arms_that_may_not_be_compared_are_told_and_the_others_stand(app, workspace, experiment):
    odd = next(run for run in runs_of(workspace, experiment) if run.arm.name == "scratch")
    folder = workspace.run_folder(odd.run_id)
    folder.write_record(folder.read_record().model_copy(update={"precision": Precision.BFLOAT16}))
    open_page(app, "results", experiment=experiment.experiment_id)
    refused = [plain(one.value) for one in app.warning]
    assert any("precision in seed 0" in one for one in refused)
    assert "Fine-tuned vs TF-IDF" in plain("".join(pairs(app).options))


def show_of_training(app, view):
    app.segmented_control(key=VIEW).set_value(view).run()
    assert not app.exception


def test_curves_and_times_can_be_over_energy(app, experiment):
    open_page(app, "results", experiment=experiment.experiment_id)
    app.segmented_control(key="race_x_energy").set_value("energy_wh").run()
    assert "energy of training, Wh" in figures_of(app)[1]
    assert PRETRAINING_LEFT_OUT in text_of(app)
    show_of_training(app, "Time to the same score")
    app.segmented_control(key="reaching_x_energy").set_value("energy_wh").run()
    assert "energy of training, Wh" in figures_of(app)[1]
    shown = text_of(app)
    spent = r"\((?:median )?[\d.]+ s instead of [\d.]+ s, .*[\d.]+ Wh instead of [\d.]+ Wh \(estimated\)\)"
    assert re.search(spent, shown)
    assert "From scratch never reached Fine-tuned's best score." in shown, "the other way round"
    assert PRETRAINING_LEFT_OUT in shown
    assert energy_words(fixtures.METHOD) in shown


def test_runs_without_energy_have_no_energy_to_show(app, workspace, monkeypatch):
    monkeypatch.setattr(fixtures, "WATTS", None)
    experiment = add_experiment(workspace, store_sample_dataset(workspace))
    finish_all(workspace, experiment, fine_tuned=0.95)
    open_page(app, "results", experiment=experiment.experiment_id)
    assert "Energy (Wh)" not in app.segmented_control(key="race_x").options
    show_of_training(app, "Time to the same score")
    assert "Energy (Wh)" not in app.segmented_control(key="reaching_x").options
    assert PRETRAINING_LEFT_OUT in text_of(app)
    assert energy_words(fixtures.METHOD) not in text_of(app)
    open_page(app, "results", experiment=experiment.experiment_id, tab="Setup")
    assert "not measured" in text_of(app)


def test_a_sealed_test_is_opened_after_a_second_question_and_says_when(app, workspace):
    intake = store_sample_dataset(workspace, rule=SplitRule(sealed=0.5))
    made = add_experiment(workspace, intake, num_seeds=2)
    finish_all(workspace, made, fine_tuned=0.95, scratch=0.4, tfidf=0.6)
    open_page(app, "results", experiment=made.experiment_id)
    assert f"{made.split.sealed} more test examples are sealed" in text_of(app)
    assert "it works once for these data" in text_of(app)
    assert is_sealed(workspace, made.split)
    button(app, "Open it").click().run()
    unsealing = find_sealed(workspace, made).own
    open_page(app, "results", experiment=made.experiment_id)
    assert says(app, unsealing.verdict.claim)
    assert says(app, opened_words(unsealing))
    assert not any(one.label == "Open it" for one in app.button)


def test_a_sealed_test_waits_for_the_last_run(app, workspace):
    intake = store_sample_dataset(workspace, rule=SplitRule(sealed=0.5))
    made = add_experiment(workspace, intake, num_seeds=2)
    for run in runs_of(workspace, made)[:-1]:
        finish_run(workspace, run, 0.8)
    open_page(app, "results", experiment=made.experiment_id)
    assert says(app, "Some runs are still to come.")
    opening = next(one for one in app.get("popover") if "sealed" in one.proto.popover.label)
    assert opening.proto.popover.disabled


def button(app, label):
    return next(one for one in app.button if one.label == label)
