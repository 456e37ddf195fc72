"""How much of the knowledge is needed? The score over the share of pretrained weights that were kept."""

import pandas as pd

from tl_core.arms import EMBEDDINGS_ONLY, SHUFFLED
from tl_core.charts.colors import arm_label, arm_styles
from tl_core.charts.layer_ablation import layer_ablation
from tl_core.displays.display import Display
from tl_core.displays.words import as_percent, count_groups, percent
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
    words = "The share counts all weights, including those of words that never occur in these texts."
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

    A share is said only where the 95% interval of the difference that it divides by lies above 0.
    """
    size = known.pooled.largest
    keys = [(arm.name, size) for arm in (SCRATCH, _EMBEDDINGS, TUNED)]
    whole = find_verdict(known.pooled, TUNED, SCRATCH)
    if whole is None or any(key not in known.keys for key in keys):
        return None
    summaries = [known.pooled.summary(key) for key in keys]
    low, middle, high = (summary.mean for summary in summaries)
    kept = f"Keeping only the embeddings ({percent(known.shares[_EMBEDDINGS.name], 0)} of the weights)"
    if whole.ci95[0] <= 0 or high <= low:
        claim = (
            "What the embeddings bring cannot be given as a share, because fine-tuning is not clearly better."
        )
    elif middle < low:
        claim = f"{kept} ends below training from scratch."
    elif middle > high:
        claim = f"{kept} ends above fine-tuning."
    else:
        share = percent((middle - low) / (high - low), 0)
        claim = f"{kept} goes {share} of the way from scratch to fine-tuned. This share has no interval."
    names = {arm.name: spoken_name(arm, known.pooled.title) for arm in (SCRATCH, _EMBEDDINGS, TUNED)}
    flags = [flag for key in keys for flag in known.pooled.flags.get(key, ())]
    metric = METRIC_WORDS[known.pooled.experiment.headline_metric]
    values = f"mean {metric} {percent(low)}, {percent(middle)} and {percent(high)}"
    fewest = min(len(summary.seeds) for summary in summaries)
    return Said(
        claim=claim,
        proof=f"{values}, {counts_words(fewest, whole.num_examples, whole.num_groups)}",
        status=next(iter(flag_reservations(flags, names)), None),
    )
