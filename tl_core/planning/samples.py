"""The bundled demonstration sets."""

from dataclasses import dataclass
from pathlib import Path

from tl_core.schema import Task

_FOLDER = Path(__file__).resolve().parents[2] / "samples"

NOT_EVIDENCE = (
    "For demonstration: written for this project to show how the tool works, and no evidence of anything."
)


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One demonstration set.

    Attributes
    ----------
    description
        What it holds, in one sentence.
    """

    name: str
    title: str
    task: Task
    description: str

    @property
    def path(self) -> Path:
        """The CSV file."""
        return _FOLDER / f"{self.name}.csv"


SAMPLES = {
    sample.name: sample
    for sample in (
        Sample(
            name="reviews_sentiment",
            title="Reviews",
            task=Task.SENTIMENT,
            description="600 short reviews of products, films, places and services in 3 classes.",
        ),
        Sample(
            name="support_intents",
            title="Support messages",
            task=Task.INTENT,
            description="640 messages to a shop's support, 80 of each of 8 intents.",
        ),
    )
}


def guess_task(name: str, labels: tuple[str, ...]) -> Task:
    """Guess what labels mean: a sample's own task, sentiment where a label says so, else topics."""
    if name in SAMPLES:
        return SAMPLES[name].task
    words = {label.casefold() for label in labels}
    return Task.SENTIMENT if words & {"positive", "negative", "pos", "neg"} else Task.TOPIC
