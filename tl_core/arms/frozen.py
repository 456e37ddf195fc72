"""The pretrained network as it is, with logistic regression on top: a linear probe."""

from tl_core.arms.spec import ArmKind, ArmSpec, Start, Trains

FROZEN = ArmSpec(
    kind=ArmKind.FROZEN,
    start=Start.PRETRAINED,
    trains=Trains.HEAD,
    label="Frozen",
    choice="Pretrained encoder frozen; only logistic regression on top is fitted.",
    in_report="{title}, pretrained and frozen; only logistic regression on top is fitted.",
    in_card="The pretrained weights were frozen; only logistic regression on top was fitted.",
    in_settings="pretrained, only the head fitted",
    color="#56B4E9",
    color_on_dark="#A5DAF8",
)
