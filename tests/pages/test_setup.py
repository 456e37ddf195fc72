import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button, Multiselect

from pages.ui.base_models import hub_sentence
from pages.ui.errors import FAULT
from pages.ui.formatting import after_queue
from tests.files.tables import CHOICE, table
from tests.pages.checking import Checking
from tests.pages.fixtures import (
    STEP_S,
    TOKENS_A_STEP,
    add_experiment,
    add_series,
    finish_all,
    finish_run,
    run_of,
    start_run,
    store_sample_dataset,
)
from tests.pages.reading import open_page, page_of, plain, targets_of, text_of, told_of
from tests.pages.test_data import store_twins
from tests.pages.texts import TEXTS
from tests.planning.test_promises import kept
from tests.tiny_models import tiny_model_folder
from tl_core.catalogue.base_models import BUILTIN, CATALOGUE
from tl_core.catalogue.hub_search import FoundModel
from tl_core.catalogue.locating import describe
from tl_core.datasets.dataset import build_dataset
from tl_core.errors import ModelError, TlError
from tl_core.intake.intake import store_dataset
from tl_core.jobs.queue import Queue
from tl_core.planning.command import command_of
from tl_core.planning.estimate import Ahead
from tl_core.planning.finetuned_base_models import settle_base_model
from tl_core.planning.presets import PRESETS
from tl_core.schema import (
    BudgetRule,
    ExperimentConfig,
    LearningRates,
    Metric,
    Precision,
    Preset,
    SplitMethod,
    SplitRule,
    State,
    Task,
)
from tl_core.store.database import Database
from tl_core.store.workspace import Workspace


@pytest.fixture
def design(app: AppTest, workspace: Workspace, checking: Checking) -> AppTest:
    """The page, with one dataset stored."""
    store_sample_dataset(workspace)
    open_page(app, "setup")
    return app


@pytest.fixture
def start(design: AppTest, workspace: Workspace) -> Callable[[], ExperimentConfig]:
    """Press the button and return what was queued."""

    def press() -> ExperimentConfig:
        (button,) = [one for one in design.button if one.label == "Start"]
        button.click().run()
        assert FAULT not in text_of(design)
        (experiment,) = workspace.database.list_experiments()
        return experiment

    return press


def plan(app: AppTest) -> dict[str, int]:
    """Runs by arm, as the plan shows them."""
    table = app.dataframe[0].value
    return dict(zip(table["arm"], table["runs"], strict=True))


def command_shown(app: AppTest) -> str:
    app.session_state["command"] = True
    app.run()
    (command,) = app.code
    return str(command.value)


def store_dated(workspace: Workspace) -> None:
    """Store the sixty texts with a date each, split by it."""
    texts = [text for group in TEXTS.values() for text in group]
    labels = [label for label in TEXTS for _ in TEXTS[label]]
    days = [f"2026-01-{1 + place % 28:02}" for place in range(len(texts))]
    choice = CHOICE.model_copy(update={"time": "time"})
    dataset = build_dataset(table(text=texts, label=labels, time=days), name="dated", choice=choice)
    store_dataset(workspace, dataset, SplitRule(method=SplitMethod.BY_TIME))


def start_button(app: AppTest) -> Button:
    (button,) = [one for one in app.button if one.label == "Start"]
    return button


def rivals(app: AppTest) -> Multiselect[str]:
    (box,) = [one for one in app.multiselect if one.label.startswith("More base models")]
    return box


def test_a_check_gets_ready_while_one_plans_unless_something_trains(
    app: AppTest, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = list[Workspace]()
    monkeypatch.setattr("tl_core.jobs.dry_run.get_ready", ready.append)
    queued = queue_runs(workspace, 1)
    open_page(app, "setup")
    assert ready == []
    Queue(workspace.database).cancel_experiment(queued.experiment_id)
    open_page(app, "setup")
    assert ready


def test_without_texts_the_page_leads_to_the_data(app: AppTest) -> None:
    open_page(app, "setup")
    assert ("data", "") in targets_of(app)


def test_the_defaults_are_a_plan(design: AppTest) -> None:
    assert page_of(design) == "setup"
    assert re.search(r"\b33 training\b.*\b9 validation\b.*\b18 test\b", text_of(design))
    assert plan(design) == {"Fine-tuned": 5, "From scratch": 5, "TF-IDF": 1, "Majority": 1}
    assert "12 runs" in text_of(design)
    assert not design.error
    assert not start_button(design).disabled


def test_start_queues_the_plan_and_leads_to_its_runs(
    design: AppTest, start: Callable[[], ExperimentConfig], workspace: Workspace
) -> None:
    experiment = start()
    runs = workspace.database.list_runs(experiment.experiment_id)
    assert len(runs) == 12
    assert {run.state for run in runs} == {State.QUEUED}
    assert experiment.task is Task.SENTIMENT
    assert experiment.preset is Preset.QUICK
    assert design.query_params["experiment"] == experiment.experiment_id


def test_starting_what_already_exists_offers_to_open_it(
    design: AppTest, start: Callable[[], ExperimentConfig]
) -> None:
    experiment = start()
    open_page(design, "setup", dataset=experiment.dataset_fingerprint)
    assert "You already have this experiment" in text_of(design)
    assert ("results", f"experiment={experiment.experiment_id}") in targets_of(design)
    assert "Start it again" in [one.label for one in design.button]
    design.number_input[0].set_value(3).run()
    assert "You already have" not in text_of(design), "another number of seeds is another experiment"
    assert not start_button(design).disabled


def test_several_splits_are_planned_counted_and_queued_at_once(design: AppTest, workspace: Workspace) -> None:
    once = plan(design)
    design.number_input(key="splits").set_value(3).run()
    assert plan(design) == {arm: 3 * number for arm, number in once.items()}
    assert design.dataframe[0].value["splits"].tolist() == [3, 3, 3, 3]
    shown = text_of(design)
    assert f"**{3 * sum(once.values())} runs** on 3 splits" in shown
    assert "One split can show a difference of" in shown
    assert "--splits 3" in command_shown(design)
    start_button(design).click().run()
    assert FAULT not in text_of(design)
    *others, first = workspace.database.list_experiments()
    assert design.query_params["experiment"] == first.experiment_id
    assert [one.name for one in (first, *reversed(others))] == [
        f"small reviews, split {place} of 3" for place in (1, 2, 3)
    ]
    assert len(workspace.database.list_runs()) == 3 * sum(once.values())
    open_page(design, "setup", dataset=first.dataset_fingerprint)
    assert "You already have this experiment" in text_of(design)


def test_the_splits_of_another_experiment_are_taken_over(app: AppTest, workspace: Workspace) -> None:
    first, *_ = add_series(workspace, store_sample_dataset(workspace), num_splits=4)
    open_page(app, "setup", dataset=first.dataset_fingerprint, again=first.experiment_id)
    assert app.number_input(key="splits").value == 4


def test_what_cannot_be_repeated_says_why(app: AppTest, workspace: Workspace) -> None:
    store_dated(workspace)
    open_page(app, "setup")
    assert "The split goes by time, so there is only one." in text_of(app)
    assert "splits" not in [one.key for one in app.number_input]


def test_every_choice_reaches_the_experiment(design: AppTest, start: Callable[[], ExperimentConfig]) -> None:
    design.checkbox(key="arm_majority").uncheck().run()
    design.checkbox(key="arm_frozen").check().run()
    design.button_group(key="budget").set_value(BudgetRule.PLATEAU).run()
    metric_key = next(one.key for one in design.button_group if str(one.key).startswith("metric_"))
    design.button_group(key=metric_key).set_value(Metric.MACRO_F1).run()
    design.number_input(key="margin").set_value(2.5).run()
    design.number_input(key="seeds_quick").set_value(2).run()
    design.number_input(key="epochs_quick").set_value(3.0).run()
    design.number_input(key="encoder_scratch_mean").set_value(2e-4).run()
    experiment = start()
    assert [arm.name for arm in experiment.arms] == ["fine_tuned", "frozen", "tfidf", "scratch"]
    assert experiment.training.budget is BudgetRule.PLATEAU
    assert (experiment.headline_metric, experiment.margin) == (Metric.MACRO_F1, 0.025)
    assert (experiment.num_seeds, experiment.training.epochs) == (2, 3.0)
    assert experiment.learning_rates["scratch"].encoder == pytest.approx(2e-4)


def test_a_metric_that_does_not_fit_the_labels_is_not_offered(design: AppTest) -> None:
    (metrics,) = [one for one in design.button_group if str(one.key).startswith("metric_")]
    assert metrics.options == ["Accuracy", "Macro-F1", "Balanced accuracy"]


def test_rates_are_searched_where_it_is_asked_and_those_set_by_hand_are_kept(
    design: AppTest, start: Callable[[], ExperimentConfig]
) -> None:
    assert not design.checkbox(key="searches_quick").value
    design.checkbox(key="searches_quick").check().run()
    assert "at 3 rates" in told_of(design)
    design.number_input(key="encoder_scratch_mean").set_value(2e-4).run()
    experiment = start()
    assert experiment.rate_search is not None
    assert set(experiment.rate_search.grids) == {"fine_tuned"}


def test_a_contrastive_arm_has_a_rate_for_its_encoder_alone(
    design: AppTest, start: Callable[[], ExperimentConfig]
) -> None:
    assert not design.checkbox(key="arm_contrastive").value
    design.checkbox(key="arm_contrastive").check().run()
    assert design.number_input(key="head_contrastive_mean").disabled
    design.number_input(key="encoder_contrastive_mean").set_value(2e-5).run()
    experiment = start()
    assert [arm.name for arm in experiment.arms][:2] == ["fine_tuned", "contrastive"]
    rates = experiment.learning_rates["contrastive"]
    assert (rates.encoder, rates.head) == (pytest.approx(2e-5), 0.0)


def test_an_arm_that_cannot_run_is_told_and_nothing_is_queued(
    design: AppTest, checking: Checking, workspace: Workspace
) -> None:
    checking.problems = {"scratch": "The loss became nan."}
    start_button(design).click().run()
    (told,) = design.error
    assert plain(told.value).startswith("**From scratch ")
    assert checking.problems["scratch"] in plain(told.value)
    assert "Choose fewer tokens." in plain(told.value)
    assert workspace.database.list_experiments() == []
    design.number_input(key="max_length").set_value(64).run()
    assert not design.error


def test_a_plan_can_be_checked_without_being_queued_and_tells_what_was_measured(
    design: AppTest, workspace: Workspace
) -> None:
    assert "GiB** of" not in text_of(design)
    (button,) = [one for one in design.button if one.label == "Check this plan"]
    button.click().run()
    assert len(design.success) == 1
    assert "4,340 tokens a second" in told_of(design)
    assert list(design.dataframe[0].value["memory"]) == ["1.5 GiB", "–", "1.5 GiB", "–"]
    assert "**1.5 GiB** of" in text_of(design)
    assert workspace.database.list_experiments() == []


def test_a_check_on_its_way_says_so_and_can_be_cancelled(
    design: AppTest, checking: Checking, workspace: Workspace
) -> None:
    checking.problems = None
    start_button(design).click().run()
    assert len(design.get("progress")) == 1
    assert start_button(design).disabled
    (button,) = [one for one in design.button if one.label == "Cancel the check"]
    button.click().run()
    assert checking.was_cancelled
    assert not start_button(design).disabled
    assert workspace.database.list_experiments() == []


def test_a_check_ends_when_the_plan_changes(design: AppTest, checking: Checking) -> None:
    checking.problems = None
    start_button(design).click().run()
    design.number_input(key="batch_size").set_value(8).run()
    assert checking.was_cancelled
    assert not start_button(design).disabled


def test_every_number_of_the_training_can_be_chosen(
    design: AppTest, start: Callable[[], ExperimentConfig]
) -> None:
    design.button_group(key="budget").set_value(BudgetRule.PLATEAU).run()
    chosen = {
        "min_steps": 30,
        "batch_size": 8,
        "max_length": 32,
        "warmup_fraction": 0.2,
        "weight_decay": 0.1,
        "max_grad_norm": 2.0,
        "dropout": 0.3,
        "num_evaluations": 20,
        "max_eval_examples": 100,
        "patience": 3,
        "cap_factor": 2.0,
    }
    for name, value in chosen.items():
        design.number_input(key=name).set_value(value)
    design.selectbox(key="precision").set_value(Precision.FLOAT32).run()
    training = start().training
    assert training.model_dump(include=set(chosen)) == chosen
    assert training.precision is Precision.FLOAT32
    assert training.budget is BudgetRule.PLATEAU


def test_patience_and_cap_belong_to_the_plateau(design: AppTest) -> None:
    assert not design.number_input(key="patience").disabled
    design.button_group(key="budget").set_value(BudgetRule.EQUAL_STEPS).run()
    assert design.number_input(key="patience").disabled


def test_a_preset_brings_its_seeds_and_says_what_it_is_for(design: AppTest) -> None:
    design.button_group(key="preset").set_value(Preset.THOROUGH).run()
    assert PRESETS[Preset.THOROUGH].purpose in text_of(design)
    assert plan(design)["Fine-tuned"] == 10


def test_the_plan_says_what_it_can_show_and_a_row_of_what_more_buys_sets_the_seeds(
    design: AppTest, start: Callable[[], ExperimentConfig]
) -> None:
    shown = text_of(design)
    assert re.search(r"Can show a difference of \*\*[\d.]+ points\*\* of accuracy or more\.", shown)
    assert "Assumed: two models disagree on a fifth of the examples" in shown
    table = next(one.value for one in design.dataframe if "Time" in one.value)
    assert table["Seeds"].tolist() == [3, 5, 10, 20], "one seed is about two trained models alone"
    assert list(table.columns[1:4]) == ["18 test examples", "36 test examples", "72 test examples"]
    values = table.iloc[:, 1:4].to_numpy()
    assert (np.diff(values, axis=0) <= 0).all(), "more seeds, smaller differences"
    assert (np.diff(values, axis=1) < 0).all()


def test_what_an_earlier_experiment_measured_takes_the_place_of_assumptions(
    app: AppTest, workspace: Workspace
) -> None:
    made = add_experiment(workspace, store_sample_dataset(workspace), ("scratch", "fine_tuned"), 3)
    finish_all(workspace, made, fine_tuned=0.9, scratch=0.5)
    open_page(app, "setup")
    assert f"Counted on how much the models of “{made.name}” disagreed" in text_of(app)


def test_classes_can_count_alike_for_all_models_or_for_some_beside_themselves(
    design: AppTest, start: Callable[[], ExperimentConfig]
) -> None:
    design.multiselect(key="balanced_arms").set_value(["tfidf", "fine_tuned"]).run()
    assert not design.exception
    design.checkbox(key="balances_classes").check().run()
    experiment = start()
    assert {arm.name for arm in experiment.arms} >= {"tfidf", "tfidf_balanced", "fine_tuned_balanced"}
    assert experiment.training.balances_classes


def test_no_arm_is_an_error_in_place(design: AppTest) -> None:
    for kind in ("fine_tuned", "scratch", "tfidf", "majority"):
        design.checkbox(key=f"arm_{kind}").uncheck().run()
    assert len(design.error) == 1
    assert not [one for one in design.button if one.label == "Start"]


def test_an_impossible_train_size_is_an_error_in_place(design: AppTest) -> None:
    (sizes,) = [one for one in design.multiselect if one.label == "Training examples"]
    sizes.set_value(["500"]).run()
    assert re.search(r"\b500\b.*\b33\b", design.error[0].value)
    (sizes,) = [one for one in design.multiselect if one.label == "Training examples"]
    sizes.set_value(["many"]).run()
    assert "many" in design.error[0].value
    assert start_button(design).disabled


def test_a_model_that_is_neither_on_disk_nor_to_be_had_cannot_start(design: AppTest) -> None:
    design.selectbox(key="base_model").set_value("distilbert-base-uncased").run()
    assert len(design.error) == 1
    (button,) = [one for one in design.button if one.label == "Start"]
    assert button.disabled


def test_with_a_hub_the_download_is_announced(design: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.ui.base_models.hub_state", lambda: True)
    design.selectbox(key="base_model").set_value("distilbert-base-uncased").run()
    assert len(design.info) == 1
    assert not design.error
    (button,) = [one for one in design.button if one.label == "Start"]
    assert not button.disabled


def test_a_silent_hub_is_asked_again_until_it_answers(
    design: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.ui.base_models.hub_state", lambda: None)
    design.selectbox(key="base_model").set_value("distilbert-base-uncased").run()
    assert hub_sentence(None) in text_of(design)
    assert start_button(design).disabled
    answers = iter([None, True])
    monkeypatch.setattr("pages.ui.base_models.hub_state", lambda: next(answers, True))
    design.run()  # the page still finds the hub silent; what polls finds it reachable and begins anew
    assert len(design.info) == 1
    assert not start_button(design).disabled


@pytest.mark.parametrize(
    "typed",
    ["not a model!", "./no/such/folder", "~nobody-of-this-name/model"],
)
def test_a_model_that_cannot_be_is_told_at_its_field_and_the_page_goes_on(
    app: AppTest,
    workspace: Workspace,
    checking: Checking,
    monkeypatch: pytest.MonkeyPatch,
    typed: str,
) -> None:
    monkeypatch.setattr("pages.ui.base_models.hub_state", lambda: True)
    store_sample_dataset(workspace)
    app.session_state["base_model"] = typed  # AppTest can choose what is listed, and not type
    open_page(app, "setup")
    (told,) = app.error
    with pytest.raises(TlError) as refusal:
        settle_base_model(workspace, typed)
    assert refusal.value.message in plain(told.value)
    assert plan(app)["Fine-tuned"] == 5
    assert start_button(app).disabled
    app.selectbox(key="base_model").set_value("builtin").run()
    assert not start_button(app).disabled


def test_a_folder_that_describes_no_model_is_told_before_anything_is_queued(
    app: AppTest, workspace: Workspace, checking: Checking, tmp_path: Path
) -> None:
    folder = tiny_model_folder(tmp_path, "bert")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 1_000_000}))
    store_sample_dataset(workspace)
    app.session_state["base_model"] = str(folder)
    open_page(app, "setup")
    assert "num_hidden_layers is 1,000,000" in plain(app.error[0].value)
    assert start_button(app).disabled


def test_a_run_with_damaged_weights_is_no_base_model(
    app: AppTest, workspace: Workspace, checking: Checking, tmp_path: Path
) -> None:
    made = add_experiment(workspace, store_sample_dataset(workspace), arms=("scratch", "fine_tuned"))
    finish_all(workspace, made)
    run_id = workspace.database.list_runs()[-1].run_id
    model = workspace.run_folder(run_id).model_dir
    shutil.copytree(tiny_model_folder(tmp_path, "bert"), model, dirs_exist_ok=True)
    weights = (model / "model.safetensors").read_bytes()
    (model / "model.safetensors").write_bytes(weights[: len(weights) // 2])
    app.session_state["base_model"] = f"run:{run_id}"
    open_page(app, "setup")
    told = plain(app.error[0].value)
    assert "model.safetensors" in told
    assert run_id in told
    assert start_button(app).disabled


def test_a_model_is_found_on_the_hub_by_words_and_used(
    design: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = FoundModel(id="someone/german-bert", task="fill-mask", downloads=1234, licence="mit")
    monkeypatch.setattr("pages.ui.base_models.hub_state", lambda: True)
    monkeypatch.setattr("pages.ui.base_models.search_hub", lambda words: [found])
    design.run()
    design.text_input(key="hub_words").set_value("german").run()
    assert "1,234 " in design.radio[0].proto.captions[0].replace("\\", "")
    next(one for one in design.button if one.label == "Use this model").click().run()
    assert design.selectbox(key="base_model").value == "someone/german-bert"
    assert "german-bert" in plain(design.info[0].value)


def test_a_hub_that_fails_a_search_says_so(design: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(words: str) -> list[FoundModel]:
        raise ModelError("No search.", "Try again.")

    monkeypatch.setattr("pages.ui.base_models.hub_state", lambda: True)
    monkeypatch.setattr("pages.ui.base_models.search_hub", fail)
    design.run()
    design.text_input(key="hub_words").set_value("german").run()
    assert "No search." in plain(design.error[0].value)


def test_without_a_hub_nothing_can_be_searched(design: AppTest) -> None:
    assert not design.text_input


def test_a_base_model_that_was_used_before_can_be_chosen(
    app: AppTest, workspace: Workspace, checking: Checking
) -> None:
    add_experiment(workspace, store_sample_dataset(workspace), base_model="someone/used-before")
    open_page(app, "setup")
    assert any("used-before" in option for option in app.selectbox(key="base_model").options)


def test_a_rival_that_cannot_be_is_told_and_left_out(design: AppTest) -> None:
    rivals(design).set_value(["not a model!", "./no/such/folder"]).run()
    assert len(design.error) == 2
    assert set(plan(design)) == {"Fine-tuned", "From scratch", "TF-IDF", "Majority"}
    assert start_button(design).disabled


def test_a_rival_in_a_folder_is_planned_by_its_name_and_content_and_never_by_its_path(
    design: AppTest, start: Callable[[], ExperimentConfig], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_model_folder(tmp_path, "bert").rename(tmp_path / "mine")
    monkeypatch.setenv("HOME", str(tmp_path))
    rivals(design).set_value(["~/mine"]).run()
    experiment = start()
    (rival,) = [arm.base_model for arm in experiment.arms if arm.base_model]
    assert rival.startswith("local:mine@")
    assert describe(rival).title == "mine"
    assert str(tmp_path) not in experiment.model_dump_json()


def test_no_train_size_is_told_at_its_field_and_the_page_goes_on(design: AppTest) -> None:
    (sizes,) = [one for one in design.multiselect if one.label == "Training examples"]
    sizes.set_value([]).run()
    assert len(design.error) == 1
    assert plan(design)["Fine-tuned"] == 5
    assert start_button(design).disabled


def test_datasets_of_one_name_and_size_can_each_be_chosen(app: AppTest, workspace: Workspace) -> None:
    for fingerprint in store_twins(workspace):
        open_page(app, "setup", dataset=fingerprint)
        (box,) = [one for one in app.selectbox if one.label == "Dataset"]
        assert len(set(box.options)) == 2
        assert app.query_params["dataset"] == fingerprint


def test_further_base_models_stand_beside_the_first(design: AppTest) -> None:
    rivals(design).set_value(["google-bert/bert-base-uncased"]).run()
    assert plan(design)["Fine-tuned · BERT base"] == 5


def test_measured_runs_replace_the_reference(app: AppTest, workspace: Workspace) -> None:
    finish_all(workspace, add_experiment(workspace, store_sample_dataset(workspace)))
    open_page(app, "setup")
    assert f"{TOKENS_A_STEP / STEP_S:.0f} tokens a second (2 finished runs)" in told_of(app)


def test_with_an_empty_queue_no_word_is_lost_on_it(design: AppTest) -> None:
    assert "Starts after" not in text_of(design)
    assert "from now" not in text_of(design)


def queue_runs(workspace: Workspace, num_seeds: int, **asked: object) -> ExperimentConfig:
    arms = ("tfidf", "scratch", "fine_tuned")
    return add_experiment(workspace, store_sample_dataset(workspace), arms, num_seeds, **asked)


def test_a_plan_behind_a_queue_says_when_it_starts_and_counts_the_wait(
    app: AppTest, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued = queue_runs(workspace, 5)
    finish_run(workspace, run_of(workspace, queued, "tfidf"))
    finish_run(workspace, run_of(workspace, queued, "scratch"))
    monkeypatch.setattr("tests.pages.fixtures.STEP_S", 4.0)
    start_run(workspace, run_of(workspace, queued, "fine_tuned"))
    open_page(app, "setup")
    app.button_group(key="budget").set_value(BudgetRule.EQUAL_STEPS).run()
    shown = told_of(app).replace("**", "")
    assert "40 tokens a second" in shown
    found = re.search(r"\b9 queued runs \(about (\d+) min\)", shown)
    assert found, shown
    wait = int(found[1])
    all_runs = re.search(r"All \d+ runs: about (\d+) minutes from now", shown)
    assert all_runs, shown
    assert int(all_runs[1]) > 1.9 * wait, "ten more networks come after the nine"


def test_a_run_up_to_its_plateau_makes_the_wait_a_range(
    app: AppTest, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.pages.fixtures.STEP_S", 30.0)
    experiment = queue_runs(workspace, 1, budget=BudgetRule.PLATEAU)
    for arm in ("tfidf", "scratch"):
        finish_run(workspace, run_of(workspace, experiment, arm))
    start_run(workspace, run_of(workspace, experiment, "fine_tuned"), num_evaluations=2)
    open_page(app, "setup")
    assert "1 queued run (4 to 31 min)" in text_of(app)


def test_a_queued_run_whose_texts_are_gone_leaves_the_wait_unknown(
    app: AppTest, workspace: Workspace
) -> None:
    experiment = queue_runs(workspace, 1)
    lost = workspace.dataset_folder(experiment.dataset_fingerprint) / "examples.parquet"
    lost.write_bytes(b"PAR1")
    _, others = store_twins(workspace)
    open_page(app, "setup", dataset=others)
    assert after_queue(Ahead(num_runs=3, span=None)) in text_of(app)


def test_what_was_promised_at_the_start_is_kept_and_told_with_what_it_took(
    design: AppTest, start: Callable[[], ExperimentConfig], workspace: Workspace
) -> None:
    assert "promised" not in text_of(design)
    experiment = start()
    (row,) = workspace.database.list_promises()
    assert row.experiment_id == experiment.experiment_id
    assert (row.promise.num_runs, row.promise.num_first, row.promise.device) == (12, 4, "cpu")
    assert 0 < row.promise.first_verdict.high_s < row.promise.total.high_s
    finish_all(workspace, experiment)
    open_page(design, "setup")
    assert re.search(r"promised .* min and took less than 1 min\.", told_of(design))


def test_what_the_last_plans_took_counts_in_the_next_estimate_and_is_said(
    app: AppTest, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = {None: (CATALOGUE[BUILTIN], 100.0)}
    monkeypatch.setattr("tl_core.planning.estimate.REFERENCES", slow)
    store_sample_dataset(workspace)
    open_page(app, "setup")
    app.button_group(key="budget").set_value(BudgetRule.EQUAL_STEPS).run()
    before = told_of(app)
    monkeypatch.setattr(Database, "list_promises", lambda _: [kept(200.0)] * 3)
    open_page(app, "setup")
    after = told_of(app)
    assert "promised 2 min and took 3 min." in after
    assert "2.0 times" in after
    minutes = [re.search(r"All \d+ runs: \*\*about (\d+) minutes", words) for words in (before, after)]
    assert minutes[0]
    assert minutes[1]
    assert int(minutes[1][1]) == pytest.approx(2 * int(minutes[0][1]), abs=1)


def test_an_unknown_dataset_is_an_error_with_a_remedy(app: AppTest, workspace: Workspace) -> None:
    store_sample_dataset(workspace)
    open_page(app, "setup", dataset="f" * 64)
    (told,) = app.error
    assert "f" * 64 in told.value
    assert ("setup", "") in targets_of(app), "what there is"


def test_the_plan_can_be_taken_away_as_a_command(design: AppTest) -> None:
    assert not design.code
    design.session_state["command"] = True  # its drawer is open
    design.number_input(key="seeds_quick").set_value(3).run()
    (code,) = [one.value for one in design.code]
    assert code.startswith("python -m tl_core compare dataset:")
    assert "--seeds 3" in code
    assert "--arms fine_tuned,tfidf,scratch,majority" in code


def test_the_presets_say_what_they_take_on_this_machine(design: AppTest) -> None:
    options = [one.content for one in design.button_group(key="preset").proto.options]
    assert [option.split(",")[0] for option in options] == ["Quick", "Standard", "Thorough"]
    assert all("min" in option for option in options)


def test_a_link_to_an_experiment_sets_up_its_dataset(app: AppTest, workspace: Workspace) -> None:
    intake = store_sample_dataset(workspace)
    experiment = add_experiment(workspace, intake, ("majority",))
    store_twins(workspace)
    open_page(app, "setup", experiment=experiment.experiment_id)
    assert "small reviews" in app.caption[0].value
    assert app.query_params["dataset"] == intake.dataset.info.fingerprint


@pytest.mark.parametrize(
    "choices",
    [
        {"arms": ("fine_tuned", "tfidf")},
        {
            "arms": ("fine_tuned", "frozen", "scratch", "majority"),
            "preset": Preset.STANDARD,
            "num_seeds": 3,
            "train_sizes": [12, 20],
            "headline_metric": Metric.MACRO_F1,
            "margin": 0.025,
            "task": Task.INTENT,
            "should_search_rates": False,
            "learning_rates": {"fine_tuned": LearningRates(encoder=3.7e-05, head=0.0012)},
            "epochs": 2.5,
            "max_length": 64,
            "budget": BudgetRule.PLATEAU,
            "batch_size": 8,
            "dropout": 0.2,
            "precision": Precision.FLOAT32,
            "patience": 7,
        },
    ],
)
def test_an_experiment_is_set_up_again_as_it_was(
    app: AppTest, workspace: Workspace, checking: Checking, choices: dict[str, Any]
) -> None:
    """The command on the page says every choice."""
    before = add_experiment(workspace, store_sample_dataset(workspace), **choices)
    app.session_state["command"] = True  # its drawer is open
    open_page(app, "setup", dataset=before.dataset_fingerprint, again=before.experiment_id)
    assert command_of(before) in [one.value for one in app.code]
    assert "again" not in app.query_params, "what is changed from now on stays"
    (seeds,) = [one for one in app.number_input if one.label == "Seeds"]
    seeds.set_value(2).run()
    assert command_of(before.model_copy(update={"num_seeds": 2})) in [one.value for one in app.code]
