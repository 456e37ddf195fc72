"""Eight labels a class on a real set, ten seeds: a figure that others have published for the same weights."""

from pathlib import Path
from statistics import fmean, stdev

import pytest

from benchmarks.few_shot import arm_rows, compare
from tests.shared_data import shared_data

SETFIT_ARCHIVE = "71.6 ± 3.7"
"""Accuracy in SetFit's own archive of results: cr, 8 examples a class, 10 subsets, the same weights."""


@pytest.mark.acceptance
def test_fine_tuned_reaches_70_percent_on_cr_with_8_examples_a_class(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TL_SHARED_DATA", str(shared_data()))
    monkeypatch.setenv("TL_SUPERVISOR_IDLE_S", "2")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    report = compare("cr", tmp_path, arms=("fine_tuned", "contrastive"), per_class=(8,), num_seeds=10)
    assert report["split"]["test"] == 378
    accuracies = {row["arm"]: row["accuracies"] for row in arm_rows(report)}
    for arm, values in accuracies.items():
        print(f"cr, 8 a class, {arm}: {100 * fmean(values):.1f} ± {100 * stdev(values):.1f} {values}")
    print(f"cr, 8 a class, SetFit's archive with the same weights: {SETFIT_ARCHIVE}")
    print("\n".join(verdict["sentence"] for verdict in report["verdicts"]))
    assert len(accuracies["fine_tuned"]) == len(accuracies["contrastive"]) == 10
    assert fmean(accuracies["fine_tuned"]) >= 0.70
