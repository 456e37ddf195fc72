"""The card *Related tasks* of *Why it works*: nothing to start from, an offer, and what is left."""

import json
import re
import shutil

import pytest

from tests.files.tables import dataset
from tests.pages.fixtures import (
    add_experiment,
    finish_all,
    finish_run,
    leave_first_task,
    runs_of,
    store_sample_dataset,
)
from tests.pages.reading import figures_of, open_drawers, open_page, query_of, targets_of, text_of
from tests.tiny_models import tiny_model_folder
from tl_core.export.comparison_json import comparison_json
from tl_core.intake.intake import store_dataset
from tl_core.planning.finetuned_base_models import settle_base_model
from tl_core.results.comparison import gather
from tl_core.results.overlaps import Overlap, overlap_words


@pytest.fixture
def first(workspace, tmp_path):
    """A finished fine-tuning on other texts, with a model that can be the start of another."""
    intake = store_dataset(workspace, dataset({"good": 36, "bad": 24}))
    made = add_experiment(workspace, intake, ("fine_tuned",), name="film reviews")
    (run,) = runs_of(workspace, made)
    finish_run(workspace, run, accuracy=0.95)
    shutil.copytree(
        tiny_model_folder(tmp_path, "bert"), workspace.run_folder(run.run_id).model_dir, dirs_exist_ok=True
    )
    return run


@pytest.fixture
def second(workspace):
    made = add_experiment(workspace, store_sample_dataset(workspace), num_seeds=2)
    finish_all(workspace, made, fine_tuned=0.5)
    return made


def offer(app):
    return next((one for one in app.button if one.key == "offer_related"), None)


def open_second(app, second):
    return open_page(app, "why_it_works", experiment=second.experiment_id)


def finish_two_stages(app, workspace, second, first):
    """Queue the two-stage arm by its button and finish it: better than direct, the first half forgotten."""
    offer(open_second(app, second)).click().run()
    queued = workspace.database.list_experiments()[0]
    for run in runs_of(workspace, queued):
        finish_run(workspace, run, accuracy=0.95)
        leave_first_task(workspace, run, first, accuracy=0.5)
    return queued


def test_without_another_task_it_asks_for_other_texts(app, second):
    open_second(app, second)
    assert ("data", "") in targets_of(app)
    assert offer(app) is None


def test_a_finished_first_task_is_offered_as_the_start(app, workspace, first, second):
    open_second(app, second)
    box = next(one for one in app.selectbox if one.label == "First task")
    assert box.options[0].startswith("all-MiniLM-L6 after film reviews")
    assert ": 2 runs, " in offer(app).label
    offer(app).click().run()
    queued = workspace.database.list_experiments()[0]
    assert query_of(app, "experiment") == queued.experiment_id
    name = settle_base_model(workspace, f"run:{first.run_id}")
    assert {run.arm.name for run in runs_of(workspace, queued)} == {f"fine_tuned:{name}"}
    open_second(app, second)
    assert offer(app) is None
    assert "2 runs on the way" in text_of(app)


def test_direct_and_two_stage_stand_side_by_side(app, workspace, first, second):
    finish_two_stages(app, workspace, second, first)
    shown = text_of(open_second(app, second))
    (said,) = [line for line in shown.splitlines() if "is 44.4 points more accurate" in line]
    assert "film reviews" in said
    assert len(figures_of(app)) == 5


def test_what_is_left_of_the_first_task_is_told_with_both_heads(app, workspace, first, second):
    finish_two_stages(app, workspace, second, first)
    shown = text_of(open_second(app, second))
    (own_head,) = [line for line in shown.splitlines() if "44.4 points less accurate" in line]
    assert "after both tasks" in own_head
    assert "points points" not in shown
    assert "94.4% and 50.0%" in shown
    assert "new head" in shown
    assert overlap_words(Overlap(seen_before=0, num_test=18, seen_after=0, num_first_test=18)) in shown
    assert re.search(r"2 seeds, 18 test examples .*29 epochs", shown)
    open_drawers(app)
    table = app.dataframe[4].value
    assert list(table["First task"]) == [
        "Own head, before",
        "Own head, after",
        "New head, before",
        "New head, after",
    ]
    assert list(table["Seeds"]) == [1, 2, 1, 2]


def test_the_json_says_what_is_left_of_the_first_task(app, workspace, first, second):
    queued = finish_two_stages(app, workspace, second, first)
    (told,) = comparison_json(workspace, gather(workspace, queued.experiment_id))["first_tasks"]
    assert (told["direct"], told["first_run_id"], told["metric"]) == ("fine_tuned", first.run_id, "accuracy")
    assert [round(one["mean"], 3) for one in told["left"][:2]] == [0.944, 0.5]
    assert [one["num_seeds"] for one in told["verdicts"]] == [2, 2]
    assert told["overlap"] == {"seen_before": 0, "num_test": 18, "seen_after": 0, "num_first_test": 18}
    json.dumps(told, allow_nan=False)


def test_a_first_task_that_is_gone_leaves_the_rest_of_the_page(app, workspace, first, second):
    finish_two_stages(app, workspace, second, first)
    workspace.delete_run(first.run_id)
    shown = text_of(open_second(app, second))
    assert "The knowledge ladder" in shown
    assert "94.4% and 50.0%" not in shown


def test_design_lists_what_was_trained_here_and_takes_it(app, workspace, first, second):
    open_page(app, "setup", dataset=second.dataset_fingerprint)
    box = next(one for one in app.selectbox if one.label == "Base model")
    (own,) = [option for option in box.options if "all-MiniLM-L6 after film reviews" in option]
    assert "seed 0, 33 examples" in own
    box.set_value(f"run:{first.run_id}").run()
    assert not app.exception
    assert "all-MiniLM-L6 after film reviews" in text_of(app)
