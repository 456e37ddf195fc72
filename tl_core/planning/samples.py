"""The bundled demonstration sets, and the quick comparison that each can be tried with."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tl_core.catalogue.base_models import BUILTIN
from tl_core.data.dataset import build_dataset
from tl_core.data.reading import read_table
from tl_core.data.splitting import make_split
from tl_core.planning.launching import Intake
from tl_core.planning.plan import DEFAULT_ARMS, plan_experiment
from tl_core.schema import Arm, ArmKind, ColumnChoice, ExperimentConfig, Preset, Task
from tl_core.store.identifiers import new_id

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


def plan_sample(
    sample: Sample,
    intake: Intake,
    *,
    arms: Sequence[ArmKind] = DEFAULT_ARMS,
    epochs: float | None = None,
    num_seeds: int | None = None,
) -> ExperimentConfig:
    """Freeze a comparison of a sample with the built-in model; the quick preset says what is not asked."""
    return plan_experiment(
        experiment_id=new_id("exp"),
        name=sample.name,
        dataset=intake.dataset.info,
        split=intake.split.info,
        task=sample.task,
        base_model=BUILTIN,
        arms=[Arm(kind=kind) for kind in arms],
        preset=Preset.QUICK,
        num_seeds=num_seeds,
        epochs=epochs,
    )


def guess_task(name: str, labels: tuple[str, ...]) -> Task:
    """Guess what labels mean: a sample's own task, sentiment where a label says so, else topics."""
    if name in SAMPLES:
        return SAMPLES[name].task
    words = {label.casefold() for label in labels}
    return Task.SENTIMENT if words & {"positive", "negative", "pos", "neg"} else Task.TOPIC
