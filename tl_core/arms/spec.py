"""What an arm is: one record that every table, sentence and colour elsewhere is derived from."""

from dataclasses import dataclass
from enum import StrEnum


class Start(StrEnum):
    """What an arm's network starts from."""

    NO_NETWORK = "no_network"
    RANDOM = "random"
    PRETRAINED = "pretrained"
    LOWER_LAYERS = "lower_layers"
    EMBEDDINGS = "embeddings"
    LAYERS = "layers"
    SHUFFLED = "shuffled"


class Trains(StrEnum):
    """What of an arm learns from the labels."""

    NOTHING = "nothing"
    COUNTS = "counts"
    HEAD = "head"
    ALL = "all"


class Objective(StrEnum):
    """What the steps of an arm's network minimise."""

    ANSWERS = "answers"
    PAIRS = "pairs"


@dataclass(frozen=True, kw_only=True)
class Rates:
    """Peak learning rates of the encoder and of the head."""

    encoder: float
    head: float


class ArmKind(StrEnum):
    """One way of getting a classifier, in the order of work: what is done in seconds comes first."""

    MAJORITY = "majority"
    TFIDF = "tfidf"
    HISTOGRAM = "histogram"
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
    def spec(self) -> "ArmSpec":
        """The record of the arm."""
        return SPECS[self]

    def can_read(self, modality: str | None) -> bool:
        """Whether the arm is for examples of a modality; None stands for texts."""
        return not self.spec.reads or (modality or "text") in self.spec.reads

    @property
    def is_floor(self) -> bool:
        """Whether the arm looks at no text: what every other must beat."""
        return self.spec.trains is Trains.NOTHING

    @property
    def is_neural(self) -> bool:
        """Whether the arm has a network, and with it a base model."""
        return self.spec.start is not Start.NO_NETWORK

    @property
    def is_baseline(self) -> bool:
        """Whether the arm learns from the examples without a network: the strongest of the plain ways."""
        return self.spec.trains is Trains.COUNTS

    @property
    def is_random(self) -> bool:
        """Whether every weight of the arm's network is drawn at random."""
        return self.spec.start is Start.RANDOM

    @property
    def is_pretrained(self) -> bool:
        """Whether the arm starts from pretrained weights, or from what is left of them."""
        return self.is_neural and not self.is_random

    @property
    def is_partial(self) -> bool:
        """Whether a part of the pretrained weights, or all but their places, was taken away."""
        return self.is_pretrained and self.spec.start is not Start.PRETRAINED

    @property
    def is_frozen(self) -> bool:
        """Whether the head alone is fitted, as logistic regression on what the network gives."""
        return self.spec.trains is Trains.HEAD

    @property
    def is_whole(self) -> bool:
        """Whether a whole network is trained, step by step: it has a budget and learning rates."""
        return self.is_neural and not self.is_frozen

    @property
    def has_layers(self) -> bool:
        """Whether a number of layers belongs to the arm's name, as in ``reinit_top_2``."""
        return self.spec.start is Start.LOWER_LAYERS

    @property
    def is_scratch(self) -> bool:
        """Whether a whole network is trained from random weights."""
        return self.is_random and self.is_whole

    @property
    def is_on_pairs(self) -> bool:
        """Whether the arm's network is trained on pairs of texts."""
        return self.spec.objective is Objective.PAIRS

    @property
    def is_fine_tuned(self) -> bool:
        """Whether all pretrained weights are trained further on the answers."""
        return self.spec.start is Start.PRETRAINED and self.is_whole and not self.is_on_pairs


@dataclass(frozen=True, kw_only=True)
class ArmSpec:
    """One arm.

    Texts may name ``{title}``, the base model, and ``{layers}``, how many layers are drawn anew.

    Attributes
    ----------
    reads
        Modalities whose examples it can read; empty for all.
    rates, own_head_rates, picture_rates
        Peak learning rates for one layer on pooled features and for an architecture's own head, as
        `benchmarks/learning_rates.py` found them, and for convolutional networks, as `benchmarks/images.py`
        did; None where they follow from other arms' or nothing is trained by steps.
    label
        Its name in figures.
    choice
        What *Setup* says of it; empty if it is not offered there.
    is_default
        Whether it is chosen until somebody chooses otherwise.
    in_report, in_card, in_settings
        What a report says that it is, what a model card says that it started from, and its weights in a
        table of settings.
    color, color_on_dark
        Its hue as ``#RRGGBB`` on white and on dark paper.
    """

    kind: ArmKind
    start: Start
    trains: Trains
    objective: Objective = Objective.ANSWERS
    reads: tuple[str, ...] = ()
    rates: Rates | None = None
    own_head_rates: Rates | None = None
    picture_rates: Rates | None = None
    label: str
    choice: str = ""
    is_default: bool = False
    in_report: str
    in_card: str
    in_settings: str
    color: str
    color_on_dark: str


SPECS: dict[ArmKind, ArmSpec] = {}
"""Every arm's record, by its kind; filled by the package itself."""
