"""Datasets and their splits: columns, how a file was read, findings, identity."""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from tl_core.schema.base import SCHEMA_VERSION, Frozen, TaskType


def is_unsaid(value: object) -> bool:
    """Whether a field is not to be written, so that what has none reads as it did before there were any."""
    return value is None


Modality = Annotated[str | None, Field(exclude_if=is_unsaid)]
"""What examples are, by its name in `tl_core.modality`; None, which stands for texts, is not written."""


class TextSource(Frozen):
    """The columns that texts came from: one, a pair, or several that were joined; none if that is unknown."""

    columns: tuple[str, ...] = ()
    joined_with: str | None = None
    modality: Modality = None

    @property
    def is_pair(self) -> bool:
        """Whether an example is a pair of texts, which a network reads as two."""
        return len(self.columns) == 2 and self.joined_with is None


class DatasetSchema(Frozen):
    """Which columns carry what, and the labels in the order of their ids.

    ``text_columns`` has one entry; two for pairs of texts; or several that are joined into one text, with
    ``joined_with`` between them. ``label_column`` names where the labels come from, for a person to read.
    What is None plays no part in a dataset's fingerprint.
    """

    text_columns: tuple[str, ...] = Field(min_length=1, max_length=8)
    label_column: str
    labels: tuple[str, ...]
    task_type: TaskType = TaskType.SINGLE_LABEL
    joined_with: str | None = None
    group_column: str | None = None
    time_column: str | None = None
    weight_column: str | None = None
    split_column: str | None = None
    modality: Modality = None

    @model_validator(mode="after")
    def _more_than_a_pair_is_joined(self) -> Self:
        if len(self.text_columns) > 2 and self.joined_with is None:
            raise ValueError("more than two text columns have to be joined")
        return self

    @property
    def text_source(self) -> TextSource:
        """Where the texts came from."""
        return TextSource(columns=self.text_columns, joined_with=self.joined_with, modality=self.modality)

    @property
    def num_labels(self) -> int:
        """Number of classes."""
        return len(self.labels)

    @property
    def label2id(self) -> dict[str, int]:
        """Class name to class id."""
        return {label: index for index, label in enumerate(self.labels)}


class ColumnChoice(Frozen):
    """Which columns of a file make a dataset, and how values become classes.

    Attributes
    ----------
    text
        One column; two that are a pair of texts; or several that are joined, with ``joined_with`` in between.
    label
        One column, or several columns of ones and zeros, one a class.
    edges
        Rising numbers that cut numeric labels into classes; none leaves values as they are.
    label_map
        New names by label, after the cutting; an empty name sets the rows aside.
    group, time, weight, split
        Columns that say what belongs together, when a row is from, how much it counts in training, and its
        part.
    modality
        What the examples are; None stands for texts.
    """

    text: tuple[str, ...] = Field(min_length=1, max_length=8)
    label: tuple[str, ...] = Field(min_length=1)
    joined_with: str | None = None
    edges: tuple[float, ...] = ()
    label_map: dict[str, str] = Field(default_factory=dict)
    group: str | None = None
    time: str | None = None
    weight: str | None = None
    split: str | None = None
    modality: Modality = None

    @classmethod
    def of(cls, text: str, label: str) -> Self:
        """Choose one column of texts and one of labels."""
        return cls(text=(text,), label=(label,))

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is named, in no special order; one may be named for two roles."""
        others = (self.group, self.time, self.weight, self.split)
        return (*self.text, *self.label, *(name for name in others if name is not None))

    @property
    def label_name(self) -> str:
        """Where the labels come from, for a person to read."""
        return ", ".join(self.label)


class FileFormat(StrEnum):
    """What kind of table a file is; ``files`` is an archive or a folder with a file for each example."""

    DELIMITED = "delimited"
    JSON_LINES = "json_lines"
    PARQUET = "parquet"
    EXCEL = "excel"
    FILES = "files"


class ReadDecisions(Frozen):
    """What the reader decided about one file.

    ``compression`` is empty, ``gzip`` or ``zip``; ``member`` the file inside a zip; ``sheet`` that of a
    workbook. Encoding, delimiter and quote are empty where the format has none.
    """

    encoding: str
    delimiter: str
    quote: str
    has_header: bool
    format: FileFormat = FileFormat.DELIMITED
    compression: str = ""
    member: str = ""
    sheet: str = ""


class Finding(Frozen):
    """One thing that was noticed about a dataset.

    ``examples`` shows a few of the rows concerned, as a person would point at them. ``remedy`` says in one
    sentence what can be done; ``fix`` names the fix that does it (``data.fixes``), empty if there is none.
    """

    code: str
    severity: Literal["info", "warning", "error"]
    message: str
    count: int
    examples: tuple[str, ...] = ()
    remedy: str = ""
    fix: str = ""


class Change(Frozen):
    """One fix that made a version of a dataset: how many examples it removed, relabelled or rewrote."""

    fix: str
    message: str
    count: int


class DatasetInfo(Frozen):
    """Everything about a dataset except its rows.

    ``label_counts`` counts the kept examples per label. ``num_own_test`` is the number of rows of the
    person's own test file, 0 if the split is made here. ``parent`` is the fingerprint of the version that
    ``changes`` were made to, None for what came from a file.
    """

    schema_version: int = SCHEMA_VERSION
    fingerprint: str
    name: str
    columns: DatasetSchema
    decisions: ReadDecisions
    num_rows: int
    num_examples: int
    num_own_test: int = 0
    label_counts: dict[str, int]
    findings: tuple[Finding, ...] = ()
    parent: str | None = None
    changes: tuple[Change, ...] = ()


class SplitMethod(StrEnum):
    """What decides which part an example belongs to."""

    STRATIFIED = "stratified"
    GROUPED = "grouped"
    BY_TIME = "by_time"
    OWN = "own"


class SplitRule(Frozen):
    """How a dataset is to be split.

    ``keep_together`` is the Jaccard similarity of word sets from which on two texts stay in one part; None
    lets near duplicates part. ``validation`` and ``test`` are shares; None is the usual share with its limit.
    ``sealed`` is the share of the test examples that no page shows answers to before the person opens them.
    """

    method: SplitMethod = SplitMethod.STRATIFIED
    keep_together: float | None = Field(default=None, gt=0, le=1)
    validation: float | None = Field(default=None, gt=0, lt=1)
    test: float | None = Field(default=None, gt=0, lt=1)
    sealed: float | None = Field(default=None, gt=0, lt=1, exclude_if=is_unsaid)
    seed: int = 0


class SplitInfo(Frozen):
    """Sizes and identity of a split, and how it was made.

    ``sealed`` counts test examples apart from the ``test`` ones, which are open. ``num_groups`` counts the
    groups of two or more examples that had to stay in one part, ``largest_group`` the examples of the
    largest. ``drift`` is the largest difference, a fraction, between a class's share in train and in
    another part.
    """

    hash: str
    dataset_fingerprint: str
    seed: int
    train: int
    validation: int
    test: int
    sealed: int = 0
    rule: SplitRule = SplitRule()
    num_groups: int = 0
    largest_group: int = 1
    drift: float = 0.0

    @property
    def num_examples(self) -> int:
        """Count the examples of all parts."""
        return self.train + self.validation + self.test + self.sealed
