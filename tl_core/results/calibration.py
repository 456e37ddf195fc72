"""How far each arm's confidence can be trusted, measured on its runs."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tl_core.evaluation.calibration import (
    Bins,
    Calibration,
    calibrate,
    fit_temperature,
    reliability,
)
from tl_core.results.comparison import ExperimentResults
from tl_core.results.runs import FinishedRun


@dataclass(frozen=True, kw_only=True)
class RunCalibration:
    """One run on test, before and after the temperature that was fitted on its own validation answers.

    ``is_all_right`` says that it answered every validation example rightly, so that there was no mistake to
    fit a temperature to and it ran to its limit.
    """

    seed: int
    temperature: float
    is_all_right: bool
    before: Calibration
    after: Calibration


@dataclass(frozen=True, kw_only=True, eq=False)
class ArmCalibration:
    """The runs of one arm at one train size by seed, and their answers pooled into bins."""

    arm: str
    num_examples: int
    num_validation: int
    runs: tuple[RunCalibration, ...]
    bins_before: Bins
    bins_after: Bins

    @property
    def temperature(self) -> float:
        """Mean over seeds."""
        return float(np.mean([run.temperature for run in self.runs]))

    def mean(self, name: str, *, is_after: bool = False) -> float:
        """Return the mean over seeds of one number of `Calibration`, by its name."""
        stages = [run.after if is_after else run.before for run in self.runs]
        return float(np.mean([getattr(stage, name) for stage in stages]))


def calibrate_run(run: FinishedRun) -> RunCalibration:
    """Fit a run's temperature on validation and measure test without and with it."""
    temperature = fit_temperature(run.validation_targets, run.validation_logits)
    is_right = run.validation_logits.argmax(axis=1) == run.validation_targets
    return RunCalibration(
        seed=run.config.seed,
        temperature=temperature,
        is_all_right=bool(is_right.all()),
        before=calibrate(run.targets, run.logits),
        after=calibrate(run.targets, run.logits, temperature),
    )


def calibrate_arm(results: ExperimentResults, arm: str, train_size: int) -> ArmCalibration:
    """Gather the calibration of an arm's finished runs, of which there is at least one."""
    finished = sorted(results.runs_of(arm, train_size), key=lambda run: run.config.seed)
    runs = tuple(calibrate_run(run) for run in finished)
    targets, logits = finished[0].targets, np.stack([run.logits for run in finished])
    return ArmCalibration(
        arm=arm,
        num_examples=len(targets),
        num_validation=len(finished[0].validation_targets),
        runs=runs,
        bins_before=reliability(targets, logits),
        bins_after=reliability(targets, logits, np.array([run.temperature for run in runs])),
    )


def bin_rows(found: ArmCalibration) -> pd.DataFrame:
    """List the bins of an arm, those before the temperature first.

    Returns
    -------
    Columns ``is_after``, ``lower``, ``upper``, ``confidence``, ``accuracy``, ``low``, ``high`` (Wilson's 95%
    interval of the accuracy; fractions) and ``num_answers`` (over all seeds).
    """
    parts = []
    for is_after, bins in ((False, found.bins_before), (True, found.bins_after)):
        low, high = bins.intervals(len(found.runs))
        parts.append(
            pd.DataFrame(
                {
                    "is_after": is_after,
                    "lower": bins.lower,
                    "upper": bins.upper,
                    "confidence": bins.confidence,
                    "accuracy": bins.accuracy,
                    "low": low,
                    "high": high,
                    "num_answers": bins.num_answers.astype(np.int64),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)
