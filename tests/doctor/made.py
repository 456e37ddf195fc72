"""Small datasets for the doctor's tests."""

from collections.abc import Iterable, Sequence

from tests.files.tables import CHOICE, table
from tl_core.datasets.dataset import Dataset, build_dataset
from tl_core.schema import Finding

WORDS = [f"{first}{vowel}{last}" for first in "bdfgklmnprst" for vowel in "aeiou" for last in "lmnrst"]


def plain(i: int) -> str:
    """Return a text like no other, in which nothing is to be found."""
    return " ".join(WORDS[(i // len(WORDS) ** place + 7 * place) % len(WORDS)] for place in range(4))


def of_texts(texts: Sequence[str], *, num_plain: int = 40, test: Sequence[tuple[str, str]] = ()) -> Dataset:
    """Return a dataset of some texts, labels x and y by turns, with so many plain ones behind."""
    rows = [*texts, *(plain(i) for i in range(num_plain))]
    return of_rows([(text, "xy"[i % 2]) for i, text in enumerate(rows)], test=test)


def of_rows(rows: Sequence[tuple[str, str]], *, test: Sequence[tuple[str, str]] = ()) -> Dataset:
    """Return a dataset of texts and labels, with an own test file if there are rows for it."""
    texts, labels = zip(*rows, strict=True)
    own = None
    if test:
        own_texts, own_labels = zip(*test, strict=True)
        own = table(text=own_texts, label=own_labels)
    return build_dataset(table(text=texts, label=labels), name="made", choice=CHOICE, test=own)


def of_classes(counts: dict[str, int], *, test: dict[str, int] | None = None) -> Dataset:
    """Return a dataset with so many plain texts of each label."""
    labels = [label for label, count in counts.items() for _ in range(count)]
    own = [label for label, count in (test or {}).items() for _ in range(count)]
    return of_rows(
        [(plain(i), label) for i, label in enumerate(labels)],
        test=[(plain(100_000 + i), label) for i, label in enumerate(own)],
    )


def only(findings: Iterable[Finding]) -> Finding | None:
    """Return the finding of a check that makes one at most."""
    listed = list(findings)
    assert len(listed) <= 1
    return listed[0] if listed else None


def count(findings: Iterable[Finding]) -> int:
    """Return the count of the only finding, 0 if there is none."""
    finding = only(findings)
    return finding.count if finding else 0
