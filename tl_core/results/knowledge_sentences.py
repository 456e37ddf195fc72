"""What the knowledge ladder and the changed layers say, in sentences computed from their numbers."""

from tl_core.arms import EMBEDDINGS_ONLY, SHUFFLED
from tl_core.charts.colors import arm_label
from tl_core.evaluation.wording import METRIC_WORDS
from tl_core.results.captions import with_flags
from tl_core.results.knowledge import Knowledge
from tl_core.results.pooled import SCRATCH, TUNED, find_verdict
from tl_core.results.pooled_sentences import Said, counts_words, difference
from tl_core.schema import Arm

_SHUFFLED = Arm(kind=SHUFFLED.kind)
_EMBEDDINGS = Arm(kind=EMBEDDINGS_ONLY.kind)
MOVEMENT_LIMITS = (
    "Distance alone says nothing about use: a small change in the right place can matter more than a large "
    "one, and a larger learning rate moves weights further."
)
SIMILARITY_LIMITS = (
    "Linear CKA sees whether texts lie alike up to rotation and scale; what scores low can be just as useful."
)


def tell_ablation(known: Knowledge) -> list[Said]:
    """Say what the ladder shows, the most telling first."""
    said = [
        difference(known.pooled, TUNED, SCRATCH),
        _embeddings(known),
        difference(known.pooled, _SHUFFLED, SCRATCH),
    ]
    return [one for one in said if one is not None]


def ablation_limits(known: Knowledge) -> str:
    """Say what the ladder does not show, and which rates its steps in between have learned at."""
    words = "The share counts weights, also those of words that never occur in these texts."
    steps = [arm.name for arm in known.arms if arm.kind.is_partial and arm.name in known.shares]
    searched = [name for name in steps if name in known.searched]
    if not steps:
        return words
    if len(searched) == len(steps):
        return f"{words} Each step's learning rates were searched around those of its parts."
    rates = (
        "Weights that are kept learn at the rate found for fine-tuning, those drawn anew at the one found "
        "for training from scratch"
    )
    if not searched:
        return f"{words} {rates}; for the steps in between none were searched, and they might gain from that."
    lacking = ", ".join(arm_label(Arm.parse(name), {}) for name in steps if name not in searched)
    return f"{words} {rates}; no rates were searched for {lacking}, which might gain from that."


def _embeddings(known: Knowledge) -> Said | None:
    """Say how much of the way from scratch to fine-tuned the embeddings alone bring, if there is a way.

    A share is said only where the 95% interval of the difference that it divides by lies above 0.
    """
    size = known.pooled.largest
    keys = [(arm.name, size) for arm in (SCRATCH, _EMBEDDINGS, TUNED)]
    whole = find_verdict(known.pooled, TUNED, SCRATCH)
    if whole is None or any(key not in known.keys for key in keys):
        return None
    summaries = [known.pooled.summary(key) for key in keys]
    low, middle, high = (summary.mean for summary in summaries)
    kept = f"Keeping the embeddings alone, {_percent(known.shares[_EMBEDDINGS.name])} of the weights,"
    if whole.ci95[0] <= 0 or high <= low:
        claim = (
            "How far the embeddings alone go from scratch to fine-tuned cannot be said as a share: that "
            "fine-tuning is better is not shown here."
        )
    elif middle < low:
        claim = f"{kept} ends below training from scratch."
    elif middle > high:
        claim = f"{kept} ends above fine-tuning."
    else:
        share = _percent((middle - low) / (high - low))
        claim = f"{kept} goes {share} of the way from scratch to fine-tuned; this share has no interval."
    labels = {arm.name: arm_label(arm, {}) for arm in (SCRATCH, _EMBEDDINGS, TUNED)}
    flags = [flag for key in keys for flag in known.pooled.flags.get(key, ())]
    metric = METRIC_WORDS[known.pooled.experiment.headline_metric]
    values = f"mean {metric} {_percent(low, 1)}, {_percent(middle, 1)} and {_percent(high, 1)}"
    fewest = min(len(summary.seeds) for summary in summaries)
    return Said(
        claim=with_flags(claim, flags, labels), proof=f"{values}, {counts_words(fewest, whole.num_examples)}"
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
        "What the network makes of the same texts before and after fine-tuning has a similarity of "
        f"{tuned[bottom]:.2f} in {_the(bottom)} and {tuned[top]:.2f} in {_the(top)}, where 1 means that "
        "they lie alike up to rotation and scale."
    )


def _the(part: str) -> str:
    return f"the {part}" if part in ("embeddings", "encoder", "pooler", "head") else part


def _percent(fraction: float, digits: int = 0) -> str:
    return f"{100 * fraction:.{digits}f}%"
