"""What a run writes of itself."""

from pydantic import Field

from tl_core.schema.base import SCHEMA_VERSION, Frozen, Precision, SplitName, State
from tl_core.schema.experiment import RateSearch, RunConfig


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
    at_limit: dict[SplitName, float] = Field(
        default_factory=dict, description="share of a split's texts that are as long as is read, or longer"
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
