"""Test examples whose label the trained models dispute: for a person to read, never dropped by itself."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st
from scipy.special import softmax

from pages.cards.results.examples import TEXT_WIDTH_PX
from pages.ui.displays import made
from pages.ui.downloads import offer_csv
from pages.ui.formatting import literal
from pages.ui.frame import card
from pages.ui.readers import dataset_of
from tl_core.displays.display import Subject
from tl_core.doctor.label_errors import SuspectedError, rank_label_errors

MOST_SHOWN = 20


def draw_label_errors(subject: Subject) -> None:
    """List the test labels that a pair's first arm disputes with confidence, if there are any."""
    suspects, results, verdict = made(_label_errors, subject), subject.results, subject.verdict
    if not suspects:
        return
    num_seeds = results.predictions[verdict.a, verdict.train_size].num_seeds
    source = f"the mean probabilities of {num_seeds} seeds" if num_seeds > 1 else "one seed's probabilities"
    arm = subject.names[verdict.a]
    with card("Labels that look wrong"):
        st.markdown(
            f"{literal(arm)} disputes {len(suspects):,} of {verdict.num_examples:,} test labels. Read "
            "them and correct what is wrong in your file."
        )
        table = pd.DataFrame(
            [(one.text, one.label, one.suggested, round(100 * one.margin)) for one in suspects],
            columns=["Text", "Label", f"{arm} says", "By how much, points"],
        )
        st.dataframe(
            table.head(MOST_SHOWN),
            hide_index=True,
            column_config={"Text": st.column_config.TextColumn(width=TEXT_WIDTH_PX)},
        )
        offer_csv(table, key="suspects")
        st.markdown(
            f":small[Likely label errors, most suspicious first (confident learning on {source}). Don't drop "
            "examples only because a model disagrees: every number would look better than it is. Correcting "
            f"only these helps {literal(arm)} against the other models.]"
        )


def _label_errors(subject: Subject) -> list[SuspectedError]:
    results, verdict = subject.results, subject.verdict
    predictions = results.predictions[verdict.a, verdict.train_size]
    dataset = dataset_of(results.experiment.dataset_fingerprint)
    if dataset is None:
        return []
    ids = [str(identity) for identity in predictions.example_ids]
    is_scored = pc.is_in(dataset.table["example_id"], value_set=pa.array(ids))
    scored = dataset.take(np.flatnonzero(is_scored.to_numpy()))
    texts = dict(zip(scored.example_ids(), scored.whole_texts(), strict=True))
    return rank_label_errors(
        predictions.targets,
        np.mean(softmax(predictions.logits, axis=-1), axis=0),
        texts=[texts.get(identity, "") for identity in ids],
        labels=results.experiment.labels,
        example_ids=ids,
    )
