"""The knowledge ladder: arms that keep none, some and all of what a base model was pretrained to know."""

from collections.abc import Sequence

from tl_core.arms import EMBEDDINGS_ONLY, ENCODER_ONLY, FINE_TUNED, REINIT_TOP, SCRATCH, SHUFFLED
from tl_core.catalogue.layers import num_layers, shares_layers
from tl_core.schema import Arm

LADDER = "ladder"
"""Stands on the command line for all the ladder's arms."""
MOST_STEPS = 5
"""Arms with top layers drawn anew; a network of more layers gets so many, evenly spaced."""


def ablation_arms(base_model: str) -> tuple[Arm, ...]:
    """List the ladder's arms, from the one that keeps nothing to the one that keeps all.

    Drawing every layer anew is ``embeddings_only``, so no ``reinit_top`` does. Where the number of layers is
    not known yet, there is none; a network whose layers share their weights cannot keep a part of them.
    """
    ends = Arm(kind=SCRATCH.kind), Arm(kind=SHUFFLED.kind), Arm(kind=FINE_TUNED.kind)
    if shares_layers(base_model):
        return ends
    parts = (Arm(kind=ENCODER_ONLY.kind), Arm(kind=EMBEDDINGS_ONLY.kind))
    last = (num_layers(base_model) or 1) - 1
    counts = list(range(1, last + 1))
    if last > MOST_STEPS:
        counts = [round(1 + place * (last - 1) / (MOST_STEPS - 1)) for place in range(MOST_STEPS)]
    steps = [Arm(kind=REINIT_TOP.kind, num_layers=count) for count in counts]
    return (*ends[:2], *parts, *reversed(steps), ends[2])


def spell_out(names: Sequence[str], base_model: str) -> list[str]:
    """Put the ladder's arms, those not listed already, in the place of the word ``ladder``."""
    if not any(name.strip() == LADDER for name in names):
        return list(names)  # an arm that is listed twice is told
    spelled = list[str]()
    for name in names:
        spelled += [arm.name for arm in ablation_arms(base_model)] if name.strip() == LADDER else [name]
    return list(dict.fromkeys(spelled))
