"""Always the largest class."""

from tl_core.arms.spec import ArmKind, ArmSpec, Start, Trains

MAJORITY = ArmSpec(
    kind=ArmKind.MAJORITY,
    start=Start.NO_NETWORK,
    trains=Trains.NOTHING,
    label="Majority",
    choice="Always predicts the most common label. Everything should beat this.",
    is_default=True,
    in_report="Always answers with the most common label. Everything should beat this.",
    in_card="It looks at no example. Every classifier should beat it.",
    in_settings="no network: always the largest class",
    color="#8A94A0",
    color_on_dark="#9BA6B3",
)
