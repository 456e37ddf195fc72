"""Transfer learning: all pretrained weights are trained further."""

from tl_core.arms.spec import ArmKind, ArmSpec, Rates, Start, Trains

FINE_TUNED = ArmSpec(
    kind=ArmKind.FINE_TUNED,
    start=Start.PRETRAINED,
    trains=Trains.ALL,
    rates=Rates(encoder=1e-4, head=5e-3),
    own_head_rates=Rates(encoder=1e-4, head=1e-4),
    picture_rates=Rates(encoder=3e-5, head=3e-3),
    label="Fine-tuned",
    choice="Transfer learning: the pretrained network, trained further on your data.",
    is_default=True,
    in_report="{title}, pretrained, with all weights trained further.",
    in_card="All pretrained weights were trained further.",
    in_settings="pretrained, all trained",
    color="#0B6FB8",
    color_on_dark="#3E9CE6",
)
