"""The pretrained layers on embeddings drawn anew."""

from tl_core.arms.spec import ArmKind, ArmSpec, Start, Trains

ENCODER_ONLY = ArmSpec(
    kind=ArmKind.ENCODER_ONLY,
    start=Start.LAYERS,
    trains=Trains.ALL,
    label="Layers only",
    in_report="{title} with random embeddings; all weights are trained.",
    in_card="The embeddings were random, the layers pretrained; all weights were trained. An experiment.",
    in_settings="layers pretrained, embeddings random, all trained",
    color="#1B2A6B",
    color_on_dark="#6A4BFF",
)
