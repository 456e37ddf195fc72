"""The same network from random weights."""

from tl_core.arms.spec import ArmKind, ArmSpec, Rates, Start, Trains

SCRATCH = ArmSpec(
    kind=ArmKind.SCRATCH,
    start=Start.RANDOM,
    trains=Trains.ALL,
    rates=Rates(encoder=5e-4, head=5e-4),
    own_head_rates=Rates(encoder=2e-4, head=2e-4),
    picture_rates=Rates(encoder=2e-3, head=2e-3),
    label="From scratch",
    choice="The same network with random weights: only your labels teach it.",
    is_default=True,
    in_report="The architecture of {title} with random weights: nothing learned before.",
    in_card="All weights started at random; inputs are prepared as for the pretrained network.",
    in_settings="random, all trained",
    color="#D55E00",
    color_on_dark="#F58A3C",
)
