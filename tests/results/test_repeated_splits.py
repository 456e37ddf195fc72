"""A series: what is read of it, what counts, and what is said where splits are missing or to come."""

from pathlib import Path

import numpy as np
import pytest

from tests.pages import fixtures
from tl_core.errors import ComparisonError
from tl_core.evaluation.metrics import Limits
from tl_core.evaluation.repeated_splits import corrected_interval
from tl_core.results.comparison import ExperimentResults, gather
from tl_core.results.repeated_splits import SeriesResults, gather_series, series_json
from tl_core.schema import ExperimentConfig
from tl_core.store.workspace import Workspace

ARMS = ("tfidf", "scratch", "fine_tuned")
ACCURACIES = ((0.9, 0.5), (0.8, 0.5), (0.9, 0.6))
"""Of the fine-tuned network and the one from scratch on each split."""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return fixtures.make_workspace(tmp_path)


@pytest.fixture
def series(workspace: Workspace) -> tuple[ExperimentConfig, ...]:
    intake = fixtures.store_sample_dataset(workspace)
    return fixtures.add_series(workspace, intake, ARMS, num_splits=3, num_seeds=2)


def finish(workspace: Workspace, *experiments: ExperimentConfig) -> None:
    for one in experiments:
        assert one.series is not None
        tuned, scratch = ACCURACIES[one.series.place - 1]
        fixtures.finish_all(workspace, one, fine_tuned=tuned, scratch=scratch)


def read(workspace: Workspace, experiment: ExperimentConfig) -> SeriesResults:
    found = gather_series(workspace, experiment)
    assert found is not None
    return found


def test_one_split_is_no_series(workspace: Workspace) -> None:
    single = fixtures.add_experiment(workspace, fixtures.store_sample_dataset(workspace), ARMS)
    assert gather_series(workspace, single) is None


def test_every_split_counts_with_the_difference_that_its_own_page_shows(
    workspace: Workspace, series: tuple[ExperimentConfig, ...]
) -> None:
    finish(workspace, *series)
    shown = [gather(workspace, one.experiment_id).headline for one in series]
    assert all(one is not None and one.is_primary for one in shown)
    differences = np.array([one.difference for one in shown if one])
    for one in series:
        found = read(workspace, one)
        assert found.verdict is not None
        assert [verdict.difference for verdict in found.verdicts.values()] == differences.tolist()
        # Of 60 examples, 33 to train on and 18 to test on, on every split.
        interval = corrected_interval(
            differences, num_train=33, num_test=18, num_examples=60, limits=Limits(low=-1, high=1)
        )
        assert found.verdict.ci95 == (interval.low, interval.high)
        assert found.verdict.difference == pytest.approx(differences.mean())
        assert found.verdict.claim.startswith("Over 3 splits, ")
        assert not found.is_interim


def test_a_split_that_is_to_come_is_waited_for(
    workspace: Workspace, series: tuple[ExperimentConfig, ...]
) -> None:
    none = read(workspace, series[0])
    assert (none.verdict, none.is_interim) == (None, True)
    assert none.sentence == ("So far, no split has a result out of 3: two are needed to compare over splits.")
    finish(workspace, *series[:2])
    found = read(workspace, series[2])
    assert found.verdict is not None
    assert found.verdict.conclusion == "interim"
    assert found.verdict.status.words == "So far: 2 of 3 splits"


def test_the_second_clause_holds_over_all_splits_too(
    workspace: Workspace, series: tuple[ExperimentConfig, ...]
) -> None:
    """TF-IDF, at 95%, is the best on validation without pretraining."""
    for one in series:
        fixtures.finish_all(workspace, one, fine_tuned=0.5, scratch=0.1, tfidf=0.95)
    verdict = read(workspace, series[0]).verdict
    assert verdict is not None
    against = [
        found.difference
        for one in series
        for found in gather(workspace, one.experiment_id).verdicts
        if (found.a, found.b) == ("fine_tuned", "tfidf")
    ]
    written = f"{100 * np.mean(against):.1f}".replace("-", "−")
    clause = "Fine-tuned against TF-IDF, the best on validation without pretraining: behind"
    assert f"{clause} ({written} points" in verdict.beside
    assert verdict.beside in verdict.sentence


def test_runs_that_change_nothing_of_the_main_pair_are_not_waited_for(
    workspace: Workspace, series: tuple[ExperimentConfig, ...]
) -> None:
    for one in series:
        for run in fixtures.runs_of(workspace, one):
            if run.arm.name != "tfidf":
                fixtures.finish_run(workspace, run, 0.9 if run.arm.name == "fine_tuned" else 0.5)
    assert not read(workspace, series[0]).is_interim


def test_a_split_without_a_seed_of_both_and_a_deleted_one_are_said(
    workspace: Workspace, series: tuple[ExperimentConfig, ...]
) -> None:
    intake = fixtures.store_sample_dataset(workspace)
    more = fixtures.add_series(workspace, intake, ("scratch", "fine_tuned"), num_splits=4)
    finish(workspace, *more[1:3])
    for run in fixtures.runs_of(workspace, more[3]):
        fixtures.fail_run(workspace, run)
    fixtures.finish_all(workspace, more[0])
    workspace.delete_experiment(more[0].experiment_id)
    found = read(workspace, more[1])
    assert (found.counts.num_counted, found.counts.num_deleted, found.counts.num_lost) == (2, 1, 1)
    assert "Not all 4 splits count: 1 deleted, 1 without a seed that both models finished." in found.sentence
    assert not found.is_interim


def test_a_split_that_cannot_be_read_keeps_no_other_from_counting(
    workspace: Workspace, series: tuple[ExperimentConfig, ...]
) -> None:
    finish(workspace, *series)

    def gather_most(experiment_id: str) -> ExperimentResults:
        if experiment_id == series[0].experiment_id:
            raise ComparisonError("Its runs were tested on other examples.", "Delete one.")
        return gather(workspace, experiment_id)

    found = gather_series(workspace, series[0], gather_most)
    assert found is not None
    assert list(found.verdicts) == [2, 3]
    assert found.counts.num_lost == 1


def test_looks_are_those_of_the_split_that_was_looked_at_most(
    workspace: Workspace, series: tuple[ExperimentConfig, ...]
) -> None:
    finish(workspace, *series)
    again = fixtures.add_series(
        workspace, fixtures.store_sample_dataset(workspace), ("scratch", "fine_tuned"), num_splits=2
    )
    finish(workspace, *again)
    found = read(workspace, again[0])
    assert found.verdict is not None
    assert "(scored in 2 experiments, 5 models)" in found.verdict.interval


def test_as_json_every_split_stands_for_itself(
    workspace: Workspace, series: tuple[ExperimentConfig, ...]
) -> None:
    finish(workspace, *series[:2])
    plain = series_json(read(workspace, series[0]))
    assert [one["experiment_id"] for one in plain["splits"]] == [one.experiment_id for one in series]
    assert [one["hash"] for one in plain["splits"]] == [one.split.hash for one in series]
    assert [one["num_seeds"] for one in plain["splits"]] == [2, 2, 0]
    assert plain["splits"][2]["difference"] is None
    assert plain["verdict"]["splits"]["num_counted"] == 2
