"""Labels that look like misspellings of others."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from unicodedata import normalize

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from rapidfuzz.distance import OSA
from rapidfuzz.process import cdist

from tl_core.datasets.dataset import Dataset
from tl_core.datasets.findings import found
from tl_core.datasets.labels import class_values
from tl_core.files.excerpts import MAX_EXAMPLES
from tl_core.schema import ColumnChoice, Finding
from tl_core.words import plural, quoted

MAX_RARITY = 0.2
"""A misspelling is the exception: a class a fifth as large as the other, or larger, is taken for meant."""
_ONE_SLIP, _TWO_SLIPS = 5, 10
_BETWEEN_WORDS = re.compile(r"(?<=\w)[\s_\-]+(?=\w)")


def label_typos(dataset: Dataset) -> Iterator[Finding]:
    """Find labels that are other spellings of a more frequent label."""
    labels, counts = dataset.info.columns.labels, dataset.info.label_counts
    meant = suspected_typos(counts)
    if meant:
        yield found(
            dataset,
            np.isin(dataset.targets(), [labels.index(label) for label in meant]),
            code="label_typos",
            severity="warning",
            message=f"{plural(len(meant), 'label looks', 'labels look')} like another spelling of a more"
            " frequent one.",
            remedy="Merge labels that mean the same.",
            fix="merge_labels",
            examples=[
                f"{quoted(label)} ({counts[label]:,}) → {quoted(other)}"
                for label, other in list(meant.items())[:MAX_EXAMPLES]
            ],
        )


def merging_map(columns: pa.Table, choice: ColumnChoice) -> dict[str, str]:
    """Return a choice's label map with suspected misspellings (`suspected_typos`) merged as well.

    Parameters
    ----------
    columns
        The file's columns, all strings.

    Raises
    ------
    DataError
        As `class_values` does.
    """
    counted = pc.value_counts(class_values(columns, choice.model_copy(update={"label_map": {}})))
    counts: dict[str, int] = dict(
        zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True)
    )
    names = {label: choice.label_map.get(label, label) for label in counts}
    named = Counter[str]()
    for label, name in names.items():
        named[name] += counts[label]
    meant = suspected_typos({name: count for name, count in named.items() if name})
    return choice.label_map | {label: meant[name] for label, name in names.items() if name in meant}


def suspected_typos(counts: Mapping[str, int]) -> dict[str, str]:
    """Return the label that each suspected misspelling stands for.

    Two labels are spellings of one class if only case, spaces, hyphens and underscores differ, or if one is
    at most a fifth as frequent and one slip of the keyboard away (a letter added, left out, replaced or
    swapped with its neighbour; two slips from ten letters on). Labels with digits, or shorter than five
    letters, are codes, in which every sign counts; a prefix ("typical", "atypical") is no slip.

    Parameters
    ----------
    counts
        Examples of each label.
    """
    by_count = sorted(counts, key=lambda label: (-counts[label], label))
    first: dict[str, str] = {}
    for label in by_count:
        first.setdefault(_plain(label), label)
    meant = {label: first[_plain(label)] for label in by_count if first[_plain(label)] != label}
    slips = _slips({_plain(label): counts[label] for label in first.values()})
    for plain, other in slips.items():
        meant[first[plain]] = first[other]
    return {label: meant.get(other, other) for label, other in meant.items()}


def _plain(label: str) -> str:
    """Fold case, width, and what stands between words."""
    return _BETWEEN_WORDS.sub(" ", normalize("NFKC", label).strip()).casefold()


def _slips(counts: Mapping[str, int]) -> dict[str, str]:
    """Return the likely original, never a slip itself, of each label that is one."""
    words = [one for one in counts if len(one) >= _ONE_SLIP and not re.search(r"\d", one)]
    words.sort(key=lambda word: (-counts[word], word))
    if len(words) < 2:
        return {}
    distances = cdist(words, words, scorer=OSA.distance, score_cutoff=2, dtype=np.uint8)
    originals: dict[str, str] = {}
    for row, word in enumerate(words):
        near = np.flatnonzero(distances[row, :row] <= 2)
        for other in near[np.argsort(distances[row, near], kind="stable")].tolist():
            original = words[other]
            allowed = 2 if min(len(word), len(original)) >= _TWO_SLIPS else 1
            is_slip = distances[row, other] <= allowed and not (
                word.endswith(original) or original.endswith(word)
            )
            is_rare = counts[word] <= MAX_RARITY * counts[original]
            if is_slip and is_rare and original not in originals:
                originals[word] = original
                break
    return originals
