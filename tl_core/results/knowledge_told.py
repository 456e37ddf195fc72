"""What the knowledge ladder and the changed layers say, in sentences computed from their numbers."""

from tl_core.evaluation.wording import METRIC_WORDS
from tl_core.results.answers_told import Said, difference
from tl_core.results.answers_tried import SCRATCH, TUNED
from tl_core.results.knowledge import Knowledge
from tl_core.schema import Arm, ArmKind

_SHUFFLED = Arm(kind=ArmKind.SHUFFLED)
_EMBEDDINGS = Arm(kind=ArmKind.EMBEDDINGS_ONLY)
_LEAST_GAP = 0.005
"""A smaller gap between the ends of the ladder is not divided into shares."""

LADDER_LIMITS = (
    "The share counts weights, also those of words that never occur in these texts. Weights that are kept "
    "learn at the rate found for fine-tuning, those drawn anew at the one found for training from scratch; "
    "for the steps in between no rates were searched, and they might gain from that."
)
MOVEMENT_LIMITS = (
    "Distance alone says nothing about use: a small change in the right place can matter more than a large "
    "one, and a larger learning rate moves weights further."
)
SIMILARITY_LIMITS = (
    "Linear CKA sees whether texts lie alike up to rotation and scale; what scores low can be just as useful."
)


def tell_ladder(known: Knowledge) -> list[Said]:
    """Say what the ladder shows, the most telling first."""
    said = [
        difference(known.tried, TUNED, SCRATCH),
        _embeddings(known),
        difference(known.tried, _SHUFFLED, SCRATCH),
    ]
    return [one for one in said if one is not None]


def _embeddings(known: Knowledge) -> Said | None:
    """Say how much of the way from scratch to fine-tuned the embeddings alone bring."""
    size = known.tried.largest
    keys = [(arm.name, size) for arm in (SCRATCH, _EMBEDDINGS, TUNED)]
    if any(key not in known.keys for key in keys):
        return None
    low, middle, high = (known.tried.summary(key).mean for key in keys)
    if high - low < _LEAST_GAP:
        return None
    metric = METRIC_WORDS[known.tried.experiment.headline_metric]
    return Said(
        claim=(
            f"Keeping the embeddings alone, {_percent(known.shares[_EMBEDDINGS.name])} of the weights, goes "
            f"{_percent((middle - low) / (high - low))} of the way from scratch to fine-tuned."
        ),
        proof=f"mean {metric} {_percent(low, 1)}, {_percent(middle, 1)} and {_percent(high, 1)}",
    )


def tell_movement(known: Knowledge) -> str | None:
    """Say which part fine-tuning moved most and least, and how far training from scratch moved."""
    means = known.changes.groupby(["arm", "part"], sort=False)["moved"].mean()
    if TUNED.name not in means.index:
        return None
    tuned = means[TUNED.name].drop("head", errors="ignore")
    most, least = tuned.idxmax(), tuned.idxmin()
    words = (
        f"Fine-tuning moved {_the(most)} most, by {_percent(tuned[most], 1)} of the size of its weights, and "
        f"{_the(least)} least, by {_percent(tuned[least], 1)}."
    )
    if SCRATCH.name not in means.index:
        return words
    scratch = means[SCRATCH.name].drop("head", errors="ignore")
    return f"{words} From scratch the median part moved by {_percent(scratch.median(), 1)}."


def tell_similarity(known: Knowledge) -> str | None:
    """Say how alike texts lie before and after fine-tuning, at the bottom and at the top."""
    means = known.changes.dropna().groupby(["arm", "part"], sort=False)["similarity"].mean()
    if TUNED.name not in means.index or len(means[TUNED.name]) < 2:
        return None
    tuned = means[TUNED.name]
    bottom, top = tuned.index[0], tuned.index[-1]
    return (
        f"What the network makes of the same texts before and after fine-tuning has a similarity of "
        f"{tuned[bottom]:.2f} in {_the(bottom)} and {tuned[top]:.2f} in {_the(top)}, where 1 is unchanged."
    )


def _the(part: str) -> str:
    return f"the {part}" if part in ("embeddings", "encoder", "pooler", "head") else part


def _percent(fraction: float, digits: int = 0) -> str:
    return f"{100 * fraction:.{digits}f} %"
