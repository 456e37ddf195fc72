"""The frozen types that every floor shares. Their JSON forms are what runs write and pages read."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

SCHEMA_VERSION = 1
DEFAULT_MARGIN = 0.01
"""Difference of the headline metric up to which two arms are equivalent, as a share."""


STEADY_FACTOR = 2
"""Shortest stretch at a steady rate before a plateau may be found, in multiples of the equal steps: a network
from scratch may begin with a flat stretch as long as one of them."""


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
    """A headline metric; both are fractions in [0, 1], larger is better."""

    ACCURACY = "accuracy"
    MACRO_F1 = "macro_f1"


class ScoringRule(StrEnum):
    """A proper score of the probabilities, never a headline; smaller is better."""

    LOG_LOSS = "log_loss"
    BRIER = "brier"


AnyMetric = Metric | ScoringRule


class BudgetRule(StrEnum):
    """How long every arm trains."""

    EQUAL_STEPS = "equal_steps"
    PLATEAU = "plateau"


class Precision(StrEnum):
    """Number format of the matrix products; weights stay float32."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"


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


class Preset(StrEnum):
    """A ready-made choice of seeds and training length."""

    QUICK = "quick"
    STANDARD = "standard"
    THOROUGH = "thorough"


class ArmKind(StrEnum):
    """One way of getting a classifier."""

    MAJORITY = "majority"
    TFIDF = "tfidf"
    SCRATCH = "scratch"
    FROZEN_RANDOM = "frozen_random"
    FROZEN = "frozen"
    FINE_TUNED = "fine_tuned"
    REINIT_TOP = "reinit_top"
    EMBEDDINGS_ONLY = "embeddings_only"
    ENCODER_ONLY = "encoder_only"
    SHUFFLED = "shuffled"
    CONTRASTIVE = "contrastive"

    @property
    def is_neural(self) -> bool:
        """Whether the arm has a network, and with it a base model and a budget."""
        return self not in (ArmKind.MAJORITY, ArmKind.TFIDF)

    @property
    def is_pretrained(self) -> bool:
        """Whether the arm starts from pretrained weights, or from what is left of them."""
        return self in (ArmKind.FROZEN, ArmKind.FINE_TUNED, ArmKind.CONTRASTIVE) or self.is_partial

    @property
    def is_frozen(self) -> bool:
        """Whether the head alone is trained."""
        return self in (ArmKind.FROZEN, ArmKind.FROZEN_RANDOM)

    @property
    def is_partial(self) -> bool:
        """Whether a part of the pretrained weights, or all but their places, was taken away."""
        return self in PARTIAL_KINDS


PARTIAL_KINDS = (ArmKind.REINIT_TOP, ArmKind.EMBEDDINGS_ONLY, ArmKind.ENCODER_ONLY, ArmKind.SHUFFLED)
"""Steps of the knowledge ladder between training from scratch and fine-tuning; all weights are trained."""


class Arm(Frozen):
    """An arm with the base model it needs; ``None`` stands for the experiment's base model.

    ``num_layers`` says how many of the top layers ``reinit_top`` draws anew; other kinds have none.

    >>> Arm.parse("fine_tuned:distilbert-base-uncased").base_model
    'distilbert-base-uncased'
    >>> Arm.parse("reinit_top_3").num_layers
    3
    """

    kind: ArmKind
    base_model: str | None = None
    num_layers: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _layers_are_those_of_reinit_top(self) -> Self:
        if (self.kind is ArmKind.REINIT_TOP) != (self.num_layers is not None):
            raise ValueError("reinit_top, and no other arm, has a number of layers, as in reinit_top_2")
        return self

    @property
    def way(self) -> str:
        """The kind with its number of layers: the arm's name without a base model."""
        return self.kind.value if self.num_layers is None else f"{self.kind.value}_{self.num_layers}"

    @property
    def name(self) -> str:
        """``way`` or ``way:base_model``; the key of the arm everywhere."""
        return self.way if self.base_model is None else f"{self.way}:{self.base_model}"

    @classmethod
    def parse(cls, name: str) -> Self:
        """Read the form that `name` writes. Raises ValueError for an unknown kind."""
        way, _, base_model = name.strip().partition(":")
        kind, _, count = way.rpartition("_")
        if kind == ArmKind.REINIT_TOP.value and count.isdecimal():
            return cls(kind=ArmKind.REINIT_TOP, base_model=base_model or None, num_layers=int(count))
        return cls(kind=ArmKind(way), base_model=base_model or None)


class Seeds(Frozen):
    """The three recorded seeds that one seed index fixes."""

    init: int
    order: int
    subset: int


class TextSource(Frozen):
    """The columns that texts came from: one, a pair, or several that were joined; none if that is unknown."""

    columns: tuple[str, ...] = ()
    joined_with: str | None = None

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

    @model_validator(mode="after")
    def _more_than_a_pair_is_joined(self) -> Self:
        if len(self.text_columns) > 2 and self.joined_with is None:
            raise ValueError("more than two text columns have to be joined")
        return self

    @property
    def text_source(self) -> TextSource:
        """Where the texts came from."""
        return TextSource(columns=self.text_columns, joined_with=self.joined_with)

    @property
    def num_labels(self) -> int:
        """Number of classes."""
        return len(self.labels)

    @property
    def label2id(self) -> dict[str, int]:
        """Class name to class id."""
        return {label: index for index, label in enumerate(self.labels)}

    @property
    def id2label(self) -> dict[int, str]:
        """Class id to class name."""
        return dict(enumerate(self.labels))


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
    """What kind of table a file is."""

    DELIMITED = "delimited"
    JSON_LINES = "json_lines"
    PARQUET = "parquet"
    EXCEL = "excel"


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
    """

    method: SplitMethod = SplitMethod.STRATIFIED
    keep_together: float | None = Field(default=None, gt=0, le=1)
    validation: float | None = Field(default=None, gt=0, lt=1)
    test: float | None = Field(default=None, gt=0, lt=1)
    seed: int = 0


class SplitInfo(Frozen):
    """Sizes and identity of a split, and how it was made.

    ``num_groups`` counts the groups of two or more examples that had to stay in one part,
    ``largest_group`` the examples of the largest. ``drift`` is the largest difference, a fraction, between
    a class's share in train and in another part.
    """

    hash: str
    dataset_fingerprint: str
    seed: int
    train: int
    validation: int
    test: int
    rule: SplitRule = SplitRule()
    num_groups: int = 0
    largest_group: int = 1
    drift: float = 0.0


class TrainingConfig(Frozen):
    """How every neural arm of an experiment is trained; learning rates are the arm's own."""

    epochs: float = Field(gt=0)
    min_steps: int = Field(default=60, ge=15, description="steps that a small train set gets at least")
    batch_size: int = Field(default=16, ge=1, description="effective batch, in examples")
    max_length: int = Field(default=128, ge=8, description="tokens kept of each text")
    budget: BudgetRule = BudgetRule.EQUAL_STEPS
    warmup_fraction: float = Field(default=0.1, ge=0, lt=1)
    weight_decay: float = Field(default=0.01, ge=0)
    max_grad_norm: float = Field(default=1.0, gt=0)
    dropout: float | None = Field(default=None, ge=0, lt=1, description="None keeps the base model's own")
    num_evaluations: int = Field(default=15, ge=1, description="evaluations on validation a run")
    max_eval_examples: int = Field(default=512, ge=1, description="validation examples an evaluation")
    patience: int = Field(default=20, ge=1, description="evaluations without a higher mean (plateau)")
    cap_factor: float = Field(default=8.0, ge=1, description="most steps of plateau, in equal_steps")
    precision: Precision | None = Field(default=None, description="None: by the rule for the device")


class LearningRates(Frozen):
    """Peak learning rates of one arm; a frozen encoder has 0, and so has a head that no step trains.

    ``redrawn`` is that of encoder weights which start at random in an arm that keeps the others; None where
    there is one rate for the whole encoder.
    """

    encoder: float = Field(ge=0)
    head: float = Field(ge=0)
    redrawn: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _something_is_trained(self) -> Self:
        if self.encoder == self.head == 0:
            raise ValueError("a learning rate above 0 is needed for the encoder or the head")
        return self


class RateSearchPlan(Frozen):
    """Rates to try on validation before anything is measured, with the first seed and by one rule for all.

    ``grids`` holds them by arm name; an arm without one keeps its own rates. ``train_size`` is that of the
    search, whatever the size of the run that needs the answer.
    """

    grids: dict[str, tuple[LearningRates, ...]]
    train_size: int = Field(ge=1)


class TriedRates(Frozen):
    """What one training at some rates came to on validation; None if it diverged."""

    rates: LearningRates
    value: float | None
    loss: float | None


class RateSearch(Frozen):
    """Where an arm's rates come from: ``value`` is the headline metric on ``num_examples`` of validation.

    ``train_s`` is what all its trainings took, which no other time here contains.
    """

    tried: tuple[TriedRates, ...]
    train_size: int
    num_examples: int
    train_s: float


class ExperimentConfig(Frozen):
    """Arms x seeds x train sizes on one dataset and split, all frozen before the start."""

    schema_version: int = SCHEMA_VERSION
    experiment_id: str
    name: str
    created_at: str
    task: Task
    dataset_name: str
    dataset_fingerprint: str
    split: SplitInfo
    labels: tuple[str, ...]
    base_model: str
    arms: tuple[Arm, ...] = Field(min_length=1)
    num_seeds: int = Field(ge=1)
    train_sizes: tuple[int, ...] = Field(min_length=1)
    preset: Preset
    headline_metric: Metric
    margin: float = Field(
        default=DEFAULT_MARGIN, gt=0, lt=1, description="differences of the headline that do not matter"
    )
    training: TrainingConfig
    learning_rates: dict[str, LearningRates] = Field(default_factory=dict, description="by arm name")
    rate_search: RateSearchPlan | None = Field(default=None, description="None: these rates serve")

    @model_validator(mode="after")
    def _arms_are_distinct(self) -> Self:
        names = [arm.name for arm in self.arms]
        if len(set(names)) != len(names):
            raise ValueError("an arm is listed twice")
        return self


class RunConfig(Frozen):
    """The frozen configuration of one run: one arm, one seed, one train size."""

    run_id: str
    experiment_id: str
    position: int = Field(description="place of the run in its experiment's order of work")
    arm: Arm
    base_model: str | None = Field(description="None for arms without a network")
    seed: int = Field(description="the seed's index")
    seeds: Seeds
    train_size: int
    task: Task
    dataset_fingerprint: str
    split_hash: str
    labels: tuple[str, ...]
    headline_metric: Metric
    training: TrainingConfig
    learning_rates: LearningRates | None = None


class Promise(Frozen):
    """What the plan said at the start of an experiment; times run from that moment, waiting included.

    Attributes
    ----------
    device
        As in ``run.json``: ``cpu``, ``mps`` or ``cuda: NAME``.
    work
        All runs, one after the other: without the wait, and before anything was learned from earlier
        promises.
    is_measured
        Whether runs had measured the speed of every network; else a guess or a check stood for it.
    start
        Until the first run begins.
    first_verdict, total
        Until the first ``num_first`` runs have ended, with which the first verdict comes, and until all have.
    """

    device: str
    work: Span
    is_measured: bool
    start: Span
    first_verdict: Span
    total: Span
    num_first: int
    num_runs: int


class Took(Frozen):
    """What an experiment took from its start on, beside what was promised.

    ``work_s`` is the sum of its runs, without the wait; ``is_whole`` says whether every run has finished.
    """

    start_s: float
    first_verdict_s: float
    total_s: float
    work_s: float
    is_whole: bool


class RunRecord(Frozen):
    """``run.json``: a run's configuration and what became of it."""

    schema_version: int = SCHEMA_VERSION
    config: RunConfig
    state: State
    error: str | None = None
    attempts: int = 1
    device: str | None = None
    precision: Precision | None = None
    num_threads: int | None = None
    versions: dict[str, str] = Field(default_factory=dict)
    base_model_facts: dict[str, str] = Field(default_factory=dict)
    micro_batch_size: int | None = None
    rate_search: RateSearch | None = Field(default=None, description="None: the rates were set beforehand")
    num_parameters: int | None = None
    kept_share: float | None = Field(default=None, description="of the encoder's weights, kept at the start")
    train_class_counts: tuple[int, ...] = Field(default=(), description="train examples of each class")
    weight_column: str | None = Field(default=None, description="column by which train examples counted")
    hardly_known: dict[SplitName, float] = Field(
        default_factory=dict, description="share of a split's texts of which hardly a word occurs in train"
    )
    created_at: str
    started_at: str | None = None
    finished_at: str | None = None
    train_s: float | None = None
    wall_s: float | None = None
    energy_wh: float | None = Field(default=None, description="of the training alone; None: not measured")
    energy_method: str | None = Field(default=None, description="how it was measured or estimated")


class LayerChange(Frozen):
    """How far one part of a network went while it was trained.

    ``part`` is ``embeddings``, ``layer 1`` from the bottom, ``pooler``, ``head``, or ``encoder`` where no
    layers can be told apart. ``moved`` is the distance between its weights before and after, in units of
    their norm before; ``similarity`` the debiased linear CKA of what it made of the same texts before and
    after, None where that cannot be measured.
    """

    part: str
    moved: float
    similarity: float | None = None


class LayerChanges(Frozen):
    """``layers.json``: what training changed, part by part from the bottom, seen on ``num_texts`` texts."""

    schema_version: int = SCHEMA_VERSION
    num_texts: int
    parts: tuple[LayerChange, ...]


class _Event(Frozen):
    """What every event carries. ``train_s`` and ``energy_wh`` leave out evaluation, loading and saving."""

    seq: int
    step: int
    examples_seen: int
    tokens_seen: int
    train_s: float
    wall_s: float
    energy_wh: float | None = Field(default=None, description="so far; None: not measured")


class PhaseStarted(_Event):
    """The run went on to another part of its work."""

    kind: Literal["PhaseStarted"] = "PhaseStarted"
    phase: Literal[
        "loading", "tokenizing", "rates", "features", "training", "predicting", "measuring", "saving"
    ]
    num_steps: int | None = Field(default=None, description="planned steps, at the start of training")


class StepLogged(_Event):
    """A reading of the training loss, averaged since the last one."""

    kind: Literal["StepLogged"] = "StepLogged"
    loss: float
    learning_rate: float
    grad_norm: float
    memory_mib: float


class EvalFinished(_Event):
    """An evaluation during training; ``num_examples`` of the split were scored."""

    kind: Literal["EvalFinished"] = "EvalFinished"
    split: SplitName
    num_examples: int
    loss: float
    accuracy: float
    macro_f1: float
    predicted_class_counts: tuple[int, ...]


class RunFinished(_Event):
    """The run reached its end, and kept the weights that it had at ``kept_step``."""

    kind: Literal["RunFinished"] = "RunFinished"
    stop_reason: Literal["budget", "plateau"] = "budget"
    kept_step: int | None = Field(default=None, description="None: no network, or an earlier version's run")


class RunFailed(_Event):
    """The run ended early. ``reason`` is one of cancelled, diverged, out_of_memory, exception, signal."""

    kind: Literal["RunFailed"] = "RunFailed"
    reason: str
    message: str


Event = Annotated[
    PhaseStarted | StepLogged | EvalFinished | RunFinished | RunFailed, Field(discriminator="kind")
]
EVENT: TypeAdapter[Event] = TypeAdapter(Event)


class Flag(Frozen):
    """Something that weakens a claim about an arm.

    ``code`` is one of collapsed, did_not_learn, still_improving, worse_than_majority,
    hardly_any_known_feature, did_not_finish, unreadable;
    ``phrase`` completes the sentence "from scratch ...", ``evidence`` gives the numbers behind it;
    ``remedy`` says what would settle it, and ``action`` is what a click can do about it
    (``planning.remedies``), empty if nothing.
    """

    code: str
    arm: str
    phrase: str
    evidence: str = ""
    remedy: str
    action: Literal["", "more_steps", "search_rates"] = ""
    seeds: tuple[int, ...] = Field(description="indices of the seeds that show it")


class Status(Frozen):
    """The worst that a reader must know of a verdict, or its conclusion where nothing weakens it.

    ``code`` is one of baseline_failed, winner_failed, did_not_finish, one_seed, not_corrected,
    still_improving, within_margin, another flag's, or the conclusion; only a clean win has the severity
    ``success``. ``words`` stand the same in sentence, page, slide, report and JSON; ``arms`` are those it is
    about. ``advice`` is the one thing to do, empty if nothing, and ``action`` what a click can do of it.
    """

    code: str
    severity: Literal["warning", "success", "failure", "neutral"]
    words: str
    arms: tuple[str, ...] = ()
    evidence: str = ""
    advice: str = ""
    action: Literal["", "more_steps", "search_rates", "search_rates_longer"] = ""


class Verdict(Frozen):
    """The conclusion of comparing arm ``a`` with arm ``b`` on one test split.

    Attributes
    ----------
    difference, ci95, ci90
        a minus b in the metric's own unit (a fraction for `Metric`), and its intervals, never of zero width.
        Of a `ScoringRule` the smaller value is the better one.
    p_value, p_holm
        The inversion of the interval; and the same corrected for ``num_pairs`` verdicts of one experiment.
    scope
        ``models`` with one seed (these two trained models only), ``expected`` with more (over seeds and
        examples).
    is_deterministic
        Both arms ran once and count for every seed, because none changes them.
    epochs_a, epochs_b
        The fewest and the most passes over the train examples behind the weights that a seed's network kept;
        None for an arm without a network, or if they are unknown.
    margin
        The difference that was too small to matter before the start; None where none was stated.
    detectable_difference
        What four of five experiments like this one would show; None where not even the largest.
    false_positive_rate
        With few seeds, how often at most two equal arms were called different in the simulation.
    status
        What stands first beside it; without a code in the JSON of an earlier version.
    """

    a: str
    b: str
    metric: AnyMetric
    train_size: int
    num_seeds: int
    num_examples: int
    is_deterministic: bool = False
    epochs_a: tuple[float, float] | None = None
    epochs_b: tuple[float, float] | None = None
    method: str
    scope: Literal["models", "expected"]
    value_a: float
    value_b: float
    difference: float
    ci95: tuple[float, float]
    ci90: tuple[float, float] | None = None
    p_value: float
    p_holm: float | None = None
    num_pairs: int = 1
    margin: float | None = None
    detectable_difference: float | None = None
    false_positive_rate: float | None = None
    conclusion: Literal["better", "worse", "no_difference_shown", "equivalent"]
    flags: tuple[Flag, ...] = ()
    status: Status = Status(code="", severity="neutral", words="")
    sentence: str

    @property
    def is_difference(self) -> bool:
        """Whether the 95 % interval excludes 0."""
        return self.conclusion in ("better", "worse")

    @property
    def is_within_margin(self) -> bool:
        """Whether the 90 % interval lies within the margin (Schuirmann 1987)."""
        if self.margin is None or self.ci90 is None:
            return False
        return -self.margin < self.ci90[0] and self.ci90[1] < self.margin
