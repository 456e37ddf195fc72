"""Every check of a dataset: the exact ones on all of it, the slow ones on a stated sample of a large one."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from tl_core.datasets.dataset import Dataset, Rows
from tl_core.doctor.label_typos import label_typos
from tl_core.doctor.near_duplicates import near_duplicates, near_duplicates_across
from tl_core.doctor.sizes import expected_interval, rare_classes
from tl_core.modality import NearGroups, Tick
from tl_core.schema import Finding
from tl_core.splits.splitting import Split

MAX_SLOW = 100_000
MAX_LENGTH = 128


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a modality's slow checks look at.

    Attributes
    ----------
    dataset
        The examples, or a sample of them.
    max_length
        Units, tokens of a text, that the base model keeps of each example.
    lengths
        Units of each example without a limit, ``(num_examples,)``; None where they were not counted.
    known_languages
        Languages (ISO 639) that the base model was pretrained on; None if that is not stated.
    tick
        Is told how many of how many examples a check has looked at; may raise to stop.
    """

    dataset: Dataset
    max_length: int = MAX_LENGTH
    lengths: npt.NDArray[np.integer] | None = None
    known_languages: tuple[str, ...] | None = None
    tick: Tick | None = None


def examine(
    dataset: Dataset,
    split: Split | None = None,
    *,
    max_length: int = MAX_LENGTH,
    lengths: npt.NDArray[np.integer] | None = None,
    near: NearGroups | None = None,
    sample: Rows | None = None,
    known_languages: tuple[str, ...] | None = None,
) -> tuple[Finding, ...]:
    """Return what is noticed about a dataset, beyond what was left out when it was made.

    Parameters
    ----------
    dataset
        What to examine.
    split
        Its split; the usual shares stand in for None.
    max_length
        Units, tokens of a text, that the base model keeps of each example.
    lengths
        Units of the examples in `sample`, without a limit; None leaves lengths out.
    near
        Near duplicates among the examples in `sample`; None leaves them out.
    sample
        Rows that the slow checks look at (`draw_sample`); None stands for all.
    known_languages
        Languages (ISO 639) that the base model was pretrained on; None if that is not stated.
    """
    return (
        *examine_all(dataset, split),
        *examine_sample(
            dataset,
            split,
            max_length=max_length,
            lengths=lengths,
            near=near,
            sample=sample,
            known_languages=known_languages,
        ),
    )


def examine_all(dataset: Dataset, split: Split | None = None) -> Iterator[Finding]:
    """Yield the findings of the checks that are fast enough for every example."""
    yield from expected_interval(dataset, split)
    yield from rare_classes(dataset, split)
    yield from label_typos(dataset)
    yield from dataset.content.checks(dataset)


def examine_sample(
    dataset: Dataset,
    split: Split | None = None,
    *,
    max_length: int = MAX_LENGTH,
    lengths: npt.NDArray[np.integer] | None = None,
    near: NearGroups | None = None,
    sample: Rows | None = None,
    known_languages: tuple[str, ...] | None = None,
    tick: Tick | None = None,
) -> Iterator[Finding]:
    """Yield the findings of the slow checks, one after another; parameters as for `examine`.

    ``tick`` is told how many of how many examples a check has looked at; it may raise to stop.
    """
    seen = dataset if sample is None else dataset.take(sample)
    findings = seen.content.slow_checks(
        Seen(
            dataset=seen,
            max_length=max_length,
            lengths=lengths,
            known_languages=known_languages,
            tick=tick,
        )
    )
    yield from (_told_of_sample(finding, seen, dataset) for finding in findings)
    if near is not None:
        yield from (_told_of_sample(finding, seen, dataset) for finding in near_duplicates(seen, near))
    if near is not None and split is not None:
        is_train = np.zeros(dataset.num_examples, dtype=bool)
        is_train[split.train] = True
        across = near_duplicates_across(seen, is_train if sample is None else is_train[sample], near)
        yield from (_told_of_sample(finding, seen, dataset) for finding in across)


def draw_sample(dataset: Dataset, size: int = MAX_SLOW) -> Rows | None:
    """Return the rows of a random sample, ascending; None if the dataset is no larger than that.

    The examples with the smallest ids are drawn: ids are hashes of the texts, so that the draw is as good as
    random and always the same.
    """
    if dataset.num_examples <= size:
        return None
    rows = pc.select_k_unstable(dataset.table.select(["example_id"]), size, [("example_id", "ascending")])
    return np.sort(rows.to_numpy().astype(np.int64))


def _told_of_sample(finding: Finding, seen: Dataset, dataset: Dataset) -> Finding:
    """Say in a finding's own sentence that a sample was seen; a fix would have to know the rest."""
    if seen is dataset:
        return finding
    sample = f"In a random sample of {seen.num_examples:,} of {dataset.num_examples:,} examples"
    return finding.model_copy(update={"message": f"{sample}: {finding.message}", "fix": ""})
