"""How far can its confidence be trusted? What it says of its answers against how often they are right."""

import pandas as pd

from tl_core.charts.calibration import reliability_diagram
from tl_core.displays.display import Display, Subject
from tl_core.displays.words import as_percent, percent
from tl_core.evaluation.calibration import NUM_BINS, Calibration
from tl_core.evaluation.verdicts import summarise
from tl_core.evaluation.wording import spoken_names
from tl_core.results.calibration import ArmCalibration, bin_rows, calibrate_arm
from tl_core.schema import Metric


def display_arm(subject: Subject, arm: str) -> Display:
    """Show one arm's confidence against its right answers, as trained and with a temperature."""
    found = calibrate_arm(subject.results, arm, subject.train_size)
    rows = bin_rows(found)
    name = spoken_names(subject.results.titles)[arm]
    accuracy = summarise(subject.results.predictions[arm, subject.train_size], Metric.ACCURACY)
    return Display(
        key=f"reliability_{arm}",
        frame=pd.DataFrame(
            {
                "Probabilities": rows["is_after"].map({False: "as trained", True: "with the temperature"}),
                "Confidence above, %": rows["lower"].map(as_percent),
                "up to, %": rows["upper"].map(as_percent),
                "Answers": rows["num_answers"],
                "Mean confidence, %": rows["confidence"].map(as_percent),
                "Right on test, %": rows["accuracy"].map(as_percent),
                "95% interval from": rows["low"].map(as_percent),
                "to": rows["high"].map(as_percent),
                "Seeds": len(found.runs),
            }
        ),
        draw=lambda theme: reliability_diagram(
            rows,
            subject.styles(theme)[arm],
            temperature=found.temperature,
            errors=(found.mean("error"), found.mean("error", is_after=True)),
            theme=theme,
        ),
        sentence=tell(found, name, accuracy.ci95),
        limits=limits(found, name),
        budget=subject.budget,
    )


def seed_numbers(subject: Subject) -> pd.DataFrame:
    """List the calibration of the pair on test by seed, each arm's mean first."""
    rows = []
    for arm in (calibrate_arm(subject.results, arm, subject.train_size) for arm in subject.pair):
        seeds = [(str(run.seed), run.temperature, run.before, run.after) for run in arm.runs]
        names = list(Calibration.__dataclass_fields__)
        mean_before, mean_after = (
            Calibration(**{name: arm.mean(name, is_after=is_after) for name in names})
            for is_after in (False, True)
        )
        for seed, temperature, before, after in [("mean", arm.temperature, mean_before, mean_after), *seeds]:
            rows.append(
                {
                    "Model": subject.names[arm.arm],
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


def tell(found: ArmCalibration, name: str, interval: tuple[float, float]) -> str:
    """Say whether a model is surer of its answers than it may be, and what a temperature does about it.

    Parameters
    ----------
    name
        The arm in a sentence.
    interval
        95% interval of its accuracy on test (fractions): only a confidence beyond it is called wrong.
    """
    says, (low, high) = found.mean("confidence"), interval
    words = "is overconfident" if says > high else "is underconfident" if says < low else "is not clearly off"
    before, after = (100 * found.mean("error", is_after=is_after) for is_after in (False, True))
    changes = "lowers" if after < before else "raises"
    return (
        f"{name} {words}: {percent(says, 0)} confident, {percent(found.mean('accuracy'), 0)} correct (95% "
        f"interval {percent(low, 0)} to {percent(high, 0)}). A temperature fitted on validation {changes} "
        f"the calibration error from {before:.1f} to {after:.1f} points."
    )


def limits(found: ArmCalibration, name: str) -> str:
    """Say what the calibration error of a model does not show."""
    num_runs, num_all_right = len(found.runs), sum(run.is_all_right for run in found.runs)
    words = (
        f"The calibration error is the mean gap over {NUM_BINS} bins. With so few answers, a perfectly "
        f"calibrated model would show {100 * found.mean('error_by_chance'):.1f} points. There is no "
        "interval for it, so it is not a result."
    )
    if not num_all_right:
        return words
    where = f" in {num_all_right} of {num_runs} seeds" if num_runs > 1 else ""
    return (
        f"{words} {name} was right on all {found.num_validation:,} validation examples{where}. Don't rely on "
        "the temperature: it had no mistake to learn from."
    )
