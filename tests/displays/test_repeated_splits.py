import numpy as np
import pytest

from tests.displays.conftest import finished
from tests.pages.fixtures import add_series, finish_all, store_sample_dataset
from tl_core.displays import repeated_splits
from tl_core.displays.display import Subject
from tl_core.displays.repeated_splits import split_rows
from tl_core.results.comparison import gather
from tl_core.results.repeated_splits import gather_series


def of_series(workspace, num_done=3):
    series = add_series(workspace, store_sample_dataset(workspace), ("scratch", "fine_tuned"), num_seeds=2)
    for one in series[:num_done]:
        finish_all(workspace, one, fine_tuned=0.9, scratch=0.5)
    results = gather(workspace, series[0].experiment_id)
    found = gather_series(workspace, series[0])
    return Subject(results=results, verdict=results.verdicts[0], series=found)


def test_the_mean_stands_above_the_splits_that_make_it(workspace):
    subject = of_series(workspace)
    found = repeated_splits.display(subject)
    assert found.frame["Split"].tolist() == ["Mean of 3 splits", "Split 1", "Split 2", "Split 3"]
    mean, *splits = split_rows(subject.series)["difference"]
    assert mean == pytest.approx(np.mean(splits))
    assert found.sentence == subject.series.verdict.claim
    assert "Split 2" in found.figure().layout.meta["alt"]


def test_there_is_nothing_to_show_of_one_split(workspace):
    assert repeated_splits.display(of_series(workspace, num_done=1)) is None
    assert repeated_splits.display(finished(workspace, fine_tuned=0.9)) is None
