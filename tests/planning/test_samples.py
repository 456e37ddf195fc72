import pytest

from tl_core.data.reading import read_table
from tl_core.planning.samples import SAMPLES, guess_task
from tl_core.schema import Task


@pytest.mark.parametrize(("name", "num_rows"), [("reviews_sentiment", 600), ("support_intents", 640)])
def test_a_sample_holds_what_its_description_says(name: str, num_rows: int) -> None:
    sample = SAMPLES[name]
    assert read_table(sample.path).num_rows == num_rows
    assert sample.description.startswith(f"{num_rows} ")


@pytest.mark.parametrize(
    ("name", "labels", "task"),
    [
        ("support_intents", ("login_problem", "track_order"), Task.INTENT),
        ("mine", ("Negative", "Positive"), Task.SENTIMENT),
        ("mine", ("sports", "politics"), Task.TOPIC),
    ],
)
def test_the_task_is_guessed_from_sample_and_labels(name: str, labels: tuple[str, ...], task: Task) -> None:
    assert guess_task(name, labels) is task
