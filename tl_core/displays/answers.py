"""What do the models answer? The probabilities of one text, and the labels of a predicted file."""

from collections.abc import Mapping

import pandas as pd

from tl_core.displays.words import as_percent


def answer_numbers(rows: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """List what each arm answered to one text.

    Parameters
    ----------
    rows
        Columns ``arm, label, probability``.
    names
        Display names by arm name.
    """
    by_arm = rows.pivot(index="arm", columns="label", values="probability").reindex(rows["arm"].unique())
    shares = {f"{label}, %": by_arm[label].map(as_percent).to_numpy() for label in rows["label"].unique()}
    return pd.DataFrame({"Model": [names[arm] for arm in by_arm.index], **shares})


def label_numbers(label_counts: Mapping[str, int]) -> pd.DataFrame:
    """List how many rows of a predicted file have each label."""
    total = sum(label_counts.values()) or 1
    return pd.DataFrame(
        {
            "Predicted label": list(label_counts),
            "Rows": list(label_counts.values()),
            "Share, %": [as_percent(count / total) for count in label_counts.values()],
        }
    )
