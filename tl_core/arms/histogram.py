"""Colours and edges of pictures with logistic regression."""

from tl_core.arms.spec import ArmKind, ArmSpec, Start, Trains

HISTOGRAM = ArmSpec(
    kind=ArmKind.HISTOGRAM,
    start=Start.NO_NETWORK,
    trains=Trains.COUNTS,
    reads=("image",),
    label="Histogram",
    choice="Colours, edges and a linear model: what needs no network at all.",
    is_default=True,
    in_report="Histograms of colours and edges with logistic regression: no network, no pretraining.",
    in_card="It has no network. The strength of regularisation was chosen on validation.",
    in_settings="no network: colours, edges and logistic regression",
    color="#009E73",
    color_on_dark="#2FC79A",
)
