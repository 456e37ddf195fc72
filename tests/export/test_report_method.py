"""A report's sentences about its own run: each is what the records say, in every preset and kind of split."""

from typing import Any

import pytest

from tests.export.test_report import MADE_AT, Reading, report
from tests.pages.fixtures import (
    add_experiment,
    add_series,
    finish_all,
    finish_run,
    runs_of,
    store_sample_dataset,
)
from tests.pages.texts import TEXTS
from tl_core.catalogue.base_models import BUILTIN, CATALOGUE
from tl_core.export.report import report_html
from tl_core.intake.intake import take_in
from tl_core.planning.presets import default_rates, grid_around
from tl_core.results.comparable import gather_pooled
from tl_core.results.comparison import gather
from tl_core.schema import (
    BudgetRule,
    ExperimentConfig,
    LearningRates,
    Precision,
    Preset,
    RateSearch,
    RunFinished,
    SplitMethod,
    SplitRule,
    TriedRates,
)
from tl_core.store.workspace import Workspace

ARMS = ("majority", "tfidf", "scratch", "fine_tuned")


def choose_rates(workspace: Workspace, experiment: ExperimentConfig, arm: str, place: int) -> None:
    """Write into an arm's runs that three rates were tried, and which of them was the best."""
    for run in runs_of(workspace, experiment):
        if run.arm.name == arm:
            grid = grid_around(default_rates(run.arm.kind, CATALOGUE[BUILTIN]))
            tried = tuple(TriedRates(rates=rates, value=0.5, loss=1.0) for rates in grid)
            search = RateSearch(tried=tried, train_size=33, num_examples=9, train_s=4.0)
            config = run.model_copy(update={"learning_rates": grid[place]})
            folder = workspace.run_folder(run.run_id)
            changes = {"rate_search": search, "config": config}
            folder.write_record(folder.read_record().model_copy(update=changes))


def finished(workspace: Workspace, arms: tuple[str, ...] = ARMS, num_seeds: int = 3, **how: Any) -> Any:
    made = add_experiment(workspace, store_sample_dataset(workspace), arms, num_seeds, **how)
    finish_all(workspace, made, fine_tuned=0.9, tfidf=0.7)
    return made


def text_of(workspace: Workspace, experiment: ExperimentConfig) -> str:
    return Reading(report(workspace, experiment)).text


# --- learning rates ---------------------------------------------------------------------


def test_in_the_quick_preset_rates_were_not_searched_for(workspace):
    text = text_of(workspace, finished(workspace, preset=Preset.QUICK))
    assert "The learning rates are presets and were not searched on this dataset" in text
    assert "were searched" not in text


@pytest.mark.parametrize("preset", [Preset.STANDARD, Preset.THOROUGH])
def test_in_presets_that_search_the_report_says_so(workspace, preset):
    made = finished(workspace, preset=preset)
    for arm in ("scratch", "fine_tuned"):
        choose_rates(workspace, made, arm, place=1)
    text = text_of(workspace, made)
    assert "not searched on this dataset" not in text
    assert "The learning rates were searched: 3 were tried on 9 validation examples" in text
    assert "a wider search might find a better one" not in text
    assert "Learning rates were chosen with the first seed and used for all." in text


def test_a_best_rate_at_the_end_of_the_grid_is_told(workspace):
    made = finished(workspace, preset=Preset.STANDARD)
    choose_rates(workspace, made, "scratch", place=2)
    choose_rates(workspace, made, "fine_tuned", place=1)
    assert "The best of From scratch was at the edge of what was tried" in text_of(workspace, made)


def test_of_several_arms_each_has_the_rates_that_it_had(workspace):
    made = finished(workspace, learning_rates={"scratch": LearningRates(encoder=3e-4, head=3e-4)})
    choose_rates(workspace, made, "fine_tuned", place=1)
    text = text_of(workspace, made)
    assert "The learning rates of Fine-tuned were searched: 3 were tried" in text
    assert "The learning rates of From scratch were set by hand, not searched" in text
    assert "are presets" not in text


def test_without_a_network_nothing_is_said_of_rates_and_training(workspace):
    text = text_of(workspace, finished(workspace, ("majority", "tfidf")))
    assert "learning rates are" not in text
    assert "No network has finished" in text


# --- seeds ---------------------------------------------------------------------


def test_where_all_train_examples_are_used_no_seed_chooses_any(workspace):
    text = text_of(workspace, finished(workspace))
    assert "A seed fixes the random weights and the order of the examples." in text
    assert "Every seed learned from the same 33 training examples, which are all there are" in text
    assert "(weights and order, on the same training examples)" in text
    assert "Choice of examples" not in text
    assert "A model without a network ran once and counts for every seed." in text


def test_where_a_part_is_used_each_seed_draws_its_own(workspace):
    text = text_of(workspace, finished(workspace, train_sizes=[12]))
    assert "and which 12 of the 33 training examples are used" in text
    assert "(weights, order and training examples)" in text
    assert "Choice of examples" in text
    assert "ran once and counts" not in text


def test_one_seed_has_an_interval_over_test_examples_alone(workspace):
    text = text_of(workspace, finished(workspace, num_seeds=1))
    assert "One seed A seed fixes" in text
    assert "allows for other test examples and nothing else" in text
    assert "crossed random effects by moments" not in text


# --- the split ---------------------------------------------------------------------


def test_the_test_part_is_not_said_to_be_looked_at_once(workspace):
    text = text_of(workspace, finished(workspace))
    assert "each run once, after training." in text
    assert "look at them afterwards" in text
    assert "nothing was chosen on them" not in text


def test_a_test_file_of_its_own_is_said_to_be_one(workspace, tmp_path):
    train = {label: texts[:14] for label, texts in TEXTS.items()}
    test = {label: texts[14:] for label, texts in TEXTS.items()}
    for name, part in (("train", train), ("test", test)):
        rows = [f'"{text}",{label}' for label, texts in part.items() for text in texts]
        (tmp_path / f"{name}.csv").write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    intake = take_in(
        workspace,
        tmp_path / "train.csv",
        name="own",
        test_path=tmp_path / "test.csv",
        text=["text"],
        label=["label"],
    )
    made = add_experiment(workspace, intake, ("scratch", "fine_tuned"), 2)
    finish_all(workspace, made)
    text = text_of(workspace, made)
    assert "The test is a separate file, unchanged." in text
    assert "for the test, which is a separate file" in text
    results = gather(workspace, made.experiment_id)
    page = report_html(results, gather_pooled(workspace, results), None, made_at=MADE_AT)
    without = Reading(page).text
    assert "whether the test was a separate file is not known" in without


def test_a_split_by_time_is_told_as_one(workspace, tmp_path):
    rows = [
        f'"{text}",{label},2026-01-{1 + place:02d}'
        for label, own in TEXTS.items()
        for place, text in enumerate(own)
    ]
    (tmp_path / "dated.csv").write_text("text,label,day\n" + "\n".join(rows), encoding="utf-8")
    intake = take_in(
        workspace,
        tmp_path / "dated.csv",
        name="dated",
        rule=SplitRule(method=SplitMethod.BY_TIME),
        text=["text"],
        label=["label"],
        time="day",
    )
    made = add_experiment(workspace, intake, ("scratch", "fine_tuned"), 2)
    finish_all(workspace, made)
    text = text_of(workspace, made)
    assert "By date: the oldest examples are for training, the newest for the test." in text
    assert "a hash" not in text


# --- training ---------------------------------------------------------------------


def test_the_budget_is_told_as_it_was_spent(workspace):
    text = text_of(workspace, finished(workspace))
    assert "Every network trained for 60 steps and kept the last weights." in text


def test_runs_that_came_to_the_limit_of_the_plateau_are_counted(workspace):
    made = finished(workspace, ("scratch", "fine_tuned"), 2, budget=BudgetRule.PLATEAU)
    first = workspace.run_folder(runs_of(workspace, made)[0].run_id)
    events = first.read_events()
    (first.path / "events.jsonl").unlink()
    for event in events:
        is_end = isinstance(event, RunFinished)
        first.append_event(event.model_copy(update={"stop_reason": "plateau"}) if is_end else event)
    text = text_of(workspace, made)
    assert "until it stopped improving on validation" in text
    assert "3 of 4 runs reached the limit first" in text


def test_a_number_format_that_differed_is_not_said_to_be_the_same(workspace):
    made = finished(workspace, ("scratch", "fine_tuned"), 2)
    assert "Code, batches, their order, architecture and number format were the same" in text_of(
        workspace, made
    )
    for run in runs_of(workspace, made)[:2]:
        folder = workspace.run_folder(run.run_id)
        folder.write_record(folder.read_record().model_copy(update={"precision": Precision.BFLOAT16}))
    text = text_of(workspace, made)
    assert "Code, batches, their order and architecture were the same for every network." in text
    assert "the weights at the start, the number format and each model's own learning rates" in text


def test_code_of_other_versions_is_not_said_to_be_the_same(workspace):
    made = finished(workspace, ("scratch", "fine_tuned"), 2)
    folder = workspace.run_folder(runs_of(workspace, made)[0].run_id)
    record = folder.read_record()
    folder.write_record(record.model_copy(update={"versions": {**record.versions, "torch": "2.12.0"}}))
    text = text_of(workspace, made)
    assert "Batches, their order, architecture and number format were the same" in text
    assert "the weights at the start, the versions of the libraries and each model's own" in text


def test_arms_that_no_seed_changes_are_not_said_to_have_few(workspace):
    text = text_of(workspace, finished(workspace, ("majority", "tfidf"), 3))
    assert "No training failed" not in text
    assert "other seeds" not in text


def test_networks_of_two_base_models_share_no_architecture(workspace):
    text = text_of(workspace, finished(workspace, ("scratch", "fine_tuned", "fine_tuned:org/other"), 2))
    assert "Code, batches, their order and number format were the same for every network." in text
    assert "the architecture and tokenizer of each base model" in text


@pytest.mark.parametrize(
    ("arms", "rest"), [(ARMS, "; TF-IDF reads all of it."), (("scratch", "frozen"), ".")]
)
def test_how_much_of_a_text_is_read_is_told(workspace, arms, rest):
    text = text_of(workspace, finished(workspace, arms, 2))
    assert f"Networks read the first 128 tokens of a text{rest}" in text


# --- pairs ---------------------------------------------------------------------


def test_of_one_pair_nothing_is_corrected(workspace):
    text = text_of(workspace, finished(workspace, ("scratch", "fine_tuned"), 2, margin=0.02))
    assert "One pair was compared on these test examples, so no p-value is corrected." in text
    assert "within the smallest difference that matters, 2 points" in text


def test_a_pair_that_was_not_planned_is_not_said_to_be(workspace):
    made = add_experiment(workspace, store_sample_dataset(workspace), ARMS, 2)
    for run in runs_of(workspace, made):
        if run.arm.kind.value != "scratch":
            finish_run(workspace, run)
    text = text_of(workspace, made)
    assert "The pair that was fixed before the start, Fine-tuned and From scratch, has no result" in text
    assert "The pair at the top was fixed before the start." not in text
    assert "The pair at the top was fixed before the start." in text_of(workspace, finished(workspace))


def test_a_series_is_told_at_the_top_and_in_the_method(workspace):
    series = add_series(workspace, store_sample_dataset(workspace), num_seeds=2)
    for one in series:
        finish_all(workspace, one, fine_tuned=0.9, tfidf=0.7)
    words = text_of(workspace, series[1])
    assert "Over 3 splits, " in words
    assert "Does it hold on other splits?" in words
    assert "3 in all" in words
    assert "All other numbers of this report are about split 2." in words
