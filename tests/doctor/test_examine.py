from pathlib import Path

import numpy as np
import pytest

from samples import __file__ as samples
from tests.doctor.made import of_classes, of_texts
from tests.doctor.test_near_duplicates import Groups
from tests.files.tables import CHOICE
from tl_core.datasets.dataset import build_dataset
from tl_core.doctor.examine import draw_sample, examine
from tl_core.files.reading import read_table
from tl_core.splits.splitting import make_split

SAMPLES = sorted(Path(samples).parent.glob("*.csv"))


@pytest.mark.parametrize("path", SAMPLES, ids=[path.stem for path in SAMPLES])
def test_the_samples_raise_no_alarm(path: Path) -> None:
    made = build_dataset(read_table(path), name=path.stem, choice=CHOICE)
    found = examine(made, make_split(made), known_languages=("en",))
    assert [(one.code, one.severity) for one in found if one.severity != "info"] == []


def test_plain_texts_raise_no_alarm() -> None:
    found = examine(of_classes({"x": 400, "y": 400}), lengths=np.full(800, 4))
    assert [one.code for one in found] == ["expected_interval"]


def test_lengths_are_told_where_they_are_measured() -> None:
    made = of_texts([], num_plain=100)
    lengths = np.array([128] * 90 + [129] * 9 + [138])
    (finding,) = [one for one in examine(made, lengths=lengths) if one.code == "too_long"]
    assert (finding.count, finding.severity) == (10, "warning")
    assert "longest has 138" in finding.message
    (few,) = [
        one
        for one in examine(made, lengths=np.minimum(lengths, 128) + (np.arange(100) < 9))
        if one.code == "too_long"
    ]
    assert (few.count, few.severity) == (9, "info")


def test_slow_checks_see_the_sample_and_say_so_without_a_fix() -> None:
    made = of_classes({"x": 30, "y": 30})
    sample = draw_sample(made, 20)
    assert sample is not None
    near = Groups(np.array([0, 0, *range(2, 20)]))
    found = {one.code: one for one in examine(made, make_split(made), near=near, sample=sample)}
    assert found["near_duplicates"].count == 1
    assert found["near_duplicates"].fix == ""
    words = "In a random sample of 20 of 60 examples: 1 text (5%) nearly repeats another"
    assert found["near_duplicates"].message.startswith(words)


def test_sample_is_drawn_by_the_ids_alone() -> None:
    made = of_classes({"x": 30, "y": 30})
    ids = made.example_ids()
    sample = draw_sample(made, 20)
    assert sample is not None
    assert sorted(ids[row] for row in sample) == sorted(ids)[:20]
    assert sample.tolist() == sorted(sample.tolist())
    assert draw_sample(made, 60) is None
