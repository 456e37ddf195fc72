"""Every check of a dataset: the exact ones on all of it, the slow ones on a stated sample of a large one."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from tl_core.datasets.dataset import Dataset
from tl_core.doctor.expected_interval import expected_interval
from tl_core.doctor.label_typos import label_typos
from tl_core.doctor.near_duplicates import NearGroups, near_duplicates, near_duplicates_across
from tl_core.doctor.rare_classes import rare_classes
from tl_core.schema import Finding
from tl_core.splits.splitting import Rows, Split
from tl_core.text.checks.boilerplate import boilerplate
from tl_core.text.checks.content import id_like_text, near_empty
from tl_core.text.checks.languages import Tick, languages
from tl_core.text.checks.leaks import label_in_text
from tl_core.text.checks.markup import html, urls
from tl_core.text.checks.personal_data import personal_data
from tl_core.text.checks.too_long import too_long

MAX_SLOW = 100_000
MAX_LENGTH = 128


def examine(
    dataset: Dataset,
    split: Split | None = None,
    *,
    max_length: int = MAX_LENGTH,
    token_lengths: npt.NDArray[np.integer] | None = None,
    near: NearGroups | None = None,
    sample: Rows | None = None,
    known_languages: tuple[str, ...] | None = None,
) -> tuple[Finding, ...]:
    """Return what is noticed about a dataset, beyond what was set aside when it was made.

    Parameters
    ----------
    dataset
        What to examine.
    split
        Its split; the usual shares stand in for None.
    max_length
        Tokens that the base model keeps of each text.
    token_lengths
        Tokens of the texts in `sample`, without a limit; None leaves lengths out.
    near
        Near duplicates among the texts in `sample`; None leaves them out.
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
            token_lengths=token_lengths,
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
    yield from near_empty(dataset)
    yield from id_like_text(dataset)
    yield from html(dataset)
    yield from urls(dataset)
    yield from personal_data(dataset)


def examine_sample(
    dataset: Dataset,
    split: Split | None = None,
    *,
    max_length: int = MAX_LENGTH,
    token_lengths: npt.NDArray[np.integer] | None = None,
    near: NearGroups | None = None,
    sample: Rows | None = None,
    known_languages: tuple[str, ...] | None = None,
    tick: Tick | None = None,
) -> Iterator[Finding]:
    """Yield the findings of the slow checks, one after another; parameters as for `examine`.

    ``tick`` is told how many of how many texts' languages are known; it may raise to stop.
    """
    seen = dataset if sample is None else dataset.take(sample)
    findings = _slow(seen, max_length, token_lengths, near, known_languages, tick)
    yield from (_told_of_sample(finding, seen, dataset) for finding in findings)
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


def _slow(
    dataset: Dataset,
    max_length: int,
    token_lengths: npt.NDArray[np.integer] | None,
    near: NearGroups | None,
    known_languages: tuple[str, ...] | None,
    tick: Tick | None,
) -> Iterator[Finding]:
    yield from label_in_text(dataset)
    yield from boilerplate(dataset)
    if token_lengths is not None:
        yield from too_long(dataset, token_lengths, max_length)
    yield from languages(dataset, known_languages, tick)
    if near is not None:
        yield from near_duplicates(dataset, near)


def _told_of_sample(finding: Finding, seen: Dataset, dataset: Dataset) -> Finding:
    """Say in a finding's own sentence that a sample was seen; a fix would have to know the rest."""
    if seen is dataset:
        return finding
    sample = f"In a random sample of {seen.num_examples:,} of the {dataset.num_examples:,} examples"
    return finding.model_copy(update={"message": f"{sample}: {finding.message}", "fix": ""})
