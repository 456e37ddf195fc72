"""Which languages the texts are in."""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from tl_core.datasets.dataset import Dataset
from tl_core.datasets.findings import contents, found, percent
from tl_core.files.excerpts import MAX_EXAMPLES, shorten
from tl_core.modality import Tick
from tl_core.schema import Finding

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

UNDECIDED = ""
MIN_LETTERS = 30
MIN_CONFIDENCE = 0.7
MIN_SHARE = 0.02
MIN_TEXTS = 5
_READ_CHARS = 300
_TEXTS_A_TICK = 250


def detect_languages(texts: Sequence[str], tick: Tick | None = None) -> list[str]:
    """Return the language of each text (ISO 639), or an empty string where that is unsure.

    Texts with fewer than 30 letters are left undecided, and so is whatever gets a confidence below 0.7:
    py3langid (Lui and Baldwin, langid.py, ACL 2012) needs a sentence to tell neighbouring languages apart.
    On eight labelled sets in English, German and Turkish it then decides 85 to 99% of the longer texts and
    errs on less than 1% of these, which `MIN_SHARE` lies above.

    ``tick`` is told now and then how many of how many texts are done; it may raise to stop.
    """
    found = []
    for number, text in enumerate(texts):
        if tick and number % _TEXTS_A_TICK == 0:
            tick(number, len(texts))
        found.append(_language(text[:_READ_CHARS]))
    return found


def languages(dataset: Dataset, known: tuple[str, ...] | None, tick: Tick | None = None) -> Iterator[Finding]:
    """Find texts in other languages than most, or in languages that the base model does not know.

    Parameters
    ----------
    known
        Languages of the base model (ISO 639); None if they are not stated.
    tick
        As for `detect_languages`.
    """
    detected = detect_languages(contents(dataset)[0].to_pylist(), tick)
    counts = Counter(language for language in detected if language)
    num_decided = counts.total()
    frequent = [
        language
        for language, count in counts.most_common()
        if count >= max(MIN_TEXTS, MIN_SHARE * num_decided)
    ]
    shares = ", ".join(f"{language} {percent(counts[language] / num_decided)}" for language in frequent)
    sure = f"(of the {num_decided:,} texts long enough to tell)"
    unknown = [language for language in frequent if known is not None and language not in known]
    if unknown:
        yield _of_languages(
            dataset,
            detected,
            unknown,
            code="unknown_language",
            message=f"The base model does not know {', '.join(unknown)}. The texts are in: {shares} {sure}.",
            remedy="Choose a base model that was pretrained on these languages.",
        )
    if len(frequent) > 1:
        yield _of_languages(
            dataset,
            detected,
            frequent[1:],
            code="several_languages",
            message=f"The texts are in {len(frequent)} languages: {shares} {sure}.",
            remedy="Choose a base model that knows all of them, and check that no label stands for a"
            " language.",
        )


def _of_languages(
    dataset: Dataset,
    detected: Sequence[str],
    languages: Sequence[str],
    *,
    code: str,
    message: str,
    remedy: str,
) -> Finding:
    mask = np.isin(detected, languages)
    rows = np.flatnonzero(mask)[:MAX_EXAMPLES].tolist()
    texts = contents(dataset)[0].take(rows).to_pylist()
    return found(
        dataset,
        mask,
        code=code,
        severity="warning",
        message=message,
        remedy=remedy,
        examples=[f"{detected[row]}: {shorten(text)}" for row, text in zip(rows, texts, strict=True)],
    )


def _language(text: str) -> str:
    if sum(map(str.isalpha, text)) < MIN_LETTERS:
        return UNDECIDED
    language, confidence = _identifier().classify(text)
    return language if confidence >= MIN_CONFIDENCE and language != "zxx" else UNDECIDED


@cache
def _identifier() -> "LanguageIdentifier":
    # Loading the model takes a moment, which only those who ask for languages should wait for.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
