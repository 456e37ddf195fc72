"""One split, many questions: what is primary, what else is corrected for, what is only so far, and beside."""

from itertools import combinations
from pathlib import Path

import pytest

from tests.pages import fixtures
from tl_core.results.comparison import ExperimentResults, gather
from tl_core.results.split_family import FOLDER
from tl_core.schema import ExperimentConfig
from tl_core.store.workspace import Workspace

ALL_ARMS = ("majority", "tfidf", "scratch", "fine_tuned")
ACCURACIES = {"majority": 0.4, "tfidf": 0.7, "scratch": 0.5, "fine_tuned": 0.95}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return fixtures.make_workspace(tmp_path)


def finished(
    workspace: Workspace, *arms: str, num_seeds: int = 3, **accuracies: float
) -> tuple[ExperimentConfig, ExperimentResults]:
    intake = fixtures.store_sample_dataset(workspace)
    experiment = fixtures.add_experiment(workspace, intake, arms or ALL_ARMS, num_seeds)
    fixtures.finish_all(workspace, experiment, **ACCURACIES | accuracies)
    return experiment, gather(workspace, experiment.experiment_id)


def test_the_main_pair_of_the_first_experiment_is_primary_and_all_others_are_one_family(
    workspace: Workspace,
) -> None:
    first, alone = finished(workspace)
    assert alone.headline is not None
    assert (alone.headline.is_primary, alone.headline.p_corrected) == (True, None)
    assert [one.num_pairs for one in alone.verdicts] == [1, *[5] * 5]

    _, second = finished(workspace, "scratch", "fine_tuned", num_seeds=2)
    assert second.headline is not None
    assert (second.headline.is_primary, second.headline.num_pairs) == (False, 6)
    again = gather(workspace, first.experiment_id)
    assert [one.num_pairs for one in again.verdicts] == [1, *[6] * 5]
    assert again.headline is not None
    assert (again.headline.p_value, again.headline.is_primary) == (alone.headline.p_value, True)
    assert "experiments, " not in alone.headline.interval
    for results in (again, gather(workspace, second.experiment.experiment_id)):
        assert all("(scored in 2 experiments, 6 models)" in one.sentence for one in results.verdicts)


def test_deleting_an_experiment_unasks_nothing(workspace: Workspace) -> None:
    first, alone = finished(workspace)
    workspace.delete_experiment(first.experiment_id)
    _, second = finished(workspace, "scratch", "fine_tuned", num_seeds=2)
    assert second.headline is not None
    assert (second.headline.is_primary, second.headline.num_pairs) == (False, 1 + len(alone.verdicts))
    assert "(scored in 2 experiments, 6 models)" in second.headline.interval


def test_an_experiment_that_showed_nothing_takes_no_question(workspace: Workspace) -> None:
    intake = fixtures.store_sample_dataset(workspace)
    cancelled = fixtures.add_experiment(workspace, intake, ALL_ARMS, 1)
    for run in fixtures.runs_of(workspace, cancelled):
        fixtures.fail_run(workspace, run, "cancelled")
    _, results = finished(workspace)
    assert results.headline is not None
    assert results.headline.is_primary


def test_arms_are_corrected_alike_however_they_were_queued(workspace: Workspace, tmp_path: Path) -> None:
    """Four arms in one experiment, or in three of two arms each."""
    _, together = finished(workspace)
    apart = fixtures.make_workspace(tmp_path / "apart")
    pairs = list(combinations(("fine_tuned", "tfidf", "scratch", "majority"), 2))
    pairs.insert(0, pairs.pop(pairs.index(("fine_tuned", "scratch"))))
    *_, last = [finished(apart, *pair)[1] for pair in pairs]
    assert len(together.verdicts) == len(pairs) == 6
    assert {one.num_pairs for one in together.verdicts[1:]} == {one.num_pairs for one in last.verdicts} == {5}


def test_an_experiment_on_another_split_is_no_part_of_it(workspace: Workspace) -> None:
    experiment, before = finished(workspace)
    other = fixtures.add_experiment(workspace, fixtures.store_other_dataset(workspace), ALL_ARMS)
    fixtures.finish_all(workspace, other)
    assert gather(workspace, experiment.experiment_id).verdicts == before.verdicts
    assert gather(workspace, other.experiment_id).headline.is_primary


def test_the_pairs_of_an_experiment_that_is_over_are_kept_and_worked_out_anew_where_damaged(
    workspace: Workspace,
) -> None:
    _, _ = finished(workspace)
    second, expected = finished(workspace, "scratch", "fine_tuned")
    folder = workspace.dataset_folder(second.dataset_fingerprint) / FOLDER
    kept = max((folder / second.split.hash).iterdir())
    kept.write_text("{")
    assert gather(workspace, second.experiment_id).verdicts == expected.verdicts
    for run in fixtures.runs_of(workspace, second):
        if run.arm.name == "scratch" and run.seed == 0:
            workspace.database.delete_run(run.run_id)
    fewer = gather(workspace, second.experiment_id)
    assert [one.num_seeds for one in fewer.verdicts] == [2]


def test_nothing_is_concluded_while_planned_runs_are_to_come(workspace: Workspace) -> None:
    experiment = fixtures.add_experiment(workspace, fixtures.store_sample_dataset(workspace), ALL_ARMS, 3)
    runs = fixtures.runs_of(workspace, experiment)
    for run in runs:
        if run.seed < 2:
            fixtures.finish_run(workspace, run, ACCURACIES[run.arm.name])
    early = gather(workspace, experiment.experiment_id).headline
    assert early is not None
    assert (early.conclusion, early.status.words) == ("interim", "So far: 2 of 3 seeds")
    assert early.claim.startswith("So far, Fine-tuned is ")
    assert "So far: 2 of 3 seeds." in early.sentence

    own = [run for run in runs if run.seed == 2 and run.arm.kind.is_neural]
    for run in own:
        fixtures.finish_run(workspace, run, ACCURACIES[run.arm.name])
    results = gather(workspace, experiment.experiment_id)
    assert results.is_done
    assert results.headline is not None
    assert results.headline.conclusion == "better"
    assert {one.conclusion for one in results.verdicts}.isdisjoint({"interim"})


def test_the_main_pair_does_not_wait_for_other_models_but_its_family_does(workspace: Workspace) -> None:
    arms = ("scratch", "frozen", "fine_tuned")
    experiment = fixtures.add_experiment(workspace, fixtures.store_sample_dataset(workspace), arms, 2)
    for run in fixtures.runs_of(workspace, experiment):
        if run.arm.name != "frozen" or run.seed == 0:
            fixtures.finish_run(workspace, run, ACCURACIES.get(run.arm.name, 0.6))
    results = gather(workspace, experiment.experiment_id)
    assert results.headline is not None
    assert results.headline.conclusion == "better"
    others = [one for one in results.verdicts if one is not results.headline]
    assert {one.status.words for one in others} == {"So far: 1 of 2 seeds"}


# --- beside the main result ---------------------------------------------------------------------------------


def test_the_main_result_names_the_same_network_and_the_best_without_pretraining(
    workspace: Workspace,
) -> None:
    _, results = finished(workspace, tfidf=0.9)
    assert results.headline is not None
    assert results.headline.claim.endswith(" more accurate than the same network from scratch.")
    assert results.headline.beside.startswith(
        "Fine-tuned against TF-IDF, the best on validation without pretraining: "
    )
    assert results.headline.beside in results.headline.sentence
    assert [one.beside for one in results.verdicts if one is not results.headline] == [""] * 5


@pytest.mark.parametrize(
    ("arms", "expected"),
    [
        (("scratch", "fine_tuned"), "No other model without pretraining was trained beside it."),
        (("frozen", "fine_tuned"), "No model without pretraining was trained beside it."),
        (("majority", "tfidf"), ""),
    ],
)
def test_what_stands_beside_it_where_there_is_no_other(
    workspace: Workspace, arms: tuple[str, ...], expected: str
) -> None:
    _, results = finished(workspace, *arms, tfidf=0.5, scratch=0.8)
    assert results.headline is not None
    assert results.headline.beside == expected


def test_where_scratch_is_the_best_without_pretraining_the_next_is_told_too(workspace: Workspace) -> None:
    _, results = finished(workspace, tfidf=0.6, scratch=0.7)
    assert results.headline is not None
    assert results.headline.beside.startswith(
        "From scratch is also the best on validation without pretraining. "
        "Fine-tuned against TF-IDF, the next: "
    )


def test_a_network_below_tfidf_is_flagged_wherever_it_is_compared_but_there(workspace: Workspace) -> None:
    _, results = finished(workspace, tfidf=0.95, scratch=0.4, fine_tuned=0.9)
    flagged = {
        (one.a, one.b): [flag.code for flag in one.flags if flag.code == "below_tfidf"]
        for one in results.verdicts
    }
    assert flagged["fine_tuned", "scratch"] == ["below_tfidf"]
    assert flagged["tfidf", "scratch"] == []
    (flag,) = [
        one for one in results.flags["scratch", results.experiment.split.train] if one.code == "below_tfidf"
    ]
    assert flag.phrase == "is below TF-IDF, which needs no network"


def test_what_stands_beside_it_is_only_so_far_too(workspace: Workspace) -> None:
    arms = ("tfidf", "scratch", "fine_tuned")
    experiment = fixtures.add_experiment(workspace, fixtures.store_sample_dataset(workspace), arms, 4)
    for run in fixtures.runs_of(workspace, experiment):
        if run.seed < 3:
            fixtures.finish_run(
                workspace, run, {"fine_tuned": 1.0, "tfidf": 0.3, "scratch": 0.2}[run.arm.name]
            )
    headline = gather(workspace, experiment.experiment_id).headline
    assert headline is not None
    assert "without pretraining: so far ahead (" in headline.beside


def test_what_pretraining_is_known_to_have_seen_stands_beside_the_main_result(workspace: Workspace) -> None:
    _, results = finished(workspace)
    headline = results.headline
    assert headline is not None
    assert headline.seen.startswith("all-MiniLM-L6 has seen Yelp and Amazon reviews")
    assert headline.seen.endswith("texts like those flatter it.")
    assert headline.seen in headline.sentence
    assert [one.seen for one in results.verdicts if one is not headline] == [""] * 5
    _, floors = finished(workspace, "tfidf", "majority")
    assert floors.headline is not None
    assert floors.headline.seen == "", "no pretrained network is in it"
