"""What TF-IDF counts in a text: words and their pairs, and characters where the script asks for it."""

import re
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from unicodedata import category

from tl_core.files.plain_form import plain_form
from tl_core.text.scripts import WITHOUT_SPACES

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
    plain = plain_form(text)
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
