"""One plain form for what reads the same."""

from unicodedata import normalize


def plain_form(text: str) -> str:
    """Bring a text into NFKC without case: full-width and composed forms are what they stand for.

    >>> plain_form("ＧＯＯＤ！")
    'good!'
    """
    return normalize("NFKC", text).casefold()
