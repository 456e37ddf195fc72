"""SetFit: the pretrained encoder is tuned on pairs, then a head is fitted."""

from tl_core.arms.spec import ArmKind, ArmSpec, Objective, Rates, Start, Trains

CONTRASTIVE = ArmSpec(
    kind=ArmKind.CONTRASTIVE,
    start=Start.PRETRAINED,
    trains=Trains.ALL,
    objective=Objective.PAIRS,
    reads=("text",),
    rates=Rates(encoder=5e-5, head=0.0),
    label="Contrastive",
    choice="SetFit: the pretrained network, tuned on pairs of texts. For very few labels.",
    in_report=(
        "{title}, trained further on pairs of texts as SetFit does, then logistic regression on what it "
        "gives. Each step reads as many texts as in any other network."
    ),
    in_card=(
        "The pretrained weights were trained further on pairs of texts (SetFit). The head is logistic "
        "regression, fitted afterwards."
    ),
    in_settings="pretrained, encoder trained on pairs, then the head",
    color="#003C3C",
    color_on_dark="#7FFFD4",
)
