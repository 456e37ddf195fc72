"""*Side by side*: empty, nothing chosen, refused, two groups and many."""

import pytest

from tests.files.tables import CHOICE, table
from tests.pages.fixtures import add_experiment, finish_all, runs_of, store_sample_dataset
from tests.pages.reading import (
    figures_of,
    headline_of,
    leave_for,
    open_drawers,
    open_page,
    plain,
    query_of,
    targets_of,
    text_of,
)
from tests.pages.texts import TEXTS
from tl_core.datasets.dataset import build_dataset
from tl_core.intake.intake import store_dataset

PAGE = "side_by_side"


@pytest.fixture
def intake(workspace):
    return store_sample_dataset(workspace)


@pytest.fixture
def experiment(workspace, intake):
    made = add_experiment(workspace, intake, ("scratch", "fine_tuned"), num_seeds=2)
    finish_all(workspace, made, fine_tuned=0.95, scratch=0.4)
    return made


@pytest.fixture
def longer(workspace, intake, experiment):
    made = add_experiment(workspace, intake, ("fine_tuned",), num_seeds=2, epochs=9)
    finish_all(workspace, made, fine_tuned=0.7)
    return made


def open_with(app, *identifiers, **query):
    return open_page(app, PAGE, runs=",".join(identifiers), **query)


def box(app):
    return next(one for one in app.multiselect if one.label == "Experiments and runs")


def test_without_a_run_it_leads_to_design(app):
    open_page(app, PAGE)
    assert targets_of(app) == [("setup", "")]
    assert not app.multiselect


def test_before_a_run_has_finished_it_leads_to_runs(app, workspace, intake):
    add_experiment(workspace, intake)
    open_page(app, PAGE)
    assert targets_of(app) == [("runs", "")]
    assert not app.multiselect


def test_with_nothing_chosen_it_says_what_can_be(app, experiment):
    open_page(app, PAGE)
    assert not figures_of(app)
    options = box(app).options
    assert len(options) == 5
    assert "all 4 " in options[0]
    assert options[-1].endswith(": Fine-tuned, seed 1")
    assert "runs" not in app.query_params or not query_of(app, "runs")


def test_a_chosen_experiment_is_compared_and_kept_in_the_url(app, workspace, experiment):
    open_page(app, PAGE)
    box(app).set_value([experiment.experiment_id]).run()
    assert query_of(app, "runs") == experiment.experiment_id
    claim = next(plain(one.value) for one in app.markdown if one.value.startswith("###"))
    verdict = headline_of(workspace, experiment)
    assert f"{100 * verdict.difference:.1f} points" in claim, "the same as on Compare"
    assert "2 seeds, 18 test examples" in text_of(app)
    assert "4 runs from 1 experiment" in text_of(app)


def test_the_choice_of_the_url_is_shown(app, workspace, experiment):
    first = [run.run_id for run in runs_of(workspace, experiment) if run.seed == 0]
    open_with(app, *first)
    assert box(app).value == first
    assert "1 seed, 18 test examples" in text_of(app)
    (status,) = [one.value for one in app.markdown if "-background[" in one.value]
    assert "stand without 1 of 2 finished seeds" in status
    assert "One seed" in text_of(app)


def test_the_choice_survives_a_visit_elsewhere(app, experiment):
    open_with(app, experiment.experiment_id)
    leave_for(app, "models")
    leave_for(app, PAGE)
    assert box(app).value == [experiment.experiment_id]
    assert query_of(app, "runs") == experiment.experiment_id


def test_another_link_replaces_the_choice(app, experiment, longer):
    open_with(app, experiment.experiment_id)
    open_with(app, experiment.experiment_id, longer.experiment_id)
    assert box(app).value == [experiment.experiment_id, longer.experiment_id]


def test_every_card_is_there_with_its_numbers(app, experiment, longer):
    open_with(app, experiment.experiment_id, longer.experiment_id)
    open_drawers(app)
    shown = text_of(app)
    names = ["All models", "What differs in the settings", "Learning curves", "Gains and losses by class"]
    assert [name for name in names if f"**{name}**" not in shown] == []
    assert "**Each against B: Fine-tuned**" in shown
    assert len(figures_of(app)) == 4
    assert len(app.dataframe) == 5, "a table a figure, and the settings"
    assert not [name for one in app.dataframe for name in one.value.columns if "_" in name]


def test_only_settings_that_differ_are_listed(app, experiment, longer):
    open_with(app, experiment.experiment_id, longer.experiment_id)
    rows = next(one.value for one in app.dataframe if "Encoder rate" in one.value).set_index("Model")
    assert rows.loc["B: Fine-tuned", "Epochs"] == "9"
    assert "Batch size" not in rows


def test_a_pair_can_be_chosen_and_stays_in_the_url(app, experiment, longer):
    open_with(app, experiment.experiment_id, longer.experiment_id)
    group, against = app.selectbox
    assert against.options == ["B: Fine-tuned · epochs 9", "From scratch"]
    group.select_index(1).run()
    assert query_of(app, "group").startswith("fine_tuned:")
    claim = next(plain(one.value) for one in app.markdown if one.value.startswith("###"))
    assert "Fine-tuned B and Fine-tuned A" in claim


def test_different_test_sets_are_refused_and_the_choice_stays(app, workspace, experiment):
    labels = [label for label in TEXTS for _ in TEXTS[label]][::2]
    texts = [text for group in TEXTS.values() for text in group][::2]
    built = build_dataset(table(text=texts, label=labels), name="fewer reviews", choice=CHOICE)
    other = add_experiment(workspace, store_dataset(workspace, built), ("fine_tuned",))
    finish_all(workspace, other)
    open_with(app, experiment.experiment_id, other.experiment_id)
    refusal = text_of(app)
    assert "These runs have different test examples" in refusal
    assert "4 runs on those of small reviews, 1 run on those of fewer reviews" in refusal
    assert len(app.error) == 1
    assert len(box(app).value) == 2
    assert not figures_of(app)


def test_seeds_of_one_arm_alone_are_refused(app, longer):
    open_with(app, longer.experiment_id)
    (refusal,) = app.error
    assert "All these runs are of Fine-tuned" in plain(refusal.value)
    assert not figures_of(app)


def test_groups_without_a_common_seed_say_so(app, workspace, experiment):
    runs = runs_of(workspace, experiment)
    chosen = [run.run_id for run in runs if (run.arm.name, run.seed) in (("scratch", 0), ("fine_tuned", 1))]
    open_with(app, *chosen)
    assert not [one for one in app.markdown if one.value.startswith("###")], "no claim"
    assert not app.warning
    assert "no seed" in text_of(app)
    assert "**All models**" in text_of(app)


def test_ids_that_are_not_there_are_told(app, experiment):
    open_with(app, experiment.experiment_id, "run_gone")
    (lost,) = app.warning
    assert "run_gone" in plain(lost.value)
    assert experiment.experiment_id not in plain(lost.value)
    assert query_of(app, "runs") == experiment.experiment_id


def test_a_damaged_run_is_named(app, workspace, experiment):
    broken = runs_of(workspace, experiment)[-1]
    (workspace.run_folder(broken.run_id).path / "predictions.parquet").unlink()
    open_with(app, experiment.experiment_id)
    (damaged,) = app.warning
    assert broken.run_id in plain(damaged.value)


def test_hostile_names_are_shown_literally(app, workspace):
    name = "![x](http://evil.example/x.png) <b>bold</b> $x$"
    made = add_experiment(workspace, store_sample_dataset(workspace, name), ("scratch", "fine_tuned"))
    finish_all(workspace, made)
    open_with(app, made.experiment_id)
    written = [element.value for kind in (app.markdown, app.caption) for element in kind]
    assert not [text for text in written if "![x]" in text or "<b>" in text]
    assert "![x](http://evil.example/x.png) <b>bold</b> $x$" in text_of(app)


def test_runs_under_another_text_limit_are_refused_in_words(app, workspace, intake, experiment):
    short = add_experiment(workspace, intake, ("fine_tuned",), num_seeds=2, max_length=64)
    finish_all(workspace, short)
    own = [run.run_id for run in runs_of(workspace, experiment) if run.arm.name == "scratch"]
    open_with(app, *own, short.experiment_id)
    (refusal,) = app.warning
    assert "text limit in seed 0" in plain(refusal.value)
    assert figures_of(app), "their own values are still shown"
