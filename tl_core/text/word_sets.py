"""Texts as sets of words, which is how two texts are compared for likeness."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from tl_core.files.plain_form import plain_form
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
    plain = plain_form(text)
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
    return WordSets(
        set_of=np.fromiter((number_of[key] for key in keys), np.int64, len(keys)),
        words=tuple(ids),
        matrix=_matrix(words_of, len(ids)),
    )


def _matrix(words_of: Sequence[Sequence[int]], num_words: int) -> csr_array:
    ends = np.cumsum([0, *(len(words) for words in words_of)])
    indices = np.fromiter((word for words in words_of for word in words), np.int64, int(ends[-1]))
    matrix = csr_array((np.ones(len(indices), np.int8), indices, ends), shape=(len(words_of), num_words))
    matrix.sort_indices()
    return matrix
