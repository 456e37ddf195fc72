"""What does it mean? What a training costs, what the result does not say, and what to do next."""

from statistics import median

from tl_core.charts.text import device_words, watt_hours
from tl_core.displays.display import Subject
from tl_core.evaluation.wording import detection_words, spoken_names
from tl_core.results.time_to_accuracy import seconds_words


def cost(subject: Subject) -> str:
    """Say how long the pair's first arm trained and on what, and on what energy where that is known."""
    runs = subject.results.runs_of(subject.verdict.a, subject.train_size)
    times = [run.record.train_s for run in runs if run.record.train_s is not None]
    name = spoken_names(subject.results.titles)[subject.verdict.a]
    if not times:
        return f"The training time of {name} was not measured."
    energies = [run.record.energy_wh for run in runs if run.record.energy_wh is not None]
    energy = f" and {watt_hours(median(energies))}" if len(energies) == len(runs) else ""
    recorded = {run.record.device for run in runs}
    devices = " and ".join(sorted(device_words(one) if one else "an unknown device" for one in recorded))
    counted = f"median of {len(times)} runs" if len(times) > 1 else "one run"
    return f"Training {name} took {seconds_words(median(times))}{energy} on {devices} ({counted})."


def limits(subject: Subject) -> tuple[str, ...]:
    """Say what weakens the result most, what it could show, what was seen before, and where it holds."""
    verdict = subject.verdict
    worst = [f"{one.words}." for one in verdict.reservations[:1]]
    seen = [verdict.seen] if verdict.seen else []
    where = "This result is about this data, this split and these models."
    return (*worst, detection_words(verdict), *seen, where)


def next_step(subject: Subject) -> str:
    """Say the one thing to do next."""
    verdict = subject.verdict
    if verdict.status.advice:
        return verdict.status.advice
    if len(subject.results.experiment.train_sizes) < 2:
        return "Find out how many labels pretraining saves: train on smaller subsets."
    return "Try the best model on examples of your own."
