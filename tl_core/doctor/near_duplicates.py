"""What groups of near duplicates mean within a dataset and its split."""

from collections.abc import Iterator

import numpy as np

from tl_core.datasets.dataset import Dataset
from tl_core.datasets.findings import Mask, contents, found, marked, percent
from tl_core.files.excerpts import MAX_EXAMPLES, shorten
from tl_core.modality import NearGroups
from tl_core.schema import Finding
from tl_core.words import plural


def surplus(dataset: Dataset, near: NearGroups) -> Mask:
    """Return which examples nearly repeat one that is kept, ``(num_examples,)``.

    Of each group the first example is kept; where rows of the person's own test file belong to it, those and
    no other.
    """
    own_test = dataset.is_own_test()
    # Own test rows come first, so that the first of a group is one of them where there is any.
    order = np.concatenate([np.flatnonzero(own_test), np.flatnonzero(~own_test)])
    _, first = np.unique(near.group[order], return_index=True)
    is_surplus = np.ones(dataset.num_examples, dtype=bool)
    is_surplus[order[first]] = False
    return is_surplus & ~own_test


def near_duplicates(dataset: Dataset, near: NearGroups) -> Iterator[Finding]:
    """Find examples that nearly repeat another one."""
    mask = surplus(dataset, near)
    if mask.any():
        content = contents(dataset)[0]

        def preview(row: int) -> str:
            return shorten(dataset.content.preview([content[row].as_py()]))

        num_groups = len(np.unique(near.group[mask]))
        of_label = np.unique(np.column_stack([near.group, dataset.targets()]), axis=0)[:, 0]
        num_mixed = int((np.unique(of_label, return_counts=True)[1] > 1).sum())
        differ = f" The labels differ in {plural(num_mixed, 'group')}." if num_mixed else ""
        yield found(
            dataset,
            mask,
            code="near_duplicates",
            severity="warning",
            message=(
                f"{marked(dataset, mask, 'nearly repeats', 'nearly repeat')} another, in "
                f"{plural(num_groups, 'group')}.{differ}"
            ),
            remedy="Keep one of each group, or keep groups together in the split.",
            fix="keep_one_of_near_duplicates",
            examples=[
                f"{similarity:.2f}: {preview(one)} ≈ {preview(other)}"
                for one, other, similarity in near.pairs[:MAX_EXAMPLES]
            ],
        )


def near_duplicates_across(dataset: Dataset, is_train: Mask, near: NearGroups) -> Iterator[Finding]:
    """Find validation and test examples that nearly repeat one to train with.

    Parameters
    ----------
    is_train
        Which examples are trained with, ``(num_examples,)``; the others are validation and test.
    """
    mask, noun = ~is_train & np.isin(near.group, near.group[is_train]), dataset.content.noun
    if mask.any():
        share = float(mask.sum() / (~is_train).sum())
        yield found(
            dataset,
            mask,
            code="near_duplicates_across",
            severity="warning",
            message=(
                f"{mask.sum():,} of the {noun.many} for validation and test ({percent(share)}) nearly"
                f" {'repeats' if mask.sum() == 1 else 'repeat'} one in training. A model can know the"
                " answers by heart."
            ),
            remedy="Keep near duplicates together in the split, or keep one of each group.",
            fix="keep_one_of_near_duplicates",
        )
