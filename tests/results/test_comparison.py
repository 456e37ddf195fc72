from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import accuracy_score, f1_score

from tests.experiments.running import ALL_ARMS, carry_out_all, make_workspace, queue_experiment
from tests.pages import fixtures
from tests.tiny_models import tiny_model_folder
from tl_core.errors import ComparisonError, NotFoundError
from tl_core.evaluation.predictions import pair
from tl_core.export.comparison_json import comparison_json
from tl_core.jobs.outcome import ENDED_WITH_SUPERVISOR
from tl_core.jobs.queue import Queue
from tl_core.results.by_class import mean_confusions
from tl_core.results.comparison import (
    ExperimentResults,
    gather,
    headline_pair,
    ranked,
)
from tl_core.results.curves import curve_points
from tl_core.results.runs import find_cancelled, kept_evaluation, value_of
from tl_core.schema import (
    Arm,
    BudgetRule,
    EvalFinished,
    Event,
    ExperimentConfig,
    Metric,
    Precision,
    RunFinished,
    SplitName,
    State,
)
from tl_core.store.workspace import Workspace


@pytest.fixture(scope="module")
def carried_out(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Workspace, ExperimentConfig]]:
    """All arms, two seeds, a part and all of the train split; finished."""
    root = tmp_path_factory.mktemp("results")
    workspace = make_workspace(root / "workspace")
    experiment = queue_experiment(
        workspace, tiny_model_folder(root, "bert"), num_seeds=2, train_sizes=[16, 33], epochs=2
    )
    carry_out_all(workspace)
    yield workspace, experiment
    workspace.close()


@pytest.fixture(scope="module")
def results(carried_out: tuple[Workspace, ExperimentConfig]) -> ExperimentResults:
    workspace, experiment = carried_out
    return gather(workspace, experiment.experiment_id)


def arms(*names: str) -> list[Arm]:
    return [Arm.parse(name) for name in names]


def test_every_run_is_there(results: ExperimentResults) -> None:
    # 4 neural arms x 2 seeds x 2 sizes, and 2 others x (2 subsets + once on all)
    assert len(results.runs) == len(results.finished) == 16 + 6
    assert results.is_done
    assert {run.state for run in results.runs} == {State.FINISHED}
    assert results.titles["fine_tuned"] == "tiny-bert"


def test_metrics_are_those_of_the_predictions(
    results: ExperimentResults, carried_out: tuple[Workspace, ExperimentConfig]
) -> None:
    for run in results.finished:
        table = carried_out[0].run_folder(run.config.run_id).read_predictions().to_pandas()
        test = table[table["split"] == "test"]
        predicted = np.stack(test["logits"].to_list()).argmax(axis=1)
        assert run.test.accuracy == pytest.approx(accuracy_score(test["target"], predicted))
        f1 = f1_score(test["target"], predicted, average="macro", zero_division=0)
        assert value_of(run.test, Metric.MACRO_F1) == pytest.approx(f1)


def test_a_deterministic_arm_counts_for_every_seed(results: ExperimentResults) -> None:
    assert len(results.runs_of("tfidf", 33)) == 1
    on_all, on_part = results.predictions["tfidf", 33], results.predictions["tfidf", 16]
    assert on_all.seeds == on_part.seeds == (0, 1)
    np.testing.assert_array_equal(on_all.logits[0], on_all.logits[1])
    assert not np.array_equal(on_part.logits[0], on_part.logits[1])
    assert [run.config.seed for run in results.runs_of("fine_tuned", 33)] == [0, 1]


def test_the_headline_pair_comes_first_at_every_size(results: ExperimentResults) -> None:
    num_pairs = len(ALL_ARMS) * (len(ALL_ARMS) - 1) // 2
    pairs = [(verdict.a, verdict.b, verdict.train_size) for verdict in results.verdicts]
    assert len(pairs) == len(set(pairs)) == 2 * num_pairs
    assert pairs[0] == ("fine_tuned", "scratch", 16)
    assert pairs[num_pairs] == ("fine_tuned", "scratch", 33)
    assert results.headline == results.verdicts[num_pairs]


def test_a_verdict_is_about_the_numbers_of_its_arms(results: ExperimentResults) -> None:
    verdict = results.headline
    assert verdict is not None
    means = {
        arm: np.mean([run.test.accuracy for run in results.runs_of(arm, 33)])
        for arm in (verdict.a, verdict.b)
    }
    assert verdict.metric is results.experiment.headline_metric is Metric.ACCURACY
    assert verdict.difference == pytest.approx(means[verdict.a] - means[verdict.b])
    assert verdict.ci95[0] < verdict.difference < verdict.ci95[1]
    assert (verdict.num_seeds, verdict.num_examples, verdict.scope) == (2, 18, "expected")
    assert verdict.sentence.endswith(".")


def test_a_verdict_says_how_long_its_networks_really_trained(results: ExperimentResults) -> None:
    of = {(one.a, one.b, one.train_size): one for one in results.verdicts}
    whole, part = of["fine_tuned", "scratch", 33], of["fine_tuned", "scratch", 16]
    assert (whole.epochs_a, whole.epochs_b) == ((5, 5), (5, 5)), "2 epochs are 6 steps, the fewest are 15"
    assert "both after 5 epochs" in whole.interval
    assert "both after 15 epochs" in part.interval
    against_none = of["scratch", "majority", 33]
    assert (against_none.epochs_a, against_none.epochs_b) == ((5, 5), None)


def test_flags_know_the_majority_class(results: ExperimentResults) -> None:
    for run in results.finished:
        counts = run.record.train_class_counts
        assert sum(counts) == run.config.train_size
        assert run.health.majority_share == pytest.approx(max(counts) / sum(counts))
        assert run.floor == pytest.approx(11 / 18)
        assert sum(run.health.predicted_class_counts) == 9, "of validation alone"
    collapsed = [run for run in results.finished if run.config.arm.name == "majority"]
    assert all(run.test.accuracy == pytest.approx(11 / 18) for run in collapsed)
    assert all(key[0] != "majority" or flags == () for key, flags in results.flags.items())


def test_where_all_seeds_see_the_same_train_examples_the_interval_is_said_to_be_for_these(results) -> None:
    for verdict in results.verdicts:
        is_said = "for this training set and split" in verdict.sentence
        assert is_said is verdict.has_one_train_set is (verdict.train_size == 33)


def test_a_verdict_carries_the_flags_of_its_two_arms_alone(results: ExperimentResults) -> None:
    for verdict in results.verdicts:
        size = verdict.train_size
        expected = {*results.flags[verdict.a, size], *results.flags[verdict.b, size]}
        if "tfidf" in (verdict.a, verdict.b):  # the pair itself says it
            expected = {flag for flag in expected if flag.code != "below_tfidf"}
        assert set(verdict.flags) == expected


def test_an_experiment_under_way_has_no_headline_until_its_pair_is_there(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "workspace")
    names = ["majority", "tfidf", "scratch", "fine_tuned"]
    experiment = queue_experiment(workspace, tiny_model_folder(tmp_path, "bert"), names, num_seeds=2)
    pairs = []
    for _ in range(5):
        results = gather(workspace, experiment.experiment_id)
        headline = results.headline and (results.headline.b, results.headline.num_seeds)
        pairs.append((len(results.verdicts), headline, results.is_done))
        carry_out_all(workspace, at_most=1)
    workspace.close()
    assert pairs == [
        (0, None, False),
        (0, None, False),
        (1, None, False),
        (3, ("scratch", 1), False),
        (6, ("scratch", 1), False),
    ]


def test_an_unknown_experiment_is_not_found(carried_out: tuple[Workspace, ExperimentConfig]) -> None:
    with pytest.raises(NotFoundError):
        gather(carried_out[0], "exp_unknown")


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        (("majority", "scratch", "fine_tuned"), ("fine_tuned", "scratch")),
        (("fine_tuned:x", "fine_tuned", "scratch"), ("fine_tuned", "scratch")),
        (("fine_tuned:x", "scratch:x", "scratch"), ("fine_tuned:x", "scratch:x")),
        (("fine_tuned:x", "scratch"), ("fine_tuned:x", "scratch")),
        (("majority", "tfidf", "frozen"), ("frozen", "tfidf")),
        (("fine_tuned",), None),
    ],
)
def test_the_headline_pair_is_of_one_base_model_where_it_can_be(
    named: tuple[str, ...], expected: tuple[str, str] | None
) -> None:
    pair = headline_pair(arms(*named))
    assert (pair and tuple(arm.name for arm in pair)) == expected


def test_arms_are_ranked_from_what_should_win_to_the_floor() -> None:
    names = [arm.name for arm in ranked(arms("majority", "scratch", "fine_tuned:x", "tfidf", "fine_tuned"))]
    assert names == ["fine_tuned", "fine_tuned:x", "tfidf", "scratch", "majority"]


def test_curves_hold_what_the_runs_have_logged(results: ExperimentResults) -> None:
    runs = [(run.config, run.events) for run in results.runs_of("fine_tuned", 33)]
    points = curve_points(runs)
    events = [event for _, events in runs for event in events]
    on_validation = [e for e in events if isinstance(e, EvalFinished) and e.split is SplitName.VALIDATION]
    whole = [event for event in on_validation if event.is_whole]
    assert [event.num_examples for event in whole] == [9] * len(runs), (
        "the last word, and no point of the curve"
    )
    assert [kept_evaluation(config, events) for config, events in runs] == whole
    assert points["accuracy"].tolist() == [event.accuracy for event in on_validation if not event.is_whole]
    assert set(points["run_id"]) == {config.run_id for config, _ in runs}
    assert list(curve_points([]).columns) == list(points.columns)


@pytest.mark.parametrize(
    ("budget", "kept_step", "expected"),
    [
        (BudgetRule.EQUAL_STEPS, None, 60),
        (BudgetRule.PLATEAU, None, 8),
        (BudgetRule.PLATEAU, 4, 4),
        (BudgetRule.EQUAL_STEPS, 60, 60),
    ],
)
def test_the_kept_weights_are_those_that_the_run_names_or_its_rule_kept(
    results: ExperimentResults, budget: BudgetRule, kept_step: int | None, expected: int
) -> None:
    run = results.runs_of("fine_tuned", 33)[0]
    training = run.config.training.model_copy(update={"budget": budget})
    config = run.config.model_copy(update={"training": training})
    stamp = {"seq": 0, "examples_seen": 0, "tokens_seen": 0, "train_s": 0.0, "wall_s": 0.0}
    seen = {"split": SplitName.VALIDATION, "num_examples": 9, "accuracy": 0.5, "macro_f1": 0.5}
    events: list[Event] = [
        EvalFinished(step=step, loss=loss, predicted_class_counts=(5, 4), **seen, **stamp)
        for step, loss in ((0, 0.1), (4, 0.9), (8, 0.5), (60, 0.7))
    ]
    assert kept_evaluation(config, events) is None, "it goes on"
    events.append(RunFinished(step=60, kept_step=kept_step, **stamp))
    kept = kept_evaluation(config, events)
    assert kept is not None
    assert kept.step == expected


def test_the_mean_confusion_counts_every_test_example(results: ExperimentResults) -> None:
    mean, _ = mean_confusions(results, "scratch", "tfidf", 33)
    assert mean.sum() == 18
    assert mean.sum(axis=1).tolist() == [7, 11]


# --- what is refused ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("column", ["example_id", "target"])
def test_runs_on_other_test_examples_are_refused_by_name(tmp_path: Path, column: str) -> None:
    workspace = make_workspace(tmp_path / "workspace")
    experiment = queue_experiment(workspace, tiny_model_folder(tmp_path, "bert"), ["scratch"], num_seeds=2)
    carry_out_all(workspace)
    odd = workspace.database.list_runs(experiment.experiment_id)[1].run_id
    folder = workspace.run_folder(odd)
    table = folder.read_predictions()
    values = table[column].to_pylist()
    values[-1] = "someone else" if column == "example_id" else 1 - values[-1]
    place = table.column_names.index(column)
    folder.write_predictions(table.set_column(place, column, pa.array(values, table[column].type)))
    with pytest.raises(ComparisonError, match=f"{odd} was tested on other examples"):
        gather(workspace, experiment.experiment_id)
    workspace.close()


def test_arms_are_paired_example_by_example(results: ExperimentResults) -> None:
    a, b = pair(results.predictions["fine_tuned", 33], results.predictions["majority", 33])
    assert a.example_ids.tolist() == b.example_ids.tolist()


def test_seeds_that_did_not_finish_are_named_in_the_claim(tmp_path: Path) -> None:
    workspace = fixtures.make_workspace(tmp_path)
    intake = fixtures.store_sample_dataset(workspace)
    experiment = fixtures.add_experiment(workspace, intake, ["scratch", "fine_tuned"], 3)
    for run in fixtures.runs_of(workspace, experiment):
        if run.arm.name == "scratch" and run.seed > 0:
            fixtures.fail_run(workspace, run, "the loss was not finite", "diverged")
        else:
            fixtures.finish_run(workspace, run, accuracy=0.9 if run.arm.name == "fine_tuned" else 0.5)
    verdict = gather(workspace, experiment.experiment_id).headline
    assert verdict is not None
    assert [flag.code for flag in verdict.flags if flag.arm == "scratch"][-1] == "did_not_finish"
    assert "did not finish in 2 of 3 seeds" in verdict.sentence


@pytest.mark.parametrize(
    ("num_failed", "phrase"),
    [
        (0, "was cancelled in 2 of 3 seeds"),
        (1, "did not finish in 2 of 3 seeds, 1 of them cancelled"),
    ],
)
def test_a_seed_that_somebody_cancelled_has_not_failed(tmp_path: Path, num_failed: int, phrase: str) -> None:
    workspace = fixtures.make_workspace(tmp_path)
    intake = fixtures.store_sample_dataset(workspace)
    experiment = fixtures.add_experiment(workspace, intake, ["scratch", "fine_tuned"], 3)
    for run in fixtures.runs_of(workspace, experiment):
        if run.arm.name == "fine_tuned" or run.seed == 0:
            fixtures.finish_run(workspace, run, accuracy=0.9 if run.arm.name == "fine_tuned" else 0.5)
        elif run.seed <= num_failed:
            fixtures.fail_run(workspace, run)
    Queue(workspace.database).cancel_experiment(experiment.experiment_id)
    verdict = gather(workspace, experiment.experiment_id).headline
    assert verdict is not None
    (flag,) = [flag for flag in verdict.flags if flag.code == "did_not_finish"]
    assert flag.phrase == phrase


def test_who_ended_a_cancelled_run_is_told(tmp_path: Path) -> None:
    workspace = fixtures.make_workspace(tmp_path)
    intake = fixtures.store_sample_dataset(workspace)
    experiment = fixtures.add_experiment(workspace, intake, ["scratch"], 2)
    first, second = fixtures.runs_of(workspace, experiment)
    fixtures.fail_run(workspace, first, ENDED_WITH_SUPERVISOR, "cancelled")
    Queue(workspace.database).cancel_run(second.run_id)
    rows = workspace.database.list_runs(experiment.experiment_id)
    assert find_cancelled(rows) == {"stopped with the server": [rows[0]], "cancelled by you": [rows[1]]}


def test_a_flag_of_an_arm_that_runs_once_stands_for_every_seed(tmp_path: Path) -> None:
    workspace = fixtures.make_workspace(tmp_path)
    intake = fixtures.store_sample_dataset(workspace)
    experiment = fixtures.add_experiment(workspace, intake, ["tfidf", "fine_tuned"], 2)
    for run in fixtures.runs_of(workspace, experiment):
        if run.arm.name == "fine_tuned" and run.seed == 0:
            fixtures.fail_run(workspace, run, "killed by SIGKILL", "signal")
        else:
            fixtures.finish_run(workspace, run, accuracy=0.9 if run.arm.name == "fine_tuned" else 0.1)
    verdict = gather(workspace, experiment.experiment_id).headline
    assert verdict is not None
    assert "worse_than_majority" in [flag.code for flag in verdict.flags if flag.arm == "tfidf"]


def test_a_pair_whose_runs_may_not_be_compared_is_refused_and_the_others_stand(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "workspace")
    experiment = fixtures.add_experiment(workspace, fixtures.store_sample_dataset(workspace), num_seeds=2)
    fixtures.finish_all(workspace, experiment)
    odd = next(
        run for run in fixtures.runs_of(workspace, experiment) if run.arm.name == "scratch" and run.seed == 1
    )
    folder = workspace.run_folder(odd.run_id)
    folder.write_record(folder.read_record().model_copy(update={"precision": Precision.BFLOAT16}))
    results = gather(workspace, experiment.experiment_id)
    report = comparison_json(workspace, results)
    workspace.close()
    assert len(results.verdicts) == 5
    assert ("fine_tuned", "scratch") not in {(one.a, one.b) for one in results.verdicts}
    (refusal,) = results.refusals
    assert "Fine-tuned and From scratch differ in precision in seed 1: float32 against bfloat16" in refusal
    assert report["refusals"] == [refusal]
