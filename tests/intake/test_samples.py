import pytest

from tl_core.files.reading import read_table
from tl_core.intake.bundled import SAMPLES, guess_task, read_sample
from tl_core.planning.plan import num_runs, plan_sample
from tl_core.schema import Preset, Task


@pytest.mark.parametrize(
    ("name", "num_rows"), [("reviews_sentiment", 600), ("support_intents", 640), ("drawn_things", 256)]
)
def test_a_sample_holds_what_its_description_says(name: str, num_rows: int) -> None:
    sample = SAMPLES[name]
    assert read_table(sample.path).num_rows == num_rows
    assert sample.description.startswith(f"{num_rows} ")


@pytest.mark.parametrize(
    ("name", "labels", "task"),
    [
        ("support_intents", ("login_problem", "track_order"), Task.INTENT),
        ("mine", ("Negative", "Positive"), Task.SENTIMENT),
        ("mine", ("sports", "politics"), Task.OTHER),
    ],
)
def test_the_task_is_guessed_from_sample_and_labels(name: str, labels: tuple[str, ...], task: Task) -> None:
    assert guess_task(name, labels) is task


@pytest.mark.parametrize("name", list(SAMPLES))
def test_a_samples_quick_comparison_is_the_preset_on_its_own_split(name: str) -> None:
    sample = SAMPLES[name]
    intake = read_sample(sample)
    plan = plan_sample(sample, intake)
    assert plan.task is sample.task
    assert plan.split == intake.split.info
    assert plan.preset is Preset.QUICK
    assert num_runs(plan) == 12
    assert plan.experiment_id != plan_sample(sample, intake).experiment_id
