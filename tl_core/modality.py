"""What a dataset is made of: the one plug for all that tells texts from images.

A modality is a package with two modules. ``content`` has `CONTENT`, which says what an example is and imports
no torch; ``network`` has `NETWORKS`, the half with torch, which is loaded where a network is needed. Both are
found by the modality's name, so that nothing imports what knows tokens, words or languages.

``TL_MODALITIES`` adds modalities from elsewhere: ``name=package`` pairs, divided by commas. A dataset or a
model that names a modality which was not added is refused.
"""

import importlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol, Self
from unicodedata import normalize

import numpy as np
import numpy.typing as npt

from tl_core.arms import ArmKind
from tl_core.errors import DataError, ModelError, UserError
from tl_core.schema import Finding, Metric, Precision, TextSource
from tl_core.words import plural, quoted

if TYPE_CHECKING:  # types of rooms above this one: nothing of them is imported
    import pyarrow as pa

    from tl_core.catalogue.base_models import BaseModel, Pooling
    from tl_core.datasets.dataset import Dataset
    from tl_core.datasets.versions import Edit
    from tl_core.doctor.examine import Seen
    from tl_core.inference.predictor import Answers, Elsewhere, Predictor, Question
    from tl_core.models.classifiers import Classifier
    from tl_core.training.batching import Examples, Indices
    from tl_core.training.compute import Compute

TEXT, IMAGE = "text", "image"
"""The first is the modality of whatever does not name one."""
BUILT_IN = MappingProxyType({TEXT: "tl_core.text", IMAGE: "tl_core.images"})

Tick = Callable[[int, int], None]
"""Is told how much of how much is done; may raise to stop."""


@dataclass(frozen=True)
class Noun:
    """What messages call an example, several of them, and what their size is counted in."""

    one: str
    many: str
    unit: str


@dataclass(frozen=True)
class NearGroups:
    """Which examples nearly repeat each other.

    Attributes
    ----------
    group
        The same number for near duplicates, directly or by way of others, ``(num_examples,)``.
    pairs
        A few of them: row, row and similarity.
    """

    group: npt.NDArray[np.int64]
    pairs: tuple[tuple[int, int, float], ...] = ()


@dataclass(frozen=True)
class NeededFile:
    """A file that a base model's folder needs.

    Attributes
    ----------
    check
        Reads it in a base model's folder to see whether it is whole; raises whatever its library raises.
    remedy
        What helps where there is none.
    """

    check: Callable[[Path], object]
    remedy: str


class Baseline(Protocol):
    """A classifier without a network; its logits are log-probabilities ``(num_examples, num_labels)``."""

    @classmethod
    def fit(
        cls,
        texts: Sequence[Any],
        targets: npt.NDArray[np.integer],
        validation_texts: Sequence[Any],
        validation_targets: npt.NDArray[np.integer],
        num_labels: int,
        weights: npt.NDArray[np.float64] | None = None,
        metric: Metric = Metric.ACCURACY,
    ) -> Self:
        """Learn from train examples; validation chooses what is not learned, by the metric."""

    @classmethod
    def load(cls, folder: Path, num_labels: int) -> Self:
        """Read what `save` wrote."""

    @property
    def num_parameters(self) -> int:
        """Weights that were learned."""

    def logits(self, texts: Sequence[Any]) -> npt.NDArray[np.float32]:
        """Score examples."""

    def hardly_known(self, texts: Sequence[Any]) -> float:
        """Return the share of examples, 0 to 1, of which hardly anything was seen in training."""

    def save(self, folder: Path, labels: tuple[str, ...], texts: TextSource | None = None) -> None:
        """Write the classifier without any pickled code."""


class Content:
    """What an example is; as it stands here, one cell of a file, which is told from others by its characters.

    Attributes
    ----------
    noun
        What messages call it.
    columns
        Its columns in a dataset's table, all strings: the first always, others where an example has several
        parts.
    base_model_files
        What a base model needs beside its configuration and weights, by name.
    fixes
        What the data doctor can mend, beside what it can in every modality: `doctor.fixes.FIXES`.
    hub_task
        The Hub's name for such a classifier's task.
    asked_imports
        Lines of Python that `asked_with` needs before it.
    other_kinds
        What a model that was measured on one kind of examples may be worse at.
    knowledge
        What a pretrained network knows of examples, in one or two sentences.
    limit_name, limit_unit
        What a training's limit on each example is called, and what it is counted in.
    augmentation
        How examples are changed in training, in words that continue "In training, "; empty if they are not.
    has_int8
        Whether a network can answer in products of 8-bit integers.
    is_pictorial
        Whether a cell is the address of a picture, which is shown in its place.
    slow_words
        What the slow checks look for, after "Looking for".
    """

    noun = Noun("example", "examples", "parts")
    columns: tuple[str, ...] = ("content",)
    base_model_files: Mapping[str, NeededFile] = MappingProxyType({})
    fixes: "Mapping[str, Callable[..., Edit]]" = MappingProxyType({})
    hub_task = "other"
    asked_imports = ""
    knowledge = "The model already places similar examples close together."
    limit_name, limit_unit = "Limit", "parts"
    augmentation = ""
    other_kinds = "other kinds of examples"
    has_int8 = False
    is_pictorial = False
    slow_words = "near duplicates"

    def unpack_built_in(self, folder: Path) -> bool:
        """Write the modality's built-in base model into a folder that is not there yet; False without one."""
        return False

    def holds(self, names: Sequence[str]) -> bool:
        """Whether files of these names, in an archive or a folder, are examples."""
        return False

    def write_rows(
        self, path: Path, name: str, target: Path, *, needs_labels: bool
    ) -> tuple[list[str], list[Finding]] | None:
        """Write the examples of a folder, an archive or a Parquet file as rows; None if it holds none.

        It is called in the sandbox.

        Parameters
        ----------
        name
            What the person calls the file.
        target
            Becomes an Arrow file with string columns named by their position.
        needs_labels
            Whether a file that says nothing of labels is refused.

        Returns
        -------
        The columns' names, that of the examples first, and what was noticed.

        Raises
        ------
        DataError
            If the file is damaged, or lacks what is needed.
        """
        return None

    def read(
        self, cells: "Sequence[pa.ChunkedArray]", joined_with: str | None
    ) -> "dict[str, pa.ChunkedArray]":
        """Turn the chosen columns of a file into those of a dataset. Raises DataError if they do not fit."""
        if len(cells) != len(self.columns):
            raise DataError(
                f"{plural(len(cells), 'column')} chosen for {self.noun.many}; {len(self.columns)} needed.",
                f"Choose {len(self.columns)} with --text.",
            )
        return dict(zip(self.columns, cells, strict=True))

    def identity(self, parts: Sequence[str]) -> Iterator[bytes]:
        """Yield what ids and fingerprints are hashed from, one entry a part."""
        return (normalize("NFC", part).encode() for part in parts)

    def is_missing(self, column: "pa.ChunkedArray") -> "pa.ChunkedArray":
        """Say where nothing is in a column."""
        import pyarrow.compute as pc  # here: what trains networks needs no pyarrow

        return pc.equal(pc.utf8_trim_whitespace(column), "")

    def preview(self, parts: Sequence[str]) -> str:
        """Write an example as a person would point at it; whoever shows it cuts it to a line."""
        return " | ".join(parts)

    def near_groups(self, dataset: "Dataset", threshold: float, tick: Tick | None = None) -> NearGroups:
        """Group near duplicates; here every example is alone, for equal ones are left out beforehand."""
        return NearGroups(np.arange(dataset.num_examples))

    def near_words(self, threshold: float, num_examples: int) -> str:
        """Say which near duplicates are found, as alike as a threshold from 0 to 1 asks for."""
        return f"near duplicates ({self.noun.many} that are alike by {100 * threshold:.0f}%)"

    def sizes(self, rows: "pa.Table", folder: Path) -> npt.NDArray[np.int64]:
        """Count each example's units as a base model's folder counts them, without a limit."""
        return np.ones(rows.num_rows, dtype=np.int64)

    def rough_sizes(self, rows: "pa.Table") -> npt.NDArray[np.int64]:
        """Say which examples are larger than others, without any model."""
        return np.ones(rows.num_rows, dtype=np.int64)

    def kept(self, sizes: npt.NDArray[np.int64], limit: int) -> npt.NDArray[np.int64]:
        """Say how many units a network reads of examples of these sizes under a limit."""
        return sizes.clip(max=limit)

    def limit_words(self, limit: str) -> str:
        """Say how much of an example networks read, after "Networks read"."""
        return f"the first {limit} {self.limit_unit} of an example"

    def size_limit(self, folder: Path, wanted: int) -> int:
        """Return how many units of an example a base model's networks read, at most those that are wanted."""
        return wanted

    def checks(self, dataset: "Dataset") -> Iterator[Finding]:
        """Yield the data doctor's findings that are fast enough for every example."""
        return iter(())

    def slow_checks(self, seen: "Seen") -> Iterator[Finding]:
        """Yield those that look at a sample of a large dataset."""
        return iter(())

    def hide_parts(self, question: str) -> list[str]:
        """Write a question whole, then with one part after the other hidden; empty where it has none."""
        return []

    def show_parts(self, question: str, drops: Sequence[float]) -> str:
        """Write the question so that the parts stand out whose hiding lowers a probability most.

        Parameters
        ----------
        drops
            By how much hiding each part lowers it.
        """
        return question

    def baseline(self) -> type[Baseline]:
        """Return the arm without a network that learns."""
        raise NotImplementedError

    def questions(self, source: TextSource) -> "list[Question]":
        """Return a few examples to ask any model about: an exported folder has its answers to them."""
        raise NotImplementedError

    def asked_with(self, source: TextSource) -> str:
        """Write a question as a line of Python does."""
        return repr(self.questions(source)[0])

    def how_to_load(self, facts: Mapping[str, Any]) -> str:
        """Write as Markdown how a network's folder is loaded without the engine; empty if it cannot be."""
        return ""

    def loading_lines(self, facts: Mapping[str, Any]) -> str:
        """Write the shortest way as lines of Python; empty if there is none."""
        return ""


class Networks(Protocol):
    """What a modality does with torch. `tl_core.networks.TransformersNetworks` does most of it."""

    def input_hash(self, folder: Path) -> str:
        """Identify by what a base model's folder prepares its inputs: models that share it share them."""

    def prepare(self, rows: "pa.Table", folder: Path, limit: int, cache: Path | None) -> "Examples":
        """Turn a dataset's rows into what networks read.

        Parameters
        ----------
        rows
            The content's columns, ``target``, and ``weight`` where examples have weights.
        folder
            The base model's.
        limit
            Units kept of each example.
        cache
            The dataset's folder, where runs may share what was prepared; None keeps nothing.
        """

    def precision(self, base: "BaseModel", compute: "Compute") -> "Precision":
        """Return the number format of a base model's matrix products, where nobody has chosen one."""

    def build(
        self,
        kind: ArmKind,
        folder: Path,
        pooling: "Pooling",
        labels: tuple[str, ...],
        *,
        init_seed: int,
        dropout: float | None = None,
        num_layers: int | None = None,
    ) -> "Classifier":
        """Build the network of an arm with weights that the seed alone decides."""

    def for_training(self, examples: "Examples", seed: int) -> "Examples":
        """Return what the steps of a training read, where that is not what is scored: augmented pictures."""

    def narrowed(
        self, model: "Classifier", train: "Examples", validation: "Examples"
    ) -> AbstractContextManager[None]:
        """Leave out, while a network trains, what these examples never reach; the result is the same."""

    def represent(
        self, model: "Classifier", examples: "Examples", indices: "Indices", compute: "Compute"
    ) -> list[npt.NDArray[np.float32]]:
        """Give what the embeddings and each layer make of some examples, ``(len(indices), width)`` each."""

    def save(
        self,
        model: "Classifier",
        folder: Path,
        *,
        base_folder: Path,
        labels: tuple[str, ...],
        limit: int,
        source: TextSource | None,
        is_leaving: bool = False,
    ) -> None:
        """Write a network as a folder that `load` and `predictor` read, and what a reader elsewhere needs."""

    def load(self, folder: Path) -> "Classifier":
        """Read what `save` wrote."""

    def predictor(
        self,
        folder: Path,
        facts: Mapping[str, Any],
        source: TextSource,
        compute: "Compute",
        elsewhere: "Elsewhere",
    ) -> "Predictor":
        """Make a saved network answer, elsewhere if it can and else with ``compute``."""

    def int8_predictor(self, folder: Path, facts: Mapping[str, Any], source: TextSource) -> "Predictor":
        """Make a saved network answer with products of 8-bit integers. Raises UserError if it cannot."""

    def answers(self, folder: Path) -> "Answers":
        """Load an exported folder in the way that is documented for it."""

    def write_onnx(self, model: Path, folder: Path) -> None:
        """Write a saved network as a graph that runs without torch."""


@cache
def content_of(modality: str | None) -> Content:
    """Return what an example of a modality is; None stands for texts. Raises UserError if it is not known."""
    found: Content = importlib.import_module(f"{_package(modality)}.content").CONTENT
    return found


def noun_of(modality: str | None) -> Noun:
    """Return what messages call examples, of a modality that is not known here too."""
    return content_of(modality).noun if (modality or TEXT) in modalities() else Content.noun


@cache
def networks_of(modality: str | None) -> Networks:
    """Return the half with torch; None stands for texts. Raises UserError if the modality is not known."""
    found: Networks = importlib.import_module(f"{_package(modality)}.network").NETWORKS
    return found


def modalities() -> dict[str, str]:
    """Name the packages of all modalities that are known here."""
    added = (one.partition("=") for one in os.environ.get("TL_MODALITIES", "").split(",") if one)
    return {**BUILT_IN, **{name.strip(): package.strip() for name, _, package in added}}


def modality_of_files(names: Sequence[str]) -> str | None:
    """Say which modality takes files of these names, in an archive or a folder, for examples."""
    return next((name for name in modalities() if content_of(name).holds(names)), None)


def lacking_files(folder: Path, modality: str | None) -> dict[str, NeededFile]:
    """Return what a modality needs of a base model's folder and does not find there."""
    needed = content_of(modality).base_model_files
    return {name: file for name, file in needed.items() if not (folder / name).exists()}


def modality_of_folder(folder: Path) -> str | None:
    """Say what a base model's folder reads, by its files; None, for texts, where they do not say."""
    whole = [name for name in modalities() if not lacking_files(folder, name)]
    return whole[0] if whole and whole[0] != TEXT and TEXT not in whole else None


def require_base_model_files(folder: Path, called: str, *names: str | None) -> None:
    """Refuse a base model's folder that none of these modalities can read, of all if none is named.

    Raises
    ------
    ModelError
        Says what the first of them needs.
    """
    lacking = [lacking_files(folder, name) for name in names or modalities()]
    if all(lacking):
        file, needed = next(iter(lacking[0].items()))
        raise ModelError(f"The model {quoted(called)} has no {file}.", needed.remedy)


def _package(modality: str | None) -> str:
    known = modalities()
    if (name := modality or TEXT) not in known:
        raise UserError(
            f"{quoted(name)} is not a known modality; known are {', '.join(known)}.",
            "Add the package to TL_MODALITIES, as docs/architecture.md says.",
        )
    return known[name]
