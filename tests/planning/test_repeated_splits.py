from pathlib import Path
from typing import Any

import pytest

from tests.files.tables import CHOICE, table
from tests.pages import fixtures
from tests.pages.texts import TEXTS
from tl_core.datasets.dataset import build_dataset
from tl_core.errors import PlanError
from tl_core.intake.intake import Intake, store_dataset
from tl_core.jobs import client
from tl_core.planning.command import command_of
from tl_core.planning.missing_runs import plan_missing
from tl_core.planning.plan import find_same, launch
from tl_core.planning.remedies import plan_longer
from tl_core.planning.repeated_splits import repeat
from tl_core.schema import Arm, ExperimentConfig, Series, SplitMethod, SplitRule
from tl_core.splits.splitting import make_split, read_split
from tl_core.store.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return fixtures.make_workspace(tmp_path)


def first_of(workspace: Workspace, num_splits: int = 3, **asked: Any) -> ExperimentConfig:
    """Plan the first experiment of a series; nothing is queued."""
    intake = fixtures.store_sample_dataset(workspace)
    return fixtures.plan_on(intake, ("scratch", "fine_tuned"), num_splits=num_splits, **asked)


def test_an_experiment_without_a_series_is_written_as_before_there_were_any(workspace: Workspace) -> None:
    single = first_of(workspace, 1)
    assert (single.series, single.series_id, single.num_splits) == (None, None, 1)
    assert "series" not in single.model_dump(mode="json")
    assert ExperimentConfig.model_validate_json(single.model_dump_json()) == single


def test_a_series_is_read_as_it_was_written(workspace: Workspace) -> None:
    first = first_of(workspace)
    for one in (first, *repeat(workspace, first)):
        assert ExperimentConfig.model_validate_json(one.model_dump_json()) == one
        assert (one.series_id, one.num_splits) == (first.experiment_id, 3)


@pytest.mark.parametrize(
    "wrong",
    [
        {"num_splits": 1},
        {"num_splits": 2, "place": 3, "first": "exp_1"},
        {"num_splits": 2, "place": 2},
        {"num_splits": 2, "first": "exp_1"},
    ],
)
def test_no_place_is_outside_of_a_series(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="split"):
        Series(**wrong)


def test_the_others_differ_by_split_and_by_nothing_that_is_asked(workspace: Workspace) -> None:
    first = first_of(workspace)
    others = repeat(workspace, first)
    assert [one.name for one in (first, *others)] == [
        f"small reviews, split {place} of 3" for place in (1, 2, 3)
    ]
    own = {"experiment_id", "name", "created_at", "split", "series"}
    assert all(one.model_dump(exclude=own) == first.model_dump(exclude=own) for one in others)
    assert [one.split.rule.seed for one in (first, *others)] == [0, 1, 2]
    assert {one.split.rule.model_copy(update={"seed": 0}) for one in others} == {first.split.rule}
    assert len({one.split.hash for one in (first, *others)}) == 3


def test_their_splits_are_stored_as_make_split_draws_them(workspace: Workspace) -> None:
    first = first_of(workspace)
    intake = fixtures.store_sample_dataset(workspace)
    for one in repeat(workspace, first):
        kept = read_split(workspace.dataset_folder(one.dataset_fingerprint), one.split.hash)
        drawn = make_split(intake.dataset, one.split.rule)
        assert kept.info == one.split == drawn.info
        assert kept.test.tolist() == drawn.test.tolist()


def test_a_seed_stands_for_other_weights_and_another_order_on_every_split(workspace: Workspace) -> None:
    series = fixtures.add_series(workspace, fixtures.store_sample_dataset(workspace), num_seeds=2)
    seeds = {run.seeds for one in series for run in fixtures.runs_of(workspace, one)}
    assert len({one.init for one in seeds}) == len({one.order for one in seeds}) == 3 * 2


def test_launching_the_first_queues_all_of_them_in_turn(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "ensure_supervisor", lambda settings: None)
    first = first_of(workspace, num_seeds=2)
    launch(workspace, first)
    series = workspace.database.list_series(first.experiment_id)
    assert [one.series.place for one in series if one.series] == [1, 2, 3]
    waiting = [run.experiment_id for run in workspace.database.list_pending_runs()]
    assert waiting == [one.experiment_id for one in series for _ in range(4)]
    assert find_same(first_of(workspace, num_seeds=2), workspace.database.list_experiments()) == first
    assert find_same(first_of(workspace, 5, num_seeds=2), workspace.database.list_experiments()) is None


def test_what_follows_from_one_split_is_no_part_of_the_series(workspace: Workspace) -> None:
    second, _ = repeat(workspace, first_of(workspace))
    assert plan_longer(second).series is None
    assert [one.series for one in plan_missing(second, [(Arm.parse("frozen"), 33)])] == [None]


def test_the_command_of_the_first_repeats_the_splits_and_no_other_does(workspace: Workspace) -> None:
    first = first_of(workspace)
    assert "--splits 3" in command_of(first)
    assert all("--splits" not in command_of(one) for one in repeat(workspace, first))


def store(workspace: Workspace, rule: SplitRule, **columns: list[str]) -> Intake:
    texts = [text for group in TEXTS.values() for text in group]
    labels = [label for label in TEXTS for _ in TEXTS[label]]
    choice = CHOICE.model_copy(update={name: name for name in columns})
    rows = table(text=texts, label=labels, **columns)
    return store_dataset(workspace, build_dataset(rows, name="reviews", choice=choice), rule)


def test_groups_stay_together_on_every_split(workspace: Workspace) -> None:
    groups = [f"customer {place // 3}" for place in range(60)]
    intake = store(workspace, SplitRule(method=SplitMethod.GROUPED), group=groups)
    first = fixtures.plan_on(intake, ("scratch", "fine_tuned"), num_splits=3)
    for one in repeat(workspace, first):
        split = read_split(workspace.dataset_folder(one.dataset_fingerprint), one.split.hash)
        assert split.groups is not None
        parts = [set(split.groups[rows]) for rows in (split.train, split.validation, split.test)]
        assert sum(map(len, parts)) == len(set.union(*parts))
        assert one.train_sizes == (one.split.train,)


@pytest.mark.parametrize(
    ("method", "columns", "reason"),
    [
        (SplitMethod.BY_TIME, {"time": [f"2026-01-{1 + place % 28:02}" for place in range(60)]}, "by time"),
        (SplitMethod.OWN, {"split": ["train", "train", "validation", "test"] * 15}, "one split"),
    ],
)
def test_a_split_that_nobody_draws_is_not_repeated(
    workspace: Workspace, method: SplitMethod, columns: dict[str, list[str]], reason: str
) -> None:
    intake = store(workspace, SplitRule(method=method), **columns)
    with pytest.raises(PlanError, match=reason) as refused:
        fixtures.plan_on(intake, ("scratch", "fine_tuned"), num_splits=2)
    assert refused.value.remedy.startswith("Use one split")


def test_an_own_test_file_is_not_repeated(workspace: Workspace) -> None:
    intake = fixtures.store_sample_dataset(workspace)
    info = intake.dataset.info.model_copy(update={"num_own_test": 12})
    with pytest.raises(PlanError, match="your own"):
        fixtures.plan_on(intake, ("scratch", "fine_tuned"), num_splits=2, dataset=info)


def test_a_sealed_part_stays_out_of_other_splits(workspace: Workspace) -> None:
    intake = store(workspace, SplitRule(sealed=0.5))
    with pytest.raises(PlanError, match="sealed") as refused:
        fixtures.plan_on(intake, ("scratch", "fine_tuned"), num_splits=2)
    assert refused.value.remedy == "Use one split, or seal nothing."
