"""Fine-tuning with the top layers drawn anew."""

from tl_core.arms.spec import ArmKind, ArmSpec, Start, Trains

REINIT_TOP = ArmSpec(
    kind=ArmKind.REINIT_TOP,
    start=Start.LOWER_LAYERS,
    trains=Trains.ALL,
    label="Top {layers} redrawn",
    in_report="{title} with random top layers; all weights are trained.",
    in_card="The top layers were random, the others pretrained; all weights were trained. An experiment.",
    in_settings="pretrained except the top layers, all trained",
    color="#5B3FD6",
    color_on_dark="#8A78FF",
)
