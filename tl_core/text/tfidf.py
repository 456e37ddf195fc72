"""TF-IDF of words and characters with logistic regression: the arm without a network that reads texts."""

import json
import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import chain, pairwise
from pathlib import Path
from typing import Self
from unicodedata import category, normalize

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.special import log_softmax
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from tl_core.errors import UserError
from tl_core.evaluation.metrics import log_loss
from tl_core.models.classical import NEVER_SEEN, Logits, Majority
from tl_core.models.facts import read_facts, write_facts
from tl_core.schema import TextSource
from tl_core.text.scripts import WITHOUT_SPACES
from tl_core.words import quoted

LONGEST_RUN = 3

# A word, a run of a script without spaces, a run of punctuation and symbols; by the kinds of its characters.
_PIECE = re.compile("[wm][wmj]*|c[cmj]*|[sf][sfmj]*")
# One character as a person sees it: with its marks, joined to others, or the two halves of a flag.
_CHARACTER = re.compile("ff|.(?:m|j.?)*")


class _Kinds(dict[int, str]):
    """The kind of a character, by its number, as `str.translate` asks for it.

    ``w`` part of a word, ``c`` of a script without spaces, ``s`` punctuation or symbol, ``f`` half of a flag,
    ``m`` mark or modifier of what stands before it, ``j`` joiner, and a space for what parts or is unseen.
    """

    def __missing__(self, code: int) -> str:
        self[code] = kind = _kind(chr(code))
        return kind


def _kind(character: str) -> str:
    if "\U0001f1e6" <= character <= "\U0001f1ff":
        return "f"
    if character in "\u200c\u200d":
        return "j"
    group = category(character)
    # Skin tones are symbols to Unicode, and the letters of a regional flag are format characters.
    if (
        group[0] == "M"
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or "\U000e0020" <= character <= "\U000e007f"
    ):
        return "m"
    if group in ("Cc", "Cf", "Cs") or group[0] == "Z":
        return " "
    if not character.isalnum() and character != "_":
        return "s"
    return "c" if WITHOUT_SPACES.match(character) else "w"


_KINDS = _Kinds()


def features_of(text: str) -> list[str]:
    """Return what stands for a text, each as often as it occurs.

    Words, and each two that follow one another, whatever stands between them. Of a script without spaces
    between words, and of punctuation and symbols, each run of one to three characters as a person sees them;
    one of several code points counts also as its first: a letter without marks, an emoji without skin tone.

    >>> features_of("So good :)")
    ['so', 'good', 'so good', ':', ')', ':)']
    """
    words, *others = _read(text)
    runs = [part for run in chain(*others) for part in _parts_of(run)]
    return [*words, *map(" ".join, pairwise(words)), *runs]


def units_of(text: str) -> list[str]:
    """Return the words and single characters of a text; punctuation and symbols only if it has no others.

    >>> units_of("So good :)"), units_of(":)")
    (['so', 'good'], [':', ')'])
    """
    words, characters, symbols = _read(text)
    return [*words, *chain(*characters)] or list(chain(*symbols))


def _read(text: str) -> tuple[list[str], list[list[str]], list[list[str]]]:
    """Divide a text into words, runs of characters without spaces between words, and runs of symbols."""
    plain = normalize("NFKC", text).casefold()
    kinds = plain.translate(_KINDS)
    words: list[str] = []
    characters: list[list[str]] = []
    symbols: list[list[str]] = []
    for piece in _PIECE.finditer(kinds):
        start, kind = piece.start(), piece[0][0]
        if kind in "wm":
            words.append(plain[start : piece.end()])
            continue
        places = (one.span() for one in _CHARACTER.finditer(piece[0]))
        run = [plain[start + first : start + last] for first, last in places]
        (characters if kind == "c" else symbols).append(run)
    return words, characters, symbols


def _parts_of(run: Sequence[str]) -> Iterator[str]:
    for length in range(1, LONGEST_RUN + 1):
        for start in range(len(run) - length + 1):
            yield "".join(run[start : start + length])
    yield from (character[0] for character in run if len(character) > 1)


STRENGTHS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
"""Inverse regularisation strengths C that the validation split chooses from."""
HARDLY_KNOWN_SHARE = 0.2
"""A text of whose words and characters no larger share is known from train is hardly known."""


class Analyzer(StrEnum):
    """What TF-IDF counts. ``words`` is what models of earlier versions counted; they do not name it."""

    WORDS = "words"
    BY_SCRIPT = "by_script"


class Tfidf:
    """TF-IDF of words and characters (`features.features_of`), and logistic regression on it."""

    def __init__(
        self,
        vectorizer: TfidfVectorizer,
        regression: LogisticRegression,
        num_labels: int,
        analyzer: Analyzer = Analyzer.BY_SCRIPT,
    ) -> None:
        self.vectorizer = vectorizer
        self.regression = regression
        self.num_labels = num_labels
        self.analyzer = analyzer

    @classmethod
    def fit(
        cls,
        texts: Sequence[str],
        targets: NDArray[np.integer],
        validation_texts: Sequence[str],
        validation_targets: NDArray[np.integer],
        num_labels: int,
        weights: NDArray[np.float64] | None = None,
    ) -> Self:
        """Fit one regression per strength and keep the one with the least log loss on validation.

        A class without a train example gets the probability of `NEVER_SEEN`. ``weights`` of mean 1 say how
        much each train example's loss counts; words are counted alike. Where the train texts have no
        features, or are all of one class, nothing can be fitted and the answer is that of `Majority`.
        """
        vectorizer = _vectorizer(Analyzer.BY_SCRIPT)
        if any(map(features_of, texts)):
            train = vectorizer.fit_transform(texts)
        else:
            vectorizer.vocabulary_ = {}
        if not vectorizer.vocabulary_ or len(np.unique(targets)) == 1:
            prior = Majority.fit(targets, num_labels, weights).log_prior
            no_coef = np.zeros((num_labels, len(vectorizer.vocabulary_)))
            return cls(
                vectorizer, _regression(no_coef, prior, np.arange(num_labels), STRENGTHS[0]), num_labels
            )
        fits = [LogisticRegression(C=c, max_iter=2000).fit(train, targets, weights) for c in STRENGTHS]
        candidates = [cls(vectorizer, regression, num_labels) for regression in fits]
        losses = [
            log_loss(validation_targets, candidate.logits(validation_texts)) for candidate in candidates
        ]
        return candidates[int(np.argmin(losses))]

    @property
    def num_parameters(self) -> int:
        """Coefficients and intercepts."""
        return int(self.regression.coef_.size + self.regression.intercept_.size)

    def logits(self, texts: Sequence[str]) -> Logits:
        """Give log-probabilities ``(num_examples, num_labels)``, finite however sure the regression is."""
        scores = self._features(texts) @ self.regression.coef_.T + self.regression.intercept_
        if scores.shape[1] == 1:  # two classes have one column: the log-odds of the second
            scores = np.column_stack([np.zeros_like(scores), scores])
        logits = np.full((len(texts), self.num_labels), NEVER_SEEN, dtype=np.float32)
        logits[:, self.regression.classes_] = log_softmax(scores, axis=1)
        return logits

    def _features(self, texts: Sequence[str]) -> csr_array:
        if not self.vectorizer.vocabulary_:
            return csr_array((len(texts), 0))
        return csr_array(self.vectorizer.transform(texts))

    def hardly_known(self, texts: Sequence[str]) -> float:
        """Return the share of texts, 0 to 1, of whose words and characters at most a fifth is known.

        Punctuation and symbols count only in texts of nothing else: a full stop is known in any language.
        """
        known = self.vectorizer.vocabulary_.keys()
        units = [set(units_of(text)) for text in texts]
        return float(np.mean([len(one & known) <= HARDLY_KNOWN_SHARE * len(one) for one in units]))

    def save(self, folder: Path, labels: tuple[str, ...], texts: TextSource | None = None) -> None:
        """Write vocabulary and coefficients as JSON and NumPy arrays."""
        folder.mkdir(parents=True, exist_ok=True)
        vocabulary = {word: int(index) for word, index in self.vectorizer.vocabulary_.items()}
        (folder / "vocabulary.json").write_text(json.dumps(vocabulary), encoding="utf-8")
        np.savez(
            folder / "tfidf.npz",
            idf=self.vectorizer.idf_ if vocabulary else np.empty(0),
            coef=self.regression.coef_,
            intercept=self.regression.intercept_,
            classes=self.regression.classes_,
            C=self.regression.C,
        )
        write_facts(folder, "tfidf", labels, texts, analyzer=self.analyzer.value)

    @classmethod
    def load(cls, folder: Path, num_labels: int) -> Self:
        """Read what `save` wrote, in this version or an earlier one.

        Raises
        ------
        UserError
            If it counts something that only a later version knows.
        """
        name = read_facts(folder).get("analyzer", Analyzer.WORDS)
        if name not in set(Analyzer):
            raise UserError(
                f"The TF-IDF in {quoted(folder.name)} counts {quoted(name)}, not {' or '.join(Analyzer)}.",
                "Load it with the version of the dashboard that made it, or a later one.",
            )
        with (folder / "tfidf.npz").open("rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays = dict(stored)
        vocabulary = json.loads((folder / "vocabulary.json").read_text(encoding="utf-8"))
        vectorizer = _vectorizer(Analyzer(name))
        vectorizer.vocabulary_ = vocabulary
        if vocabulary:
            vectorizer.idf_ = arrays["idf"]
        regression = _regression(arrays["coef"], arrays["intercept"], arrays["classes"], float(arrays["C"]))
        return cls(vectorizer, regression, num_labels, Analyzer(name))


def _vectorizer(analyzer: Analyzer) -> TfidfVectorizer:
    """Make a vectorizer; the words of earlier versions were of any length, unlike scikit-learn's."""
    if analyzer is Analyzer.BY_SCRIPT:
        return TfidfVectorizer(analyzer=features_of, sublinear_tf=True)
    return TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"(?u)\b\w+\b")  # noqa: S106


def _regression(
    coef: NDArray[np.float64], intercept: NDArray[np.floating], classes: NDArray[np.integer], strength: float
) -> LogisticRegression:
    regression = LogisticRegression(C=strength)
    regression.coef_, regression.intercept_, regression.classes_ = coef, intercept, classes
    return regression
