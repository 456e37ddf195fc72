"""How much of the knowledge is needed? The score over the share of pretrained weights that were kept."""

from collections.abc import Sequence

import pandas as pd

from tl_core.arms import EMBEDDINGS_ONLY, SHUFFLED
from tl_core.catalogue.locating import describe
from tl_core.charts.colors import arm_label, arm_styles
from tl_core.charts.layer_ablation import layer_ablation
from tl_core.displays.display import Display
from tl_core.displays.words import as_percent, count_groups, percent
from tl_core.evaluation.metrics import example_values
from tl_core.evaluation.predictions import ArmPredictions
from tl_core.evaluation.shares import Share, share_of_way
from tl_core.evaluation.wording import METRIC_WORDS, flag_reservations, spoken_name
from tl_core.results.comparison import ranked
from tl_core.results.fairness import BUDGET_WORDS
from tl_core.results.knowledge import Knowledge, ablation_means, ablation_seeds
from tl_core.results.pooled import SCRATCH, TUNED, find_verdict
from tl_core.results.pooled_sentences import Said, counts_words, difference
from tl_core.schema import Arm

_SHUFFLED = Arm(kind=SHUFFLED.kind)
_EMBEDDINGS = Arm(kind=EMBEDDINGS_ONLY.kind)


def display(known: Knowledge) -> Display:
    """Show every arm of the knowledge ladder."""
    frame = None
    if known.keys:
        rows = ablation_means(known)
        frame = pd.DataFrame(
            {
                "Model": rows["arm"].map({arm.name: arm_label(arm, {}) for arm in known.arms}),
                "Weights kept, %": rows["kept"].map(as_percent),
                f"Mean test {METRIC_WORDS[known.pooled.experiment.headline_metric]}, %": rows["mean"].map(
                    as_percent
                ),
                "95% interval from": rows["low"].map(as_percent),
                "to": rows["high"].map(as_percent),
                "Seeds": rows["num_seeds"],
                "Test examples": rows["num_examples"],
            }
        )
        frame = count_groups(frame, rows["num_groups"].astype("Int64"))
    return Display(
        key="ladder",
        frame=frame,
        draw=lambda theme: layer_ablation(
            ablation_seeds(known),
            ablation_means(known),
            arm_styles(ranked(known.arms), {}, theme),
            metric=known.pooled.experiment.headline_metric,
            floor=known.pooled.floor,
            theme=theme,
        ),
        limits=_limits(known),
        budget=BUDGET_WORDS[known.pooled.experiment.training.budget],
    )


def tell(known: Knowledge) -> list[Said]:
    """Say what the ladder shows, the most telling first."""
    said = [
        difference(known.pooled, TUNED, SCRATCH),
        _embeddings(known),
        difference(known.pooled, _SHUFFLED, SCRATCH),
    ]
    return [one for one in said if one is not None]


def _limits(known: Knowledge) -> str:
    """Say what the ladder does not show, and which rates its steps in between have learned at."""
    words = "The share counts all weights"
    is_of_texts = describe(known.pooled.experiment.base_model).modality is None
    words += ", including those of words that never occur in these texts." if is_of_texts else "."
    steps = [arm.name for arm in known.arms if arm.kind.is_partial and arm.name in known.shares]
    searched = [name for name in steps if name in known.searched]
    if not steps:
        return words
    if len(searched) == len(steps):
        return f"{words} The learning rates of each step were searched around those of the parts."
    rates = (
        "Kept weights learn at the rate found for fine-tuning, random ones at the rate found for training "
        "from scratch"
    )
    lacking = "the steps in between"
    if searched:
        lacking = ", ".join(arm_label(Arm.parse(name), {}) for name in steps if name not in searched)
    return f"{words} {rates}. No rates were searched for {lacking}, which might gain from that."


def _embeddings(known: Knowledge) -> Said | None:
    """Say how much of the way from scratch to fine-tuned the embeddings alone bring, if there is a way.

    A share is said only where fine-tuning is shown to be ahead, and with its interval.
    """
    pooled, size = known.pooled, known.pooled.largest
    keys = [(arm.name, size) for arm in (SCRATCH, _EMBEDDINGS, TUNED)]
    whole = find_verdict(pooled, TUNED, SCRATCH)
    if whole is None or any(key not in known.keys for key in keys):
        return None
    aligned = _aligned([pooled.predictions[key] for key in keys])
    if aligned is None:
        return None
    start, part, end = (example_values(arm, pooled.experiment.headline_metric) for arm in aligned)
    low, middle, high = (float(one.values.mean()) for one in (start, part, end))
    kept = f"Keeping only the embeddings ({percent(known.shares[_EMBEDDINGS.name], 0)} of the weights)"
    interval = ""
    if not whole.is_difference or high <= low:
        claim = (
            "What the embeddings bring cannot be given as a share, because fine-tuning is not clearly better."
        )
    elif middle < low:
        claim = f"{kept} ends below training from scratch."
    elif middle > high:
        claim = f"{kept} ends above fine-tuning."
    else:
        share = share_of_way(start, part, end)
        claim = f"{kept} goes {percent(share.estimate, 0)} of the way from scratch to fine-tuned."
        interval = f"95% interval {_share_words(share)}, "
    names = {arm.name: spoken_name(arm, pooled.title) for arm in (SCRATCH, _EMBEDDINGS, TUNED)}
    flags = [flag for key in keys for flag in pooled.flags.get(key, ())]
    weaknesses = [*flag_reservations(flags, names), *whole.reservations]
    metric = METRIC_WORDS[pooled.experiment.headline_metric]
    values = f"mean {metric} {percent(low)}, {percent(middle)} and {percent(high)}"
    counted = counts_words(aligned[0].num_seeds, whole.num_examples, whole.num_groups)
    return Said(claim=claim, proof=f"{interval}{values}, {counted}", status=next(iter(weaknesses), None))


def _aligned(arms: Sequence[ArmPredictions]) -> list[ArmPredictions] | None:
    """Bring arms to the seeds that all have and one order of examples; None without a common seed."""
    seeds = [seed for seed in arms[0].seeds if all(seed in arm.seeds for arm in arms)]
    return [arm.in_canonical_order().for_seeds(seeds) for arm in arms] if seeds else None


def _share_words(share: Share) -> str:
    """Write the ends of a share; nothing below 0 or above 100% is a part of a way."""
    low = "below 0" if share.low < 0 else f"{100 * share.low:.0f}"
    return f"{low} to above 100%" if share.high > 1 else f"{low} to {100 * share.high:.0f}%"
