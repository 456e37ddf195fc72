"""A run folder that cannot be read is named, and keeps nothing else from being shown."""

import pytest

from tests.pages.fixtures import add_experiment, finish_all, runs_of, store_sample_dataset
from tl_core.results.comparison import arm_titles, gather


@pytest.fixture
def experiment(workspace):
    made = add_experiment(workspace, store_sample_dataset(workspace), num_seeds=2)
    finish_all(workspace, made, fine_tuned=0.9)
    return made


@pytest.mark.parametrize(
    ("file", "content", "reason"),
    [
        ("predictions.parquet", None, "Expected predictions.parquet"),
        ("predictions.parquet", b"torn", "ArrowInvalid"),
        ("run.json", b"{}", "ValidationError"),
        ("events.jsonl", b"", "Expected the events"),
    ],
)
def test_a_damaged_run_is_left_out_with_its_reason(workspace, experiment, file, content, reason):
    broken = runs_of(workspace, experiment)[-1]
    path = workspace.run_folder(broken.run_id).path / file
    path.unlink() if content is None else path.write_bytes(content)
    results = gather(workspace, experiment.experiment_id)
    assert list(results.unreadable) == [broken.run_id]
    assert reason in results.unreadable[broken.run_id]
    assert results.headline.num_seeds == 1
    assert broken.run_id not in [run.config.run_id for run in results.finished]


def test_two_base_models_of_one_title_go_by_their_ids(workspace):
    arms = ("fine_tuned", "fine_tuned:a/model", "fine_tuned:b/model")
    made = add_experiment(workspace, store_sample_dataset(workspace), arms)
    assert list(arm_titles(made).values()) == ["all-MiniLM-L6", "a/model", "b/model"]


def test_a_fault_of_the_program_is_not_taken_for_damage(workspace, experiment, monkeypatch):
    def evaluate(*_):
        raise ValueError("a fault")

    monkeypatch.setattr("tl_core.results.runs.evaluate", evaluate)
    with pytest.raises(ValueError, match="a fault"):
        gather(workspace, experiment.experiment_id)


def test_a_record_of_an_earlier_version_is_told(workspace, experiment):
    old = workspace.run_folder(runs_of(workspace, experiment)[-1].run_id)
    old.write_record(old.read_record().model_copy(update={"train_class_counts": ()}))
    [reason] = gather(workspace, experiment.experiment_id).unreadable.values()
    assert "an earlier version" in reason
