"""Pretrained weights in random places: their scale without what they know."""

from tl_core.arms.spec import ArmKind, ArmSpec, Start, Trains

SHUFFLED = ArmSpec(
    kind=ArmKind.SHUFFLED,
    start=Start.SHUFFLED,
    trains=Trains.ALL,
    label="Shuffled",
    in_report="{title} with the weights in random places: their scale, without what they know.",
    in_card="The pretrained weights were put in random places, then all trained. An experiment.",
    in_settings="pretrained, then shuffled, all trained",
    color="#5E2A12",
    color_on_dark="#CB624D",
)
