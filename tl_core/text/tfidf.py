"""TF-IDF of words and characters with logistic regression: the arm without a network that reads texts."""

import json
import re
from collections.abc import Iterator, KeysView, Sequence
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

from tl_core.datasets.weighting import balanced_weights
from tl_core.errors import UserError
from tl_core.evaluation.choosing import best_on_validation
from tl_core.evaluation.metrics import evaluate
from tl_core.models.classical import NEVER_SEEN, Logits, Majority
from tl_core.models.facts import read_facts, write_facts
from tl_core.schema import Metric, TextSource
from tl_core.text.scripts import WITHOUT_SPACES
from tl_core.words import quoted

LONGEST_RUN = 3
NGRAM_LENGTHS = (2, 3, 4)
"""Characters of an n-gram of a word, its ends counted as one each."""
NGRAM_MARK = "\x01"
"""Stands before an n-gram, lest it be taken for a word: control characters of a text are never counted."""

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


class Analyzer(StrEnum):
    """What TF-IDF counts in a text, each as often as it occurs.

    Of a script without spaces between words all but ``words`` count each run of one to three characters as a
    person sees them; one of several code points counts also as its first: a letter without marks, an emoji
    without skin tone. Beside these, ``plain_words`` counts words, and each two that follow one another,
    whatever stands between them; ``by_script`` these, and each run of one to three characters of punctuation
    and symbols; ``characters`` such runs, and of each word with its ends the n-grams of two to four
    characters; ``both`` all of them. ``words`` is what models of earlier versions counted, which do not name
    it.

    >>> Analyzer.BY_SCRIPT.features_of("So good :)")
    ['so', 'good', 'so good', ':', ')', ':)']
    """

    WORDS = "words"
    PLAIN_WORDS = "plain_words"
    BY_SCRIPT = "by_script"
    CHARACTERS = "characters"
    BOTH = "both"

    def features_of(self, text: str) -> list[str]:
        """Return what stands for a text."""
        words, characters, symbols = _read(text)
        found = [part for run in characters for part in _parts_of(run)]
        if self is not Analyzer.PLAIN_WORDS:
            found += [part for run in symbols for part in _parts_of(run)]
        if self is not Analyzer.BY_SCRIPT and self is not Analyzer.PLAIN_WORDS:
            found += [gram for word in words for gram in _ngrams_of(word)]
        if self is Analyzer.CHARACTERS:
            return found
        return [*words, *map(" ".join, pairwise(words)), *found]


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


def _ngrams_of(word: str) -> Iterator[str]:
    whole = f" {word} "
    for length in NGRAM_LENGTHS:
        for start in range(len(whole) - length + 1):
            yield NGRAM_MARK + whole[start : start + length]


ANALYZERS = (Analyzer.BY_SCRIPT, Analyzer.PLAIN_WORDS, Analyzer.CHARACTERS, Analyzer.BOTH)
BALANCES = (False, True)
"""Whether classes count as they are, or all the same."""
STRENGTHS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
"""Inverse regularisation strengths C. Every one is tried with what did best at `FIRST_STRENGTHS`."""
FIRST_STRENGTHS = (1.0, 10.0)
SEARCHED_ON = 2_000
"""Train examples on which what is counted is chosen, if there are more; the strength is chosen on all."""
HARDLY_KNOWN_SHARE = 0.2
"""A text of whose words and characters no larger share is known from train is hardly known."""


class Tfidf:
    """TF-IDF of words and characters (`Analyzer`), and logistic regression on it."""

    def __init__(
        self,
        vectorizer: TfidfVectorizer,
        regression: LogisticRegression,
        num_labels: int,
        analyzer: Analyzer,
        *,
        is_balanced: bool = False,
    ) -> None:
        self.vectorizer = vectorizer
        self.regression = regression
        self.num_labels = num_labels
        self.analyzer = analyzer
        self.is_balanced = is_balanced

    @classmethod
    def fit(
        cls,
        texts: Sequence[str],
        targets: NDArray[np.integer],
        validation_texts: Sequence[str],
        validation_targets: NDArray[np.integer],
        num_labels: int,
        weights: NDArray[np.float64] | None = None,
        metric: Metric = Metric.ACCURACY,
    ) -> Self:
        """Fit regressions and keep the best one on validation by the metric (`_best_of`).

        Every one of `ANALYZERS` is tried with classes as they are and balanced, at `FIRST_STRENGTHS`; then
        what did best at all `STRENGTHS`.

        A class without a train example gets the probability of `NEVER_SEEN`. ``weights`` of mean 1 say how
        much each train example's loss counts; words are counted alike. Where the train texts have no
        features, or are all of one class, nothing can be fitted and the answer is that of `Majority`.
        """
        if len(np.unique(targets)) == 1 or not any(map(Analyzer.BY_SCRIPT.features_of, texts)):
            vectorizer = _vectorizer(Analyzer.BY_SCRIPT)
            vectorizer.vocabulary_ = {}
            prior = Majority.fit(targets, num_labels, weights).log_prior
            regression = _regression(np.zeros((num_labels, 0)), prior, np.arange(num_labels), STRENGTHS[0])
            return cls(vectorizer, regression, num_labels, Analyzer.BY_SCRIPT)

        def best_of(candidates: Sequence[Self]) -> Self:
            found = [
                evaluate(np.asarray(validation_targets), one.logits(validation_texts)) for one in candidates
            ]
            return candidates[best_on_validation(found, metric)]

        some = _some(targets)
        few = [texts[place] for place in some], targets[some], None if weights is None else weights[some]
        tried: list[Self] = []
        for analyzer in ANALYZERS:
            vectorizer = _vectorizer(analyzer)
            if not any(map(analyzer.features_of, few[0])):
                continue
            features = vectorizer.fit_transform(few[0])
            for is_balanced in BALANCES:
                tried += [
                    cls(vectorizer, one, num_labels, analyzer, is_balanced=is_balanced)
                    for one in _fits(features, *few[1:], FIRST_STRENGTHS, is_balanced=is_balanced)
                ]
        chosen = best_of(tried)
        analyzer, is_balanced = chosen.analyzer, chosen.is_balanced
        vectorizer = _vectorizer(analyzer)
        fits = _fits(vectorizer.fit_transform(texts), targets, weights, STRENGTHS, is_balanced=is_balanced)
        candidates = [cls(vectorizer, one, num_labels, analyzer, is_balanced=is_balanced) for one in fits]
        return best_of(candidates)

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
        shares = [_share_known(set(units_of(text)), known) for text in texts]
        return float(np.mean([share <= HARDLY_KNOWN_SHARE for share in shares]))

    def save(self, folder: Path, labels: tuple[str, ...], texts: TextSource | None = None) -> None:
        """Write vocabulary and coefficients as JSON and NumPy arrays."""
        folder.mkdir(parents=True, exist_ok=True)
        vocabulary = {word: int(index) for word, index in self.vectorizer.vocabulary_.items()}
        (folder / "vocabulary.json").write_text(json.dumps(vocabulary), encoding="utf-8")
        np.savez_compressed(
            folder / "tfidf.npz",
            idf=self.vectorizer.idf_ if vocabulary else np.empty(0),
            coef=self.regression.coef_,
            intercept=self.regression.intercept_,
            classes=self.regression.classes_,
            C=self.regression.C,
        )
        write_facts(
            folder, "tfidf", labels, texts, analyzer=self.analyzer.value, is_balanced=self.is_balanced
        )

    @classmethod
    def load(cls, folder: Path, num_labels: int) -> Self:
        """Read what `save` wrote, in this version or an earlier one.

        Raises
        ------
        UserError
            If it counts something that only a later version knows.
        """
        facts = read_facts(folder)
        name = facts.get("analyzer", Analyzer.WORDS)
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
        is_balanced = facts.get("is_balanced") is True
        return cls(vectorizer, regression, num_labels, Analyzer(name), is_balanced=is_balanced)


def _some(targets: NDArray[np.integer]) -> NDArray[np.int64]:
    """Pick at most `SEARCHED_ON` train examples, evenly over those of each class."""
    by_class = np.argsort(targets, kind="stable")
    places = np.linspace(0, len(targets) - 1, min(len(targets), SEARCHED_ON)).round().astype(np.int64)
    return np.sort(by_class[places])


def _fits(
    features: csr_array,
    targets: NDArray[np.integer],
    weights: NDArray[np.float64] | None,
    strengths: Sequence[float],
    *,
    is_balanced: bool,
) -> Iterator[LogisticRegression]:
    """Fit a regression at each strength; balanced, all classes weigh the same."""
    if is_balanced:
        weights = balanced_weights(targets, weights)
    for strength in strengths:
        yield LogisticRegression(C=strength, max_iter=2000).fit(features, targets, weights)


def _share_known(units: set[str], known: KeysView[str]) -> float:
    """Return how large a share of a text's words and characters is known; a word also by its n-grams."""
    if not units:
        return 0.0
    return sum(_is_known(unit, known) for unit in units) / len(units)


def _is_known(unit: str, known: KeysView[str]) -> bool:
    return unit in known or all(gram in known for gram in _ngrams_of(unit))


def _vectorizer(analyzer: Analyzer) -> TfidfVectorizer:
    """Make a vectorizer; the words of earlier versions were of any length, unlike scikit-learn's."""
    if analyzer is not Analyzer.WORDS:
        return TfidfVectorizer(analyzer=analyzer.features_of, sublinear_tf=True)
    return TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"(?u)\b\w+\b")  # noqa: S106


def _regression(
    coef: NDArray[np.float64], intercept: NDArray[np.floating], classes: NDArray[np.integer], strength: float
) -> LogisticRegression:
    regression = LogisticRegression(C=strength)
    regression.coef_, regression.intercept_, regression.classes_ = coef, intercept, classes
    return regression
