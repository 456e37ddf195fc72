"""A random network as drawn, with logistic regression on top."""

from tl_core.arms.spec import ArmKind, ArmSpec, Start, Trains

FROZEN_RANDOM = ArmSpec(
    kind=ArmKind.FROZEN_RANDOM,
    start=Start.RANDOM,
    trains=Trains.HEAD,
    label="Random frozen",
    choice="Random encoder frozen; only logistic regression on top is fitted.",
    in_report="{title} with random weights, frozen; only logistic regression on top is fitted.",
    in_card="Random weights were frozen; only logistic regression on top was fitted. A baseline.",
    in_settings="random, only the head fitted",
    color="#B08900",
    color_on_dark="#F0DA7E",
)
