"""A random network as drawn, with a trained head."""

from tl_core.arms.spec import ArmKind, ArmSpec, Rates, Start, Trains

FROZEN_RANDOM = ArmSpec(
    kind=ArmKind.FROZEN_RANDOM,
    start=Start.RANDOM,
    trains=Trains.HEAD,
    rates=Rates(encoder=0.0, head=2e-2),
    own_head_rates=Rates(encoder=0.0, head=2e-2),
    label="Random frozen",
    choice="Random encoder frozen; only a classifier on top is trained.",
    in_report="{title} with random weights, frozen; only a classifier on top is trained.",
    in_card="Random weights were frozen; only a linear classifier on top was trained. A baseline.",
    in_settings="random, only the head trained",
    color="#B08900",
    color_on_dark="#F0DA7E",
)
