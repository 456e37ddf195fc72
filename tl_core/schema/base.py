"""What every other record is made of: the frozen base, spans of time, states and names."""

from collections.abc import Iterable
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

SCHEMA_VERSION = 1


class Frozen(BaseModel):
    """An immutable record with a JSON form; unknown fields are an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Span(Frozen):
    """An expected time in seconds, from the least to the most; one and the same where nothing can end early.

    >>> (Span.of(60) + Span(low_s=0, high_s=30)).times(2)
    Span(low_s=120.0, high_s=180.0)
    """

    low_s: float
    high_s: float

    @classmethod
    def of(cls, seconds: float) -> "Span":
        """Expect exactly so many seconds."""
        return cls(low_s=seconds, high_s=seconds)

    @classmethod
    def total(cls, spans: Iterable["Span"]) -> "Span":
        """Expect one after the other."""
        return sum(spans, cls.of(0.0))

    def __add__(self, other: "Span") -> "Span":
        return Span(low_s=self.low_s + other.low_s, high_s=self.high_s + other.high_s)

    def times(self, factor: float) -> "Span":
        """Scale both ends."""
        return Span(low_s=factor * self.low_s, high_s=factor * self.high_s)

    def around(self, other: "Span") -> "Span":
        """Reach from the smaller least to the larger most."""
        return Span(low_s=min(self.low_s, other.low_s), high_s=max(self.high_s, other.high_s))

    def less(self, seconds: float) -> "Span":
        """Take away what has passed; nothing falls below 0."""
        return Span(low_s=max(0.0, self.low_s - seconds), high_s=max(0.0, self.high_s - seconds))


class Task(StrEnum):
    """What the labels mean to the person; decides words and defaults, never the computation."""

    SENTIMENT = "sentiment"
    TOPIC = "topic"
    INTENT = "intent"
    OTHER = "other"


class TaskType(StrEnum):
    """How many labels an example carries."""

    SINGLE_LABEL = "single_label"
    MULTI_LABEL = "multi_label"


class SplitName(StrEnum):
    """The three parts of a split."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


class Metric(StrEnum):
    """A metric that can be the headline; at most 1, larger is better.

    All are fractions from 0, but for quadratic kappa, which is 0 for chance and can fall to -1. `metrics_for`
    says which of them fit some labels.
    """

    ACCURACY = "accuracy"
    MACRO_F1 = "macro_f1"
    BALANCED_ACCURACY = "balanced_accuracy"
    AUROC = "auroc"
    QUADRATIC_KAPPA = "quadratic_kappa"


class OtherMetric(StrEnum):
    """A metric that is shown and never a headline.

    Of the mean absolute error, in classes, the smaller is the better one.
    """

    MATTHEWS = "matthews"
    AVERAGE_PRECISION = "average_precision"
    MEAN_ABSOLUTE_ERROR = "mean_absolute_error"


class ScoringRule(StrEnum):
    """A proper score of the probabilities, never a headline; smaller is better."""

    LOG_LOSS = "log_loss"
    BRIER = "brier"


AnyMetric = Metric | OtherMetric | ScoringRule


class Precision(StrEnum):
    """Number format of the matrix products; weights stay float32."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"


class ScoredIn(StrEnum):
    """Number format in which the texts of a file are scored."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"
    INT8 = "int8"


class State(StrEnum):
    """Where a run or job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen."""
        return self in (State.FINISHED, State.FAILED, State.CANCELLED)
