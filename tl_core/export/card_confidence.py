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
        f"Its confidence on test is {percent(before.confidence)} on average where it is right in "
        f"{percent(before.accuracy)}. As trained: {_errors(before)}. With the temperature "
        f"{found.temperature:.2f}, fitted on the {len(run.validation_targets):,} validation examples: "
        f"{_errors(found.after)}. The calibration error is over {NUM_BINS} bins of equal width; "
        f"{_points(before.error_by_chance)} points would be expected if every confidence were kept. The "
        "Brier score is halved and goes from 0 to 1."
    )


def _errors(found: Calibration) -> str:
    return (
        f"expected calibration error {_points(found.error)} points, Brier score {found.brier:.3f}, log loss "
        f"{found.log_loss:.3f} nats"
    )


def _points(fraction: float) -> str:
    return f"{100 * fraction:.1f}"
