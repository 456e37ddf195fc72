"""The bundled demonstration sets."""

import functools
from dataclasses import dataclass
from pathlib import Path

from tl_core.datasets.dataset import build_dataset
from tl_core.files.reading import read_table
from tl_core.intake.intake import Intake
from tl_core.schema import ColumnChoice, Task
from tl_core.splits.splitting import make_split

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


@functools.cache
def read_sample(sample: Sample) -> Intake:
    """Make a sample's dataset and split once a process, without storing either."""
    dataset = build_dataset(
        read_table(sample.path), name=sample.name, choice=ColumnChoice.of("text", "label")
    )
    return Intake(dataset=dataset, split=make_split(dataset))


def is_sample(fingerprint: str | None) -> bool:
    """Whether a dataset is one of the samples, whatever it is called."""
    return any(read_sample(sample).dataset.info.fingerprint == fingerprint for sample in SAMPLES.values())


def guess_task(name: str, labels: tuple[str, ...]) -> Task:
    """Guess what labels mean: a sample's own task, sentiment where a label says so, else topics."""
    if name in SAMPLES:
        return SAMPLES[name].task
    words = {label.casefold() for label in labels}
    return Task.SENTIMENT if words & {"positive", "negative", "pos", "neg"} else Task.TOPIC
