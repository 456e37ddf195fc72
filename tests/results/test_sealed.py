"""The sealed part of a test: nothing shows it before it is opened, once, and nothing changes it after."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from sqlalchemy import text

from tests.files.tables import dataset
from tests.pages import fixtures
from tl_core.errors import DamageError, NotFoundError, UserError
from tl_core.export.comparison_json import comparison_json
from tl_core.export.predictions import predictions_csv
from tl_core.export.report import report_of
from tl_core.intake.intake import read_intake, store_dataset
from tl_core.results.comparison import ExperimentResults, gather
from tl_core.results.sealed import find_sealed, is_sealed, unseal_test, why_closed
from tl_core.schema import ExperimentConfig, SplitRule
from tl_core.splits.splitting import read_split
from tl_core.store.ledger import Ledger
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
    unsealing = unseal_test(workspace, results).own
    assert unsealing is not None
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
    found = find_sealed(workspace, results.experiment)
    assert found is not None
    assert found.own == unsealing
    words = found.sentence
    assert verdict.claim.removesuffix(".") in words
    assert f"Opened on {today.day} {today:%B %Y}, after 1 experiment (3 models) had been scored" in words
    shown = comparison_json(workspace, results)["sealed"]
    assert shown["verdict"]["difference"] == verdict.difference
    assert shown["opened"]["looks"] == {"num_experiments": 1, "num_models": 3}
    assert verdict.claim.removesuffix(".") in report_of(workspace, results)


def test_it_is_opened_once_for_one_experiment_and_a_later_one_is_told(workspace: Workspace) -> None:
    first, second = finished(workspace), finished(workspace)
    unsealing = unseal_test(workspace, first).own
    assert unsealing is not None
    for results in (first, second):
        with pytest.raises(UserError, match="have been opened before"):
            unseal_test(workspace, results)
    assert unsealing.looks.num_experiments == 2
    of_second = find_sealed(workspace, second.experiment)
    assert of_second is not None
    words = of_second.sentence
    assert "They are not used a second time." in words
    assert first.experiment.name in words
    shown = comparison_json(workspace, second)["sealed"]
    assert (shown["verdict"], shown["opened"]["experiment_id"]) == (None, first.experiment.experiment_id)


def test_what_was_opened_changes_with_nothing_and_outlives_the_experiment(workspace: Workspace) -> None:
    results = finished(workspace)
    unsealing = unseal_test(workspace, results).own
    assert unsealing is not None
    workspace.delete_run(results.runs_of("fine_tuned", unsealing.verdict.train_size)[0].config.run_id)
    split_hash = results.experiment.split.hash
    assert Ledger(workspace.database).get_unsealing(split_hash) == unsealing
    workspace.delete_experiment(results.experiment.experiment_id)
    assert Ledger(workspace.database).get_unsealing(split_hash) == unsealing
    with workspace.database.transaction() as session:  # as after a database that was lost
        session.execute(text("DELETE FROM unsealings"))
    assert not is_sealed(workspace, results.experiment.split)
    assert Ledger(workspace.database).get_unsealing(split_hash) == unsealing


def test_the_second_clause_holds_the_same_model_against_tfidf_on_the_sealed_examples(
    workspace: Workspace,
) -> None:
    experiment = queued(workspace)
    fixtures.finish_all(workspace, experiment, fine_tuned=0.5, scratch=0.1, tfidf=0.95)
    opened = unseal_test(workspace, gather(workspace, experiment.experiment_id)).own
    assert opened is not None
    assert "Fine-tuned against TF-IDF, the best on validation without pretraining: behind" in (
        opened.verdict.beside
    )
    assert "below_tfidf" in [flag.code for flag in opened.verdict.flags]
    assert opened.verdict.beside in opened.verdict.sentence


def test_sealed_examples_that_another_split_has_in_the_open_are_counted(workspace: Workspace) -> None:
    results = finished(workspace)
    found = find_sealed(workspace, results.experiment)
    assert found is not None
    assert "nobody has seen" in found.sentence
    intake = fixtures.store_sample_dataset(workspace)
    openly = fixtures.add_experiment(workspace, intake, ARMS, 1)
    found = find_sealed(workspace, results.experiment)
    assert found is not None
    assert found.num_used == 0, "nothing has been scored there"
    fixtures.finish_all(workspace, openly)
    found = find_sealed(workspace, results.experiment)
    num_sealed = results.experiment.split.sealed
    assert found is not None
    assert found.num_used == num_sealed
    assert f"{num_sealed} of them were used openly on another split of these data" in found.sentence
    opened = unseal_test(workspace, results)
    assert "this is no fresh test" in opened.sentence


def test_another_version_of_the_data_is_not_opened_a_second_time(workspace: Workspace) -> None:
    results = finished(workspace)
    unseal_test(workspace, results)
    intake = read_intake(workspace, results.experiment.dataset_fingerprint)
    mended = dataset({"good": 36, "bad": 24})
    mended = replace(mended, info=mended.info.model_copy(update={"parent": intake.dataset.info.fingerprint}))
    again = fixtures.add_experiment(workspace, store_dataset(workspace, mended, HALF), ARMS, 1)
    fixtures.finish_all(workspace, again)
    with pytest.raises(UserError, match="with another split or version"):
        unseal_test(workspace, gather(workspace, again.experiment_id))


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
    opened = unseal_test(workspace, results).own
    assert opened is not None
    assert opened.verdict.num_seeds == 2


def test_without_a_sealed_part_there_is_nothing_to_open_or_to_say(workspace: Workspace) -> None:
    experiment = fixtures.add_experiment(workspace, fixtures.store_sample_dataset(workspace), ARMS, 1)
    fixtures.finish_all(workspace, experiment)
    results = gather(workspace, experiment.experiment_id)
    assert find_sealed(workspace, experiment) is None
    assert comparison_json(workspace, results)["sealed"] is None
    with pytest.raises(UserError, match="has no sealed test examples"):
        unseal_test(workspace, results)
