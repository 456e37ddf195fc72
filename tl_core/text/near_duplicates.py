"""Near duplicates: texts that share most of their words, found by MinHash and confirmed exactly."""

import heapq
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from unicodedata import normalize

import numpy as np
import numpy.typing as npt
from datasketch import MinHash, sha1_hash32
from scipy.sparse import csr_array

from tl_core.datasets.dataset import Rows
from tl_core.errors import DataError
from tl_core.modality import NearGroups, Tick
from tl_core.splits.stratified import Groups, connect, group_sizes, number_by_appearance
from tl_core.text.scripts import WITHOUT_SPACES

MIN_WORDS = 5

# Whatever is no space and no punctuation: \w would cut words at the vowel signs of Indic scripts.
_WORD = re.compile(
    r"[^\s!-/:-@\[-`{-~\xa1-\xbf\u0964\u0965\u2010-\u2027\u2030-\u205e\u3001-\u3003\u3008-\u3020]+"
)
_SEPARATOR = "\n"


@dataclass(frozen=True, kw_only=True)
class WordSets:
    """The different word sets of some texts.

    Attributes
    ----------
    set_of
        Number of each text's set, ``(num_texts,)``. The numbers follow from what the sets hold alone.
    words
        Every different word; its place is its id.
    matrix
        1 where a set holds a word, ``(num_sets, num_words)``, ids ascending within a row.
    """

    set_of: npt.NDArray[np.int64]
    words: tuple[str, ...]
    matrix: csr_array

    @property
    def sizes(self) -> npt.NDArray[np.int64]:
        """Number of words of each set, ``(num_sets,)``."""
        sizes: npt.NDArray[np.int64] = np.diff(self.matrix.indptr).astype(np.int64)
        return sizes


def word_set(text: str) -> frozenset[str]:
    """Return what a text is compared by; never empty.

    The text is brought into NFKC without case. It stands for its different words: whatever lies between
    spaces and punctuation. With fewer than five of them, or in a script without spaces between words, it
    stands for the runs of three characters of its words, each behind a space; without any word, of all its
    characters. Words and runs are never equal.
    """
    plain = normalize("NFKC", text).casefold()
    words = _WORD.findall(plain)
    different = frozenset(words)
    if len(different) >= MIN_WORDS and not WITHOUT_SPACES.search(plain):
        return different
    line = " ".join(words or plain.split())
    return frozenset(f" {line[start : start + 3]}" for start in range(max(len(line) - 2, 1)))


def read_word_sets(texts: Sequence[str], advance: Callable[[float], None]) -> WordSets:
    """Find the word sets of texts; `advance` is told the share that is done."""
    keys: list[str] = []
    for number, text in enumerate(texts):
        if number % 1_000 == 0:
            advance(number / len(texts))
        keys.append(_SEPARATOR.join(sorted(word_set(text))))
    different = sorted(set(keys))
    number_of = {key: number for number, key in enumerate(different)}
    ids: dict[str, int] = {}
    words_of = [[ids.setdefault(word, len(ids)) for word in key.split(_SEPARATOR)] for key in different]
    ends = np.cumsum([0, *(len(words) for words in words_of)])
    indices = np.fromiter((word for words in words_of for word in words), np.int64, int(ends[-1]))
    matrix = csr_array((np.ones(len(indices), np.int8), indices, ends), shape=(len(words_of), len(ids)))
    matrix.sort_indices()
    return WordSets(
        set_of=np.fromiter((number_of[key] for key in keys), np.int64, len(keys)),
        words=tuple(ids),
        matrix=matrix,
    )


USUAL_THRESHOLD, LEAST_THRESHOLD = 0.8, 0.5
NUM_PERMUTATIONS, SEED = 128, 1
MIN_RECALL = 0.95
KEPT_PAIRS = 50

# An odd number without a pattern: 2**64 divided by the golden ratio.
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
# Within a bucket a set is compared with the 63 that follow it, the nearest first: nearly always all of them.
_REACHES = ((1, 2), (2, 4), (4, 8), (8, 16), (16, 32), (32, 64))
# Words of the sets that are compared at a time; some 50 MiB.
_WORDS_AT_A_TIME = 2_000_000


@dataclass(frozen=True)
class NearDuplicates(NearGroups):
    """Which texts are nearly the same.

    Groups are numbered by first appearance, and a text without a near duplicate is a group of its own; pairs
    are at most 50 confirmed ones, the least alike first, to judge the threshold by.

    Attributes
    ----------
    num_pairs_checked
        Number of exact comparisons.
    """

    num_pairs_checked: int = 0

    @property
    def num_groups(self) -> int:
        """Number of groups of two texts or more."""
        return int((group_sizes(self.group) > 1).sum())

    @property
    def largest_group(self) -> int:
        """Number of texts in the largest group."""
        return int(group_sizes(self.group).max(initial=0))


def find_groups(texts: Sequence[str], threshold: float, *, tick: Tick | None = None) -> NearDuplicates:
    """Group texts whose word sets are alike, and those that such texts connect.

    Two texts are near duplicates if the Jaccard similarity of their word sets (`word_sets.word_set`), the
    words in both over the words in either, reaches the threshold. Texts with equal sets are found at once.
    The others become candidates by MinHash [1]_: 128 permutations in bands of r values [2]_, with the largest
    r for which a pair at the threshold shares a band with a probability of at least 95% (98.5% at 0.8; a
    pair at 0.85: 99.8%). Every candidate is then compared exactly, so no pair below the threshold counts.
    Pairs are missed only there, and where more than 64 different sets share a band: each is then compared
    with the 63 on either side of it in the order of the next band, so that the work grows with the number of
    texts and not with its square.

    The groups do not depend on the order of the texts.

    Parameters
    ----------
    texts
        The texts.
    threshold
        Similarity from 0.5 to 1.
    tick
        Is told how much of how much is done; may raise to stop the search.

    Raises
    ------
    DataError
        If the threshold is out of range.

    References
    ----------
    .. [1] Broder, On the resemblance and containment of documents, 1997.
    .. [2] Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, section 3.4.
    """
    if not LEAST_THRESHOLD <= threshold <= 1:
        raise DataError(
            f"{threshold} cannot be the similarity of near duplicates.",
            f"Choose a number from {LEAST_THRESHOLD} to 1, such as {USUAL_THRESHOLD}.",
        )
    sets = read_word_sets(texts, _phase(0, len(texts), tick))
    search = _Search(sets, threshold)
    if threshold < 1:
        search.run(len(texts), tick)
    return NearDuplicates(
        group=number_by_appearance(search.group[sets.set_of]),
        pairs=_show(texts, sets.set_of, search.least_alike),
        num_pairs_checked=search.num_checked,
    )


def band_size(threshold: float) -> int:
    """Return how many values of a MinHash make a band: ``1 - (1 - threshold**r) ** (128 // r) >= 95%``."""
    return max(
        size
        for size in range(1, NUM_PERMUTATIONS + 1)
        if size == 1 or 1 - (1 - threshold**size) ** (NUM_PERMUTATIONS // size) >= MIN_RECALL
    )


class _Search:
    """The groups of word sets that are known so far."""

    def __init__(self, sets: WordSets, threshold: float) -> None:
        self.sets, self.sizes, self.threshold = sets, sets.sizes, threshold
        self.group: Groups = np.arange(len(self.sizes))
        self.least_alike: list[tuple[float, int, int]] = []
        self.num_checked = 0

    def run(self, num_texts: int, tick: Tick | None) -> None:
        """Compare all candidates."""
        keys = _band_keys(_sketch(self.sets, _phase(1, num_texts, tick)), band_size(self.threshold))
        advance = _phase(2, num_texts, tick)
        for band in range(len(keys)):
            for first, second in _neighbours(keys[band], keys[(band + 1) % len(keys)]):
                advance(band / len(keys))
                self._compare(first, second)

    def _compare(self, first: Rows, second: Rows) -> None:
        """Compare pairs unless they are in one group or their sizes alone keep them apart."""
        one, other = self.sizes[first], self.sizes[second]
        can_be_alike = np.minimum(one, other) >= self.threshold * np.maximum(one, other)
        worth = np.flatnonzero(can_be_alike & (self.group[first] != self.group[second]))
        slices = np.cumsum(one[worth] + other[worth]) // _WORDS_AT_A_TIME
        for part in np.split(worth, np.flatnonzero(np.diff(slices)) + 1):
            if len(part):
                self._confirm(first[part], second[part])

    def _confirm(self, first: Rows, second: Rows) -> None:
        matrix = self.sets.matrix
        num_common = np.diff(matrix[first].multiply(matrix[second]).indptr)
        similarity = num_common / (self.sizes[first] + self.sizes[second] - num_common)
        self.num_checked += len(first)
        alike = np.flatnonzero(similarity >= self.threshold)
        if not len(alike):
            return
        one, other = first[alike], second[alike]
        self.group = connect(len(self.group), self.group[one], self.group[other])[self.group]
        found = zip(similarity[alike].tolist(), one.tolist(), other.tolist(), strict=True)
        self.least_alike = heapq.nsmallest(KEPT_PAIRS, [*self.least_alike, *found])


def _sketch(sets: WordSets, advance: Callable[[float], None]) -> npt.NDArray[np.uint32]:
    """Return the MinHash of each set, ``(num_sets, 128)``."""
    hashes = [sha1_hash32(word.encode()) for word in sets.words]
    sketch = MinHash(num_perm=NUM_PERMUTATIONS, seed=SEED, hashfunc=hashes.__getitem__)
    values = np.empty((len(sets.sizes), NUM_PERMUTATIONS), np.uint32)
    words, ends = sets.matrix.indices.tolist(), sets.matrix.indptr.tolist()
    for number, (start, end) in enumerate(pairwise(ends)):
        if number % 1_000 == 0:
            advance(number / len(values))
        sketch.clear()
        sketch.update_batch(words[start:end])
        values[number] = sketch.hashvalues
    return values


def _band_keys(values: npt.NDArray[np.uint32], size: int) -> list[npt.NDArray[np.uint64]]:
    """Return one number per set for each band; by chance equal numbers only make a candidate more."""
    keys = []
    for start in range(0, NUM_PERMUTATIONS - size + 1, size):
        key = np.zeros(len(values), np.uint64)
        for column in range(start, start + size):
            key = key * _MULTIPLIER + values[:, column]
        keys.append(key)
    return keys


def _neighbours(key: npt.NDArray[np.uint64], next_key: npt.NDArray[np.uint64]) -> Iterator[tuple[Rows, Rows]]:
    """Give the pairs of sets that share a bucket, those that stand nearest to each other first."""
    order = np.lexsort((next_key, key))
    ordered = key[order]
    for near, far in _REACHES:
        steps = [(np.flatnonzero(ordered[:-step] == ordered[step:]), step) for step in range(near, far)]
        first = np.concatenate([places for places, _ in steps])
        if not len(first):
            return
        second = np.concatenate([places + step for places, step in steps])
        yield order[first], order[second]


def _show(
    texts: Sequence[str], set_of: Groups, least_alike: Sequence[tuple[float, int, int]]
) -> tuple[tuple[int, int, float], ...]:
    """Let the first text of each set, in the order of the alphabet, stand for it."""
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for row in sorted(range(len(texts)), key=texts.__getitem__):
        first.setdefault(int(set_of[row]), row)
        last[int(set_of[row])] = row
    pairs = [(first[one], first[other], similarity) for similarity, one, other in least_alike]
    pairs += [(row, last[number], 1.0) for number, row in first.items() if row != last[number]]
    return tuple((min(one, other), max(one, other), alike) for one, other, alike in pairs[:KEPT_PAIRS])


def _phase(number: int, num_texts: int, tick: Tick | None) -> Callable[[float], None]:
    """Return what turns the share that is done of one of the three phases into a tick."""

    def advance(share: float) -> None:
        if tick:
            tick(round((number + share) * num_texts), 3 * num_texts)

    return advance
