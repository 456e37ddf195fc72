"""Personal data in texts: e-mail addresses, phone numbers and card numbers, and how they are masked."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tl_core.datasets.dataset import Dataset
from tl_core.datasets.findings import contents, found, marked
from tl_core.files.excerpts import MAX_EXAMPLES, shorten
from tl_core.schema import Finding

KINDS = ("<email>", "<phone>", "<card>")
_KIND_WORDS = ("e-mail addresses", "phone numbers", "card numbers")
_TEXTS_AT_A_TIME = 65_536

_LOCAL, _DOMAIN = r"[A-Za-z0-9._%+\-]", r"[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)*\.[A-Za-z]{2,}"
MAY_HOLD = rf"{_LOCAL}@{_DOMAIN}|[0-9](?:[ ()./\-]{{0,2}}[0-9]){{7}}"
# Each looks at a bounded piece of the text from any place, so that they take linear time; 64 characters are
# the most that the name of a mailbox may have (RFC 5321).
_MAIL_HERE = re.compile(rf"{_LOCAL}{{1,64}}+@{_DOMAIN}(?![A-Za-z0-9\-])")
_INTERNATIONAL = r"\+[0-9](?:[ ()./\-]{0,2}[0-9]){7,14}"
_AMERICAN = r"(?:1[ .\-])?(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[ .\-])[0-9]{3}[ .\-][0-9]{4}"
_TRUNK = r"\(?0[1-9][0-9]{0,4}(?:\) ?|[ /\-]{1,2})[0-9]{3,8}(?:[ \-][0-9]{2,4}){0,3}"
_CARD = r"[2-6][0-9]{3}(?:[ \-]?[0-9]){9,15}"
# A bracket begins a number wherever it stands, so that masking what is before it changes nothing.
_START, _END = r"(?:(?=\()|(?<![A-Za-z0-9_]))", r"(?![A-Za-z0-9_])"
_PHONE_HERE = re.compile(rf"(?:{_INTERNATIONAL}|{_START}(?:{_AMERICAN}|(?P<trunk>{_TRUNK}))){_END}")
_CARD_HERE = re.compile(rf"{_START}{_CARD}{_END}")


@dataclass(frozen=True, kw_only=True)
class Held:
    """What a column of texts holds.

    Attributes
    ----------
    kinds
        Whether each text holds each of `KINDS`, ``(num_texts, 3)``.
    examples
        The first few of those that hold any, masked.
    """

    kinds: npt.NDArray[np.bool_]
    examples: list[str]


def personal_data(dataset: Dataset) -> Iterator[Finding]:
    """Find texts that hold an address or a number that leads to a person. The examples show them masked."""
    columns = [held_in(column) for column in contents(dataset)]
    kinds = np.logical_or.reduce([held.kinds for held in columns])
    mask = kinds.any(axis=1)
    if mask.any():
        texts = [text for held in columns for text in held.examples][:MAX_EXAMPLES]
        held_by = [
            f"{count:,} with {what}"
            for what, count in zip(_KIND_WORDS, kinds.sum(axis=0), strict=True)
            if count
        ]
        places = [min(text.find(kind) for kind in KINDS if kind in text) for text in texts]
        yield found(
            dataset,
            mask,
            code="personal_data",
            severity="warning",
            message=f"{marked(dataset, mask, 'contains', 'contain')} personal data: {', '.join(held_by)}.",
            remedy="Mask it before anyone trains on these texts or shares them.",
            fix="mask_personal_data",
            examples=[shorten(text, place) for text, place in zip(texts, places, strict=True)],
        )


def held_in(texts: pa.ChunkedArray) -> Held:
    """Look for personal data in a column of texts, some at a time, for each may turn out to hold some."""
    kinds = np.zeros((len(texts), len(KINDS)), dtype=bool)
    examples: list[str] = []
    for start in range(0, len(texts), _TEXTS_AT_A_TIME):
        part = texts.slice(start, _TEXTS_AT_A_TIME)
        candidates = np.flatnonzero(pc.match_substring_regex(part, MAY_HOLD).to_numpy())
        for row, text in zip(candidates.tolist(), part.take(candidates).to_pylist(), strict=True):
            masked = mask_personal_data(text)
            if masked != text:
                kinds[start + row] = [kind in masked for kind in KINDS]
                if len(examples) < MAX_EXAMPLES:
                    examples.append(masked)
    return Held(kinds=kinds, examples=examples)


def mask_personal_data(text: str) -> str:
    """Return a text with ``<email>``, ``<phone>`` and ``<card>`` for what leads to a person.

    A phone number is international (a plus sign and 8 to 15 digits, E.164), American (3-3-4 digits) or starts
    with a 0 and has its groups divided. A card number has 13 to 19 digits, starts with 2 to 6 and passes the
    check of ISO/IEC 7812 (Luhn).

    >>> mask_personal_data("Write to jo@mail.org or call +49 30 1234567.")
    'Write to <email> or call <phone>.'
    """
    masked = _CARD_HERE.sub(_masked_card, _MAIL_HERE.sub("<email>", text))
    masked = _PHONE_HERE.sub(_masked_phone, masked)
    # What was masked may have hidden where a number ends, so what is left is looked at again.
    return masked if masked == text else mask_personal_data(masked)


def passes_luhn(digits: Sequence[str] | str) -> bool:
    """Whether a number has the check digit that card numbers have (ISO/IEC 7812-1, annex B)."""
    doubled = (int(digit) * factor for digit, factor in zip(reversed(digits), cycle((1, 2))))
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0


def _masked_card(number: re.Match[str]) -> str:
    return "<card>" if passes_luhn(re.sub("[^0-9]", "", number[0])) else number[0]


def _masked_phone(number: re.Match[str]) -> str:
    if number["trunk"] and not 9 <= len(re.findall("[0-9]", number[0])) <= 12:
        return number[0]
    return "<phone>"
