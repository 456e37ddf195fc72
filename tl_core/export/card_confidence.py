"""What a model card says about the model's own confidence."""

from tl_core.charts.text import percent
from tl_core.evaluation.calibration import NUM_BINS, Calibration
from tl_core.results.calibration import calibrate_run
from tl_core.results.runs import FinishedRun


def confidence_words(run: FinishedRun) -> str:
    """Say how far a run's probabilities can be trusted, without and with a temperature."""
    found = calibrate_run(run)
    before = found.before
    return (
        f"On test it is {percent(before.confidence)} confident on average and {percent(before.accuracy)} "
        f"correct. As trained: {_errors(before)}. With the temperature {found.temperature:.2f}, fitted on "
        f"the {len(run.validation_targets):,} validation examples: {_errors(found.after)}. The calibration "
        f"error is over {NUM_BINS} bins of equal width; a perfectly calibrated model would show "
        f"{_points(before.error_by_chance)} points with so few answers. The Brier score is halved, so it "
        "goes from 0 to 1."
    )


def _errors(found: Calibration) -> str:
    return (
        f"expected calibration error {_points(found.error)} points, Brier score {found.brier:.3f}, log loss "
        f"{found.log_loss:.3f} nats"
    )


def _points(fraction: float) -> str:
    return f"{100 * fraction:.1f}"
