"""Test examples whose label the trained models dispute: for a person to read, never dropped by itself."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st
from scipy.special import softmax

from pages.cards.results.examples import TEXT_WIDTH_PX, is_pictorial, named
from pages.ui.displays import made
from pages.ui.downloads import offer_csv
from pages.ui.frame import card
from pages.ui.pictures import PICTURE_PX, pictures
from pages.ui.readers import dataset_of
from tl_core.displays.display import Subject
from tl_core.doctor.label_errors import SuspectedError, disputed_by_either, rank_label_errors

MOST_SHOWN = 20


def draw_label_errors(subject: Subject) -> None:
    """List the test labels that either arm of a pair disputes with confidence, if there are any."""
    suspects, verdict = made(_label_errors, subject), subject.verdict
    if not suspects:
        return
    source = "mean probabilities over the seeds" if verdict.num_seeds > 1 else "one seed's probabilities"
    with card("Labels that look wrong"):
        st.markdown(
            f"The two models dispute {len(suspects):,} of {verdict.num_examples:,} test labels. Read them "
            "and correct what is wrong in your file."
        )
        table = pd.DataFrame(
            [(one.text, one.label, one.suggested, round(100 * one.margin)) for one in suspects],
            columns=["Text", "Label", "Suggested", "By how much, points"],
        )
        st.dataframe(
            table.head(MOST_SHOWN),
            hide_index=True,
            column_config=pictures(["Text"], title="Picture")
            if is_pictorial(subject)
            else {"Text": st.column_config.TextColumn(width=TEXT_WIDTH_PX)},
            row_height=PICTURE_PX if is_pictorial(subject) else None,
        )
        if is_pictorial(subject):
            table = table.assign(Text=[named(cell, subject) for cell in table["Text"]])
        offer_csv(table, key="suspects")
        st.markdown(
            f":small[Likely label errors of either model, most suspicious first (confident learning on "
            f"{source}). Which model disputes a label is left out on purpose, and all of them need reading: "
            "corrections that follow one model favour it. Don't drop examples because a model disagrees.]"
        )


def _label_errors(subject: Subject) -> list[SuspectedError]:
    results, verdict = subject.results, subject.verdict
    arms = [results.predictions[arm, verdict.train_size] for arm in (verdict.a, verdict.b)]
    dataset = dataset_of(results.experiment.dataset_fingerprint)
    if dataset is None:
        return []
    ids = arms[0].example_ids
    is_scored = pc.is_in(dataset.table["example_id"], value_set=pa.array(ids.tolist()))
    scored = dataset.take(np.flatnonzero(is_scored.to_numpy()))
    texts = dict(zip(scored.example_ids(), scored.whole_texts(), strict=True))
    return disputed_by_either(
        *(
            rank_label_errors(
                arm.targets,
                np.mean(softmax(arm.logits, axis=-1), axis=0),
                texts=[texts.get(identity, "") for identity in arm.example_ids.tolist()],
                labels=results.experiment.labels,
                example_ids=arm.example_ids.tolist(),
            )
            for arm in arms
        )
    )
