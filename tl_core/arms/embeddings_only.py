"""The pretrained embeddings below layers drawn anew."""

from tl_core.arms.spec import ArmKind, ArmSpec, Start, Trains

EMBEDDINGS_ONLY = ArmSpec(
    kind=ArmKind.EMBEDDINGS_ONLY,
    start=Start.EMBEDDINGS,
    trains=Trains.ALL,
    label="Embeddings only",
    in_report="{title} with random layers; all weights are trained.",
    in_card="The embeddings were pretrained, the layers random; all weights were trained. An experiment.",
    in_settings="embeddings pretrained, layers random, all trained",
    color="#B0186C",
    color_on_dark="#D81B7E",
)
