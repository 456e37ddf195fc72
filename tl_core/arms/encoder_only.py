"""The pretrained layers on embeddings drawn anew."""

from tl_core.arms.spec import ArmKind, ArmSpec, Start, Trains

ENCODER_ONLY = ArmSpec(
    kind=ArmKind.ENCODER_ONLY,
    start=Start.LAYERS,
    trains=Trains.ALL,
    label="Layers only",
    in_report="{title} with its embeddings drawn at random; all its weights are trained.",
    in_card="Its embeddings were drawn at random, and all weights trained: an experiment.",
    in_settings="layers pretrained, embeddings random, all trained",
    color="#1B2A6B",
    color_on_dark="#6A4BFF",
)
