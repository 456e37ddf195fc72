"""The pretrained network as it is, with a trained head."""

from tl_core.arms.spec import ArmKind, ArmSpec, Rates, Start, Trains

FROZEN = ArmSpec(
    kind=ArmKind.FROZEN,
    start=Start.PRETRAINED,
    trains=Trains.HEAD,
    rates=Rates(encoder=0.0, head=1e-2),
    own_head_rates=Rates(encoder=0.0, head=5e-2),  # the largest of its grid
    label="Frozen",
    choice="Pretrained encoder frozen; only a classifier on top is trained.",
    in_report="{title}, pretrained and frozen; only a linear classifier on top is trained.",
    in_card="The pretrained weights were frozen; only a linear classifier on top was trained.",
    in_settings="pretrained, only the head trained",
    color="#56B4E9",
    color_on_dark="#A5DAF8",
)
