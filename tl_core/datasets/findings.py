"""How findings are put together: counts, shares, lengths and a few literal examples."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tl_core.datasets.dataset import Dataset
from tl_core.datasets.selection import content_columns
from tl_core.files.excerpts import MAX_EXAMPLES, shorten
from tl_core.schema import Finding
from tl_core.words import plural

NOTABLE_SHARE = 0.1
"""A tenth of the texts moves an accuracy by points; what touches fewer is worth knowing and no more."""

Mask = npt.NDArray[np.bool_]
Severity = Literal["info", "warning"]


def contents(dataset: Dataset) -> list[pa.ChunkedArray]:
    """Return the columns of what the examples are: of texts one, or two for pairs."""
    return [dataset.table[name] for name in content_columns(dataset.table)]


def matches(dataset: Dataset, pattern: str) -> Mask:
    """Return which examples have a text in which a pattern (RE2) is found, ``(num_examples,)``."""
    found = [pc.match_substring_regex(column, pattern).to_numpy() for column in contents(dataset)]
    mask: Mask = np.logical_or.reduce(found)
    return mask


def severity_of(share: float) -> Severity:
    """Return ``warning`` from a tenth of the texts on, ``info`` below."""
    return "warning" if share >= NOTABLE_SHARE else "info"


def percent(share: float) -> str:
    """Write a share with two significant digits below 10%, else none after the point.

    >>> percent(0.0123), percent(0.5)
    ('1.2%', '50%')
    """
    return f"{100 * share:.0f}%" if share >= 0.1 else f"{100 * share:.2g}%"


def marked(dataset: Dataset, mask: Mask, one: str, many: str) -> str:
    """Begin a sentence with how many examples are marked: ``7 texts (1.7%) contain HTML``.

    Parameters
    ----------
    one, many
        The verb, and what follows it, for one example and for several.
    """
    count, noun = int(mask.sum()), dataset.content.noun
    share = percent(mask.mean())
    return f"{plural(count, noun.one, noun.many)} ({share}) {one if count == 1 else many}"


def _first_previews(dataset: Dataset, mask: Mask) -> list[str]:
    """Return the first five marked examples as they are shown, in full length."""
    rows = np.flatnonzero(mask)[:MAX_EXAMPLES]
    columns = [column.take(rows).to_pylist() for column in contents(dataset)]
    return [dataset.content.preview(parts) for parts in zip(*columns, strict=True)]


def excerpts(dataset: Dataset, mask: Mask, pattern: re.Pattern[str]) -> list[str]:
    """Return the first five marked examples, each shortened to where a pattern is found."""
    places = [(text, pattern.search(text)) for text in _first_previews(dataset, mask)]
    return [shorten(text, place.start() if place else 0) for text, place in places]


def found(
    dataset: Dataset,
    mask: Mask,
    *,
    code: str,
    severity: Severity,
    message: str,
    remedy: str,
    fix: str = "",
    examples: Sequence[str] | None = None,
) -> Finding:
    """Make the finding about the marked examples.

    A fix never touches the person's own test file: the message says how many of its rows are concerned,
    and no fix is offered if there are no others.

    Parameters
    ----------
    mask
        At least one marked example, ``(num_examples,)``.
    examples
        At most five of them, to show; the beginnings of the first texts if None.
    """
    num_own = int((mask & dataset.is_own_test()).sum())
    if fix and num_own:
        message += f" No fix changes your own test file, which has {num_own:,} of them."
    if examples is None:
        examples = [shorten(text) for text in _first_previews(dataset, mask)]
    count = int(mask.sum())
    return Finding(
        code=code,
        severity=severity,
        message=message,
        count=count,
        examples=tuple(examples),
        remedy=remedy,
        fix=fix if num_own < count else "",
    )


@dataclass(frozen=True, kw_only=True)
class LengthSummary:
    """How long examples are (texts in tokens), against the most that a model reads.

    Attributes
    ----------
    p50, p95, longest
        Median, 95th percentile and maximum.
    num_cut
        Examples that are longer than the limit.
    cut_texts, cut_tokens
        Shares, in [0, 1], of the examples that are longer than the limit and of all units beyond it.
    """

    p50: float
    p95: float
    longest: int
    num_cut: int
    cut_texts: float
    cut_tokens: float


def length_summary(lengths: npt.NDArray[np.integer], max_length: int) -> LengthSummary:
    """Summarise the lengths of examples.

    Parameters
    ----------
    lengths
        Units of each example, ``(num_examples,)``, at least one.
    max_length
        Units kept of each example.
    """
    num_units = int(lengths.sum())
    num_beyond = int(np.maximum(lengths - max_length, 0).sum())
    return LengthSummary(
        p50=float(np.percentile(lengths, 50)),
        p95=float(np.percentile(lengths, 95)),
        longest=int(lengths.max()),
        num_cut=int((lengths > max_length).sum()),
        cut_texts=float(np.mean(lengths > max_length)),
        cut_tokens=num_beyond / num_units if num_units else 0.0,
    )
