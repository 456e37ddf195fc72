"""Counts of words and characters with logistic regression."""

from tl_core.arms.spec import ArmKind, ArmSpec, Start, Trains

TFIDF = ArmSpec(
    kind=ArmKind.TFIDF,
    start=Start.NO_NETWORK,
    trains=Trains.COUNTS,
    reads=("text",),
    label="TF-IDF",
    choice="Word counts and a linear model: strong on small data, trained in seconds.",
    is_default=True,
    in_report="Word and character counts with logistic regression: no network, no pretraining.",
    in_card="It has no network. The strength of regularisation was chosen on validation.",
    in_settings="no network: word counts and logistic regression",
    color="#009E73",
    color_on_dark="#2FC79A",
)
