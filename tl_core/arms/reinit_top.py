"""Fine-tuning with the top layers drawn anew."""

from tl_core.arms.spec import ArmKind, ArmSpec, Start, Trains

REINIT_TOP = ArmSpec(
    kind=ArmKind.REINIT_TOP,
    start=Start.LOWER_LAYERS,
    trains=Trains.ALL,
    label="Top {layers} redrawn",
    in_report="{title} with its top layers drawn at random; all its weights are trained.",
    in_card="Its top layers were drawn at random, and all weights were trained: an experiment.",
    in_settings="pretrained but for the top layers, all trained",
    color="#5B3FD6",
    color_on_dark="#8A78FF",
)
