"""What is left of a first task goes through the same reservations as every other comparison."""

import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.files.tables import dataset
from tests.pages.fixtures import (
    add_experiment,
    fail_run,
    finish_all,
    finish_run,
    leave_first_task,
    run_of,
    runs_of,
    store_sample_dataset,
)
from tests.tiny_models import tiny_model_folder
from tl_core.displays.related_tasks import display_left
from tl_core.export.comparison_json import comparison_json
from tl_core.intake.intake import store_dataset
from tl_core.planning.finetuned_base_models import settle_base_model
from tl_core.results.comparable import gather_alike
from tl_core.results.comparison import gather
from tl_core.results.pooled import put_together
from tl_core.results.related_tasks import find_two_stages, tell_left

ALONE = ("fine_tuned",)
WITH_OTHERS = ("majority", "tfidf", "scratch", "fine_tuned")


@pytest.fixture
def prepare(workspace, tmp_path):
    """Finish a first task with some arms, and queue a second task that starts from its network."""

    def prepared(arms=ALONE, num_seeds=3, accuracy=0.95, **planned):
        first = add_experiment(
            workspace, store_dataset(workspace, dataset({"good": 36, "bad": 24})), arms, **planned
        )
        finish_all(workspace, first, fine_tuned=accuracy)
        run = run_of(workspace, first, "fine_tuned")
        model = workspace.run_folder(run.run_id).model_dir
        shutil.copytree(tiny_model_folder(tmp_path, "bert"), model, dirs_exist_ok=True)
        arm = f"fine_tuned:{settle_base_model(workspace, f'run:{run.run_id}')}"
        return run, add_experiment(workspace, store_sample_dataset(workspace), (arm,), num_seeds)

    return prepared


def finish(workspace, first, second, left, seeds=None, accuracy=0.8):
    for run in runs_of(workspace, second):
        if seeds is None or run.seed in seeds:
            finish_run(workspace, run, accuracy)
            leave_first_task(workspace, run, first, left)


def stages_of(workspace, second):
    results = gather(workspace, second.experiment_id)
    alike = gather_alike(workspace, results)
    (stages,) = find_two_stages(put_together(second, alike), alike, workspace)
    return stages


def own_head(stages):
    return stages.verdicts[0]


def codes(verdict):
    return [one.code for one in verdict.reservations]


def test_a_clear_loss_that_the_family_makes_unclear_is_said_so_everywhere(workspace, prepare):
    first, second = prepare(WITH_OTHERS)
    finish(workspace, first, second, left=0.55)
    stages = stages_of(workspace, second)
    verdict = own_head(stages)
    # Six pairs of the first task's experiment, of which one is primary, and two of what is left.
    assert verdict.num_pairs == 5 + 2
    assert verdict.ci95[1] < 0, "uncorrected it is clear"
    assert verdict.p_value < 0.05 <= verdict.p_corrected
    assert verdict.p_corrected == pytest.approx(7 * verdict.p_value)
    assert (verdict.conclusion, verdict.is_primary) == ("no_difference_shown", False)
    assert "not_corrected" in codes(verdict)
    said = tell_left(stages)[0]
    assert said.claim == "No clear difference between the model after both tasks and the model before."
    row = display_left(stages).frame.iloc[1]
    assert row["Result on test"] == verdict.sentence
    assert said.claim.removesuffix(".") in row["Result on test"]
    assert row["Corrected p"] == f"{verdict.p_corrected:.3f}"
    (told,) = comparison_json(workspace, gather(workspace, second.experiment_id))["first_tasks"]
    assert told["verdicts"][0]["conclusion"] == "no_difference_shown"
    assert told["verdicts"][0]["p_corrected"] == verdict.p_corrected


def test_the_same_loss_is_clear_where_nothing_else_was_asked(workspace, prepare):
    first, second = prepare(ALONE)
    finish(workspace, first, second, left=0.55)
    verdict = own_head(stages_of(workspace, second))
    assert verdict.num_pairs == 2, "each pair is corrected for the other"
    assert verdict.p_corrected == pytest.approx(2 * verdict.p_value)
    assert verdict.p_corrected < 0.05
    assert verdict.conclusion == "worse"


def test_one_seed_says_that_it_is_one(workspace, prepare):
    first, second = prepare(num_seeds=1)
    finish(workspace, first, second, left=0.3)
    stages = stages_of(workspace, second)
    assert own_head(stages).scope == "models"
    assert codes(own_head(stages))[0] == tell_left(stages)[0].status.code == "one_seed"


def test_a_second_training_that_failed_makes_no_fair_comparison(workspace, prepare):
    first, second = prepare()
    finish(workspace, first, second, left=0.1, accuracy=0.1)
    stages = stages_of(workspace, second)
    status = tell_left(stages)[0].status
    assert status.code == "baseline_failed"
    assert status.words == "The model after both tasks failed in 3 seeds: not a fair comparison yet"
    assert "on the second task" in status.evidence
    assert own_head(stages).failure_rates[0].num_failed == 3


def test_a_first_training_that_failed_counts_once(workspace, prepare):
    first, second = prepare(accuracy=0.1)
    finish(workspace, first, second, left=0.9)
    status = tell_left(stages_of(workspace, second))[0].status
    assert status.words == "The model before failed in 1 seed: not a fair comparison yet"


def test_seeds_that_failed_or_were_not_measured_are_said(workspace, prepare):
    first, second = prepare(num_seeds=4)
    finish(workspace, first, second, left=0.5, seeds=(0, 1))
    *_, third, fourth = runs_of(workspace, second)
    finish_run(workspace, third, 0.8)
    fail_run(workspace, fourth)
    verdict = own_head(stages_of(workspace, second))
    words = [one.words for one in verdict.reservations]
    assert "The model after both tasks did not finish in 1 of 4 seeds, on the second task" in words
    assert "The model after both tasks was not measured in 1 of 3 finished seeds" in words
    assert verdict.num_seeds == 2


def test_nothing_is_concluded_while_seeds_are_to_come(workspace, prepare):
    first, second = prepare()
    finish(workspace, first, second, left=0.3, seeds=(0, 1))
    verdict = own_head(stages_of(workspace, second))
    assert verdict.conclusion == "interim"
    assert verdict.status.words == "So far: 2 of 3 seeds"


def test_the_margin_is_the_first_task_s(workspace, prepare):
    first, second = prepare(margin=0.4)
    finish(workspace, first, second, left=0.95)
    assert own_head(stages_of(workspace, second)).margin == 0.4 != second.margin


def test_test_examples_that_belong_together_count_as_one(workspace, prepare):
    first, second = prepare()
    finish(workspace, first, second, left=0.3)
    path = workspace.run_folder(first.run_id).path / "predictions.parquet"
    table = pq.read_table(path)
    groups = pa.array([row // 3 for row in range(table.num_rows)], pa.int64())
    table = table.drop_columns([name for name in table.column_names if name == "group"])
    pq.write_table(table.append_column("group", groups), path)
    stages = stages_of(workspace, second)
    assert own_head(stages).num_groups in (6, 7)
    assert codes(own_head(stages))[0] == "few_groups"
    assert own_head(stages).conclusion == "no_difference_shown"
    assert set(display_left(stages).frame["Groups"].dropna()) == {own_head(stages).num_groups}
