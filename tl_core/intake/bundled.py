"""The samples that come with the program, and a finished comparison of each."""

import functools
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from tl_core.datasets.dataset import build_dataset
from tl_core.errors import DataError
from tl_core.files.reading import read_table
from tl_core.intake.bundled_models import make_whole
from tl_core.intake.intake import Intake, store_dataset
from tl_core.modality import IMAGE
from tl_core.schema import ColumnChoice, Frozen, SplitRule, Task
from tl_core.splits.splitting import make_split
from tl_core.store.files import locked
from tl_core.store.workspace import Workspace

_FOLDER = Path(__file__).resolve().parents[2] / "samples"

NOT_EVIDENCE = "Demo data, written for this project. Don't cite these numbers."


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One demonstration set.

    Attributes
    ----------
    file
        Where it lies in the folder of samples.
    description
        What it holds, in one sentence.
    choice
        Its columns.
    """

    name: str
    file: str
    title: str
    task: Task
    description: str
    choice: ColumnChoice = field(default=ColumnChoice.of("text", "label"), hash=False)

    @property
    def path(self) -> Path:
        """The file."""
        return _FOLDER / self.file


SAMPLES = {
    sample.name: sample
    for sample in (
        Sample(
            name="reviews_sentiment",
            file="reviews_sentiment.csv",
            title="Reviews",
            task=Task.SENTIMENT,
            description="600 short reviews of products, films, places and services in 3 classes.",
        ),
        Sample(
            name="support_intents",
            file="support_intents.csv",
            title="Support messages",
            task=Task.INTENT,
            description="640 messages to a shop's support, 80 of each of 8 intents.",
        ),
        Sample(
            name="drawn_things",
            file="drawn_things.zip",
            title="Drawings",
            task=Task.OTHER,
            description="256 drawings, 64 each of cups, keys, leaves and scissors.",
            choice=ColumnChoice(text=("image",), label=("label",), modality=IMAGE),
        ),
    )
}


@functools.cache
def read_sample(sample: Sample) -> Intake:
    """Make a sample's dataset and split once a process, without storing either."""
    dataset = build_dataset(read_table(sample.path), name=sample.name, choice=sample.choice)
    return Intake(dataset=dataset, split=make_split(dataset))


def is_sample(fingerprint: str | None) -> bool:
    """Whether a dataset is one of the samples, whatever it is called."""
    return any(read_sample(sample).dataset.info.fingerprint == fingerprint for sample in SAMPLES.values())


def guess_task(name: str, labels: tuple[str, ...]) -> Task:
    """Guess what labels mean: the task of the sample of this name, or sentiment where a label says so."""
    if name in SAMPLES:
        return SAMPLES[name].task
    words = {label.casefold() for label in labels}
    return Task.SENTIMENT if words & {"positive", "negative", "pos", "neg"} else Task.OTHER


FOLDER = Path(__file__).resolve().parents[2] / "samples" / "finished"
FACTS_FILE = "made.json"
_DRAFT = "examples"


class Example(Frozen):
    """``made.json``: a bundled comparison and how it was made; its run folders lie beside it.

    ``version`` is this project's; ``made_on`` a date in ISO 8601; ``hardware`` what the runs ran on.
    """

    sample: str
    experiment_id: str
    dataset_fingerprint: str
    version: str
    made_on: str
    hardware: str

    @property
    def sentence(self) -> str:
        """Where its numbers come from."""
        made_on = date.fromisoformat(self.made_on)
        day = f"{made_on.day} {made_on:%B %Y}"
        return f"example of {day}, made with version {self.version}"


@functools.cache
def read_examples(folder: Path) -> tuple[Example, ...]:
    """List the comparisons of a bundle."""
    paths = sorted(folder.glob(f"*/{FACTS_FILE}"))
    return tuple(Example.model_validate_json(path.read_bytes()) for path in paths)


def find_example(experiment_id: str) -> Example | None:
    """Return the bundled comparison that an experiment is; None for a person's own."""
    return next((one for one in read_examples(FOLDER) if one.experiment_id == experiment_id), None)


def bring_in_examples(workspace: Workspace) -> None:
    """Give the workspace each bundled comparison that it was never given, with its dataset.

    Raises
    ------
    DataError
        If a sample has changed since its comparison was made.
    """
    with locked(workspace.root / "examples.lock"):  # two web servers may open a fresh workspace together
        given = set((workspace.database.get_draft(_DRAFT) or {}).get("given", ()))
        for example in read_examples(FOLDER):
            if example.experiment_id not in given:
                _bring_in(workspace, example)
                given.add(example.experiment_id)
                workspace.database.save_draft(_DRAFT, {"given": sorted(given)})


def _bring_in(workspace: Workspace, example: Example) -> None:
    _store_sample(workspace, example)
    known = {run.run_id for run in workspace.database.list_runs(example.experiment_id)}
    for source in sorted(path for path in (FOLDER / example.sample).iterdir() if path.is_dir()):
        if source.name not in known:
            # A folder without its row is what a process that died in between has left.
            here = workspace.run_folder(source.name).path
            folder = workspace.run_folder(workspace.import_run(here if here.is_dir() else source))
            make_whole(folder.model_dir, folder.read_record())


def _store_sample(workspace: Workspace, example: Example) -> None:
    if example.dataset_fingerprint in {info.fingerprint for info in workspace.database.list_datasets()}:
        return
    dataset = read_sample(SAMPLES[example.sample]).dataset
    if dataset.info.fingerprint != example.dataset_fingerprint:
        raise DataError(
            f"The sample {example.sample} has changed since the finished experiment was made on it.",
            "Make the experiment again, as samples/README.md says.",
        )
    store_dataset(workspace, dataset, SplitRule())  # samples/check.py finds no near duplicates


def remove_examples(workspace: Workspace) -> None:
    """Delete the bundled comparisons from the workspace for good; their datasets stay."""
    here = {experiment.experiment_id for experiment in workspace.database.list_experiments()}
    for example in read_examples(FOLDER):
        if example.experiment_id in here:
            workspace.delete_experiment(example.experiment_id)
