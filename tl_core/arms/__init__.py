"""The arms: a file with the record of each, best first in `ARMS`. A new one is its record and its physics."""

from tl_core.arms.contrastive import CONTRASTIVE
from tl_core.arms.embeddings_only import EMBEDDINGS_ONLY
from tl_core.arms.encoder_only import ENCODER_ONLY
from tl_core.arms.fine_tuned import FINE_TUNED
from tl_core.arms.frozen import FROZEN
from tl_core.arms.frozen_random import FROZEN_RANDOM
from tl_core.arms.histogram import HISTOGRAM
from tl_core.arms.majority import MAJORITY
from tl_core.arms.reinit_top import REINIT_TOP
from tl_core.arms.scratch import SCRATCH
from tl_core.arms.shuffled import SHUFFLED
from tl_core.arms.spec import SPECS, ArmKind, ArmSpec, Objective, Rates, Start, Trains
from tl_core.arms.tfidf import TFIDF

ARMS = (
    FINE_TUNED,
    CONTRASTIVE,
    REINIT_TOP,
    ENCODER_ONLY,
    EMBEDDINGS_ONLY,
    FROZEN,
    TFIDF,
    HISTOGRAM,
    SHUFFLED,
    SCRATCH,
    FROZEN_RANDOM,
    MAJORITY,
)
"""Every arm, ranked by what one expects of it: the order of tables, figures and choices."""

SPECS.update({spec.kind: spec for spec in ARMS})

__all__ = [
    "ARMS",
    "ArmKind",
    "ArmSpec",
    "CONTRASTIVE",
    "EMBEDDINGS_ONLY",
    "ENCODER_ONLY",
    "FINE_TUNED",
    "FROZEN",
    "FROZEN_RANDOM",
    "HISTOGRAM",
    "MAJORITY",
    "Objective",
    "REINIT_TOP",
    "Rates",
    "SCRATCH",
    "SHUFFLED",
    "SPECS",
    "Start",
    "TFIDF",
    "Trains",
]
