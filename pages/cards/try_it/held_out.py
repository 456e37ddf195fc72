"""Test examples of an experiment, which none of its models was trained on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import streamlit as st

from pages.cards.try_it.asking import Text
from pages.ui.readers import dataset_of
from pages.ui.session import workspace
from tl_core.errors import NotFoundError
from tl_core.schema import ExperimentConfig
from tl_core.splits.splitting import read_split


@dataclass(frozen=True, kw_only=True)
class Example:
    """A text, or the two of a pair, with its label."""

    text: Text
    label: str


@st.cache_resource(show_spinner=False, max_entries=8)
def _places(fingerprint: str, split_hash: str) -> npt.NDArray[np.int64]:
    """Return the rows of a split's test part, mixed up but always in the same way; none if it is not here."""
    try:
        split = read_split(workspace().dataset_folder(fingerprint), split_hash)
    except NotFoundError:
        return np.zeros(0, dtype=np.int64)
    return np.random.default_rng(0).permutation(split.test)


def examples_from(experiment: ExperimentConfig, turn: int, count: int) -> list[Example]:
    """Take ``count`` examples of the experiment's own test part, beginning at ``turn`` and going round.

    None if the dataset is not in this workspace.
    """
    rows = _places(experiment.dataset_fingerprint, experiment.split.hash)
    if not len(rows):
        return []
    return _read(experiment, rows[np.arange(turn, turn + min(count, len(rows))) % len(rows)])


def find_example(experiment: ExperimentConfig, example_id: str) -> Example | None:
    """Find a test example by its id; None if the experiment's test part has no such one."""
    rows = _places(experiment.dataset_fingerprint, experiment.split.hash)
    dataset = dataset_of(experiment.dataset_fingerprint)
    if dataset is None or example_id not in (ids := dataset.take(rows).example_ids()):
        return None
    return _read(experiment, rows[[ids.index(example_id)]])[0]


def _read(experiment: ExperimentConfig, rows: npt.NDArray[np.int64]) -> list[Example]:
    dataset = dataset_of(experiment.dataset_fingerprint)
    if dataset is None:
        return []
    taken = dataset.take(rows)
    texts: Sequence[str | tuple[str, str]] = taken.texts()
    return [
        Example(text=(text,) if isinstance(text, str) else text, label=experiment.labels[target])
        for text, target in zip(texts, taken.targets(), strict=True)
    ]
