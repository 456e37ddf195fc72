"""How far each arm's confidence can be trusted: its runs' numbers as tables and as sentences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tl_core.evaluation.calibration import (
    NUM_BINS,
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


def bin_numbers(rows: pd.DataFrame, num_seeds: int) -> pd.DataFrame:
    """List what `bin_rows` returns as a person reads it."""
    fractions = ["lower", "upper", "confidence", "accuracy", "low", "high"]
    percent = (100 * rows[fractions]).round(1)
    return pd.DataFrame(
        {
            "Probabilities": rows["is_after"].map({False: "as trained", True: "with the temperature"}),
            "Confidence above, %": percent["lower"],
            "up to, %": percent["upper"],
            "Answers": rows["num_answers"],
            "Mean confidence, %": percent["confidence"],
            "Right on test, %": percent["accuracy"],
            "95% interval from": percent["low"],
            "to": percent["high"],
            "Seeds": num_seeds,
        }
    )


def calibration_numbers(found: Sequence[ArmCalibration], arm_names: Mapping[str, str]) -> pd.DataFrame:
    """List the calibration of some arms on test by seed, each arm's mean first; labels by arm name."""
    rows = []
    for arm in found:
        seeds = [(str(run.seed), run.temperature, run.before, run.after) for run in arm.runs]
        names = list(Calibration.__dataclass_fields__)
        mean_before, mean_after = (
            Calibration(**{name: arm.mean(name, is_after=is_after) for name in names})
            for is_after in (False, True)
        )
        for seed, temperature, before, after in [("mean", arm.temperature, mean_before, mean_after), *seeds]:
            rows.append(
                {
                    "Arm": arm_names[arm.arm],
                    "Seed": seed,
                    "Temperature": round(temperature, 2),
                    "Calibration error, points": round(100 * before.error, 1),
                    "by chance": round(100 * before.error_by_chance, 1),
                    "with temperature": round(100 * after.error, 1),
                    "Brier score": round(before.brier, 3),
                    "Brier with temperature": round(after.brier, 3),
                    "Log loss, nats": round(before.log_loss, 3),
                    "Log loss with temperature": round(after.log_loss, 3),
                    "Test examples": arm.num_examples,
                }
            )
    return pd.DataFrame(rows)


def calibration_caption(found: Sequence[ArmCalibration], arm_names: Mapping[str, str]) -> str:
    """Say how sure each arm is, how often it is right, and what a temperature does; not escaped."""
    says = [
        f"{arm_names[one.arm]} says {_percent(one.mean('confidence'))} where it is right in "
        f"{_percent(one.mean('accuracy'))}"
        for one in found
    ]
    errors = [f"{_points(one.mean('error'))} to {_points(one.mean('error', is_after=True))}" for one in found]
    one_or_more = "its calibration error" if len(found) == 1 else "their calibration errors"
    return (
        f"On average {' and '.join(says)}; a temperature fitted on validation takes {one_or_more} from "
        f"{' and from '.join(errors)} points."
    )


def calibration_limits(found: Sequence[ArmCalibration], arm_names: Mapping[str, str]) -> str:
    """Say what the calibration errors do not show; not escaped."""
    chance = " and ".join(_points(one.mean("error_by_chance")) for one in found)
    limits = [
        f"The calibration error is the mean gap over {NUM_BINS} bins, and few answers push it up: {chance} "
        "points would be expected here even if every confidence were kept. It has no interval and is no "
        "verdict."
    ]
    for one in found:
        num_all_right = sum(run.is_all_right for run in one.runs)
        if num_all_right:
            where = f"in {num_all_right} of {len(one.runs)} seeds " if len(one.runs) > 1 else ""
            limits.append(
                f"{arm_names[one.arm]} was right on all {one.num_validation:,} validation examples {where}"
                "so its temperature had no mistake to learn from: do not rely on it."
            )
    return " ".join(limits)


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.1f}%"


def _points(fraction: float) -> str:
    return f"{100 * fraction:.1f}"
