"""The pretrained embeddings below layers drawn anew."""

from tl_core.arms.spec import ArmKind, ArmSpec, Start, Trains

EMBEDDINGS_ONLY = ArmSpec(
    kind=ArmKind.EMBEDDINGS_ONLY,
    start=Start.EMBEDDINGS,
    trains=Trains.ALL,
    label="Embeddings only",
    in_report="{title} with all layers drawn at random; all its weights are trained.",
    in_card="Only its embeddings began pretrained; all weights were trained: an experiment.",
    in_settings="embeddings pretrained, layers random, all trained",
    color="#B0186C",
    color_on_dark="#D81B7E",
)
