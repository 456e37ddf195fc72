"""The sealed part of a test: nothing shows it before it is opened, once, and nothing changes it after."""

import json
from datetime import UTC, datetime

import numpy as np
import pytest

from tests.pages import fixtures
from tl_core.errors import DamageError, NotFoundError, UserError
from tl_core.export.comparison_json import comparison_json
from tl_core.export.predictions import predictions_csv
from tl_core.export.report import report_of
from tl_core.results.comparison import ExperimentResults, gather
from tl_core.results.sealed import find_unsealing, is_sealed, sealed_words, unseal_test, why_closed
from tl_core.schema import ExperimentConfig, SplitRule
from tl_core.splits.splitting import read_split
from tl_core.store.workspace import Workspace

ARMS = ("tfidf", "scratch", "fine_tuned")
HALF = SplitRule(sealed=0.5)


def queued(workspace: Workspace, num_seeds: int = 3) -> ExperimentConfig:
    intake = fixtures.store_sample_dataset(workspace, rule=HALF)
    return fixtures.add_experiment(workspace, intake, ARMS, num_seeds)


def finished(workspace: Workspace) -> ExperimentResults:
    experiment = queued(workspace)
    fixtures.finish_all(workspace, experiment, fine_tuned=0.95, scratch=0.4, tfidf=0.6)
    return gather(workspace, experiment.experiment_id)


def sealed_ids(workspace: Workspace, results: ExperimentResults) -> set[str]:
    experiment = results.experiment
    folder = workspace.dataset_folder(experiment.dataset_fingerprint)
    split = read_split(folder, experiment.split.hash)
    assert len(split.sealed) == experiment.split.sealed > 0
    table = workspace.run_folder(results.runs[0].run_id).read_sealed()
    return set(table["example_id"].to_pylist())


def test_nothing_shows_a_sealed_example_before_it_is_opened(workspace: Workspace) -> None:
    results = finished(workspace)
    ids = sealed_ids(workspace, results)
    assert is_sealed(workspace, results.experiment.split)
    for predictions in results.predictions.values():
        assert not ids & set(predictions.example_ids.tolist())
        assert predictions.num_examples == results.experiment.split.test
    written = json.dumps(comparison_json(workspace, results))
    taken_away = predictions_csv(results, None)
    assert not any(one in written or one.encode() in taken_away for one in ids)
    report = report_of(workspace, results)
    assert "nobody has seen how a model answers them" in report


def test_opening_compares_the_main_pair_on_the_sealed_examples_and_writes_down_the_day(
    workspace: Workspace,
) -> None:
    results = finished(workspace)
    unsealing = unseal_test(workspace, results)
    verdict = unsealing.verdict
    assert (verdict.a, verdict.b, verdict.num_seeds) == ("fine_tuned", "scratch", 3)
    assert verdict.num_examples == results.experiment.split.sealed
    shares = {
        arm: np.mean(
            [
                (np.array(table["logits"].to_pylist()).argmax(axis=1) == table["target"].to_numpy()).mean()
                for run in results.runs_of(arm, verdict.train_size)
                for table in [workspace.run_folder(run.config.run_id).read_sealed()]
            ]
        )
        for arm in (verdict.a, verdict.b)
    }
    assert verdict.value_a == pytest.approx(shares["fine_tuned"])
    assert verdict.value_b == pytest.approx(shares["scratch"])
    assert (verdict.p_corrected, verdict.looks) == (None, None)
    today = datetime.now(UTC)
    assert unsealing.opened_at.startswith(f"{today:%Y-%m-%d}")
    assert find_unsealing(workspace, results.experiment.split) == unsealing
    words = sealed_words(results.experiment, unsealing)
    assert verdict.claim.removesuffix(".") in words
    assert f"Opened on {today.day} {today:%B %Y}, after 1 experiment (3 models) had been scored" in words
    shown = comparison_json(workspace, results)["sealed"]
    assert shown["verdict"]["difference"] == verdict.difference
    assert shown["opened"]["looks"] == {"num_experiments": 1, "num_models": 3}
    assert verdict.claim.removesuffix(".") in report_of(workspace, results)


def test_it_is_opened_once_for_one_experiment_and_a_later_one_is_told(workspace: Workspace) -> None:
    first, second = finished(workspace), finished(workspace)
    unsealing = unseal_test(workspace, first)
    for results in (first, second):
        with pytest.raises(UserError, match="have been opened before"):
            unseal_test(workspace, results)
    assert unsealing.looks.num_experiments == 2
    words = sealed_words(second.experiment, find_unsealing(workspace, second.experiment.split))
    assert "They are not used a second time." in words
    assert first.experiment.name in words
    shown = comparison_json(workspace, second)["sealed"]
    assert (shown["verdict"], shown["opened"]["experiment_id"]) == (None, first.experiment.experiment_id)


def test_what_was_opened_changes_with_nothing_and_outlives_the_experiment(workspace: Workspace) -> None:
    results = finished(workspace)
    unsealing = unseal_test(workspace, results)
    workspace.delete_run(results.runs_of("fine_tuned", unsealing.verdict.train_size)[0].config.run_id)
    assert find_unsealing(workspace, results.experiment.split) == unsealing
    workspace.delete_experiment(results.experiment.experiment_id)
    assert find_unsealing(workspace, results.experiment.split) == unsealing


def test_it_stays_sealed_while_runs_are_to_come_or_an_answer_is_missing(workspace: Workspace) -> None:
    experiment = queued(workspace, num_seeds=2)
    configs = fixtures.runs_of(workspace, experiment)
    for run in configs[:-1]:
        fixtures.finish_run(workspace, run, 0.8)
    results = gather(workspace, experiment.experiment_id)
    assert why_closed(results) == "Some runs are still to come."
    with pytest.raises(UserError):
        unseal_test(workspace, results)
    fixtures.finish_run(workspace, configs[-1], 0.8)
    results = gather(workspace, experiment.experiment_id)
    assert why_closed(results) == ""
    path = workspace.run_folder(fixtures.run_of(workspace, experiment, "scratch").run_id).path
    whole = (path / "sealed.parquet").read_bytes()
    (path / "sealed.parquet").write_bytes(whole[:100])
    with pytest.raises(DamageError):
        unseal_test(workspace, results)
    (path / "sealed.parquet").unlink()
    with pytest.raises(NotFoundError):
        unseal_test(workspace, results)
    assert is_sealed(workspace, experiment.split)
    (path / "sealed.parquet").write_bytes(whole)
    assert unseal_test(workspace, results).verdict.num_seeds == 2


def test_without_a_sealed_part_there_is_nothing_to_open_or_to_say(workspace: Workspace) -> None:
    experiment = fixtures.add_experiment(workspace, fixtures.store_sample_dataset(workspace), ARMS, 1)
    fixtures.finish_all(workspace, experiment)
    results = gather(workspace, experiment.experiment_id)
    assert sealed_words(experiment, None) == ""
    assert comparison_json(workspace, results)["sealed"] is None
    with pytest.raises(UserError, match="has no sealed test examples"):
        unseal_test(workspace, results)
