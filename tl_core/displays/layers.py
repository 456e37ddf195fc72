"""What did training change? How far the weights of each layer moved, and how alike texts stayed in it."""

import pandas as pd

from tl_core.charts.colors import arm_label, arm_styles
from tl_core.charts.layers import representation_similarity, weight_movement
from tl_core.displays.display import Display
from tl_core.displays.words import percent
from tl_core.results.comparison import ranked
from tl_core.results.fairness import BUDGET_WORDS
from tl_core.results.knowledge import Knowledge
from tl_core.results.pooled import SCRATCH, TUNED

MOVEMENT_LIMITS = (
    "A small change in the right place can matter more than a large one. A larger learning rate also moves "
    "weights further."
)
SIMILARITY_LIMITS = "Linear CKA ignores rotation and scale. A layer that scores low can still be useful."


def display_movement(known: Knowledge) -> Display:
    """Show how far the weights of each part moved."""
    return Display(
        key="movement",
        frame=_frame(known),
        draw=lambda theme: weight_movement(
            known.changes, arm_styles(ranked(known.arms), {}, theme), theme=theme
        ),
        sentence=tell_movement(known),
        limits=MOVEMENT_LIMITS,
        budget=BUDGET_WORDS[known.pooled.experiment.training.budget],
    )


def display_similarity(known: Knowledge) -> Display:
    """Show how alike each part places the same texts before and after training."""
    return Display(
        key="similarity",
        frame=_frame(known),
        draw=lambda theme: representation_similarity(
            known.changes, arm_styles(ranked(known.arms), {}, theme), theme=theme
        ),
        sentence=tell_similarity(known),
        limits=SIMILARITY_LIMITS,
        budget=BUDGET_WORDS[known.pooled.experiment.training.budget],
    )


def _frame(known: Knowledge) -> pd.DataFrame | None:
    """List how far each part moved and how alike it stayed, as means over seeds; None if not measured."""
    if known.changes.empty:
        return None
    groups = known.changes.groupby(["arm", "part"], sort=False)
    means = groups[["moved", "similarity"]].mean().reset_index()
    order = [arm.name for arm in ranked(known.arms)]
    means = means.sort_values("arm", key=lambda arms: arms.map(order.index), kind="stable")
    seeds = groups["seed"].nunique().to_dict()
    return pd.DataFrame(
        {
            "Model": means["arm"].map({arm.name: arm_label(arm, {}) for arm in known.arms}),
            "Part": means["part"],
            "Moved, % of the size": (100 * means["moved"]).round(1),
            "Similarity (CKA)": means["similarity"].round(3),
            "Seeds": [seeds[arm, part] for arm, part in zip(means["arm"], means["part"], strict=True)],
        }
    )


def tell_movement(known: Knowledge) -> str:
    """Say which part fine-tuning moved most and least, and how far scratch moved; empty if not measured."""
    means = known.changes.groupby(["arm", "part"], sort=False)["moved"].mean()
    if TUNED.name not in means.index:
        return ""
    tuned = means[TUNED.name].drop("head", errors="ignore")
    most, least = tuned.idxmax(), tuned.idxmin()
    words = (
        f"Fine-tuning moved {_the(most)} most, by {percent(tuned[most])} of the size of the weights, and "
        f"{_the(least)} least, by {percent(tuned[least])}."
    )
    if SCRATCH.name not in means.index:
        return words
    scratch = means[SCRATCH.name].drop("head", errors="ignore")
    return f"{words} Training from scratch moved the median part by {percent(scratch.median())}."


def tell_similarity(known: Knowledge) -> str:
    """Say how alike texts lie before and after fine-tuning, at both ends; empty if not measured."""
    means = known.changes.dropna().groupby(["arm", "part"], sort=False)["similarity"].mean()
    if TUNED.name not in means.index or len(means[TUNED.name]) < 2:
        return ""
    tuned = means[TUNED.name]
    bottom, top = tuned.index[0], tuned.index[-1]
    return (
        "How similarly the network places the same examples before and after fine-tuning: "
        f"{tuned[bottom]:.2f} in {_the(bottom)}, {tuned[top]:.2f} in {_the(top)}. "
        "1 means alike but for rotation and scale."
    )


def _the(part: str) -> str:
    return f"the {part}" if part in ("embeddings", "encoder", "pooler", "head") else part
