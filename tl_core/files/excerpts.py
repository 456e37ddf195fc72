"""A few rows as a person would point at them, each in one short line."""

MAX_EXAMPLES = 5
MAX_EXAMPLE_CHARS = 120
_CHARS_BEFORE = 40


def shorten(text: str, at: int = 0) -> str:
    """Write a text in one line of at most 120 characters that shows what stands at a position."""
    start = max(0, at - _CHARS_BEFORE)
    line = ("…" if start else "") + " ".join(text[start : start + 4 * MAX_EXAMPLE_CHARS].split())
    is_whole = len(line) <= MAX_EXAMPLE_CHARS and len(text) <= start + 4 * MAX_EXAMPLE_CHARS
    return line if is_whole else line[: MAX_EXAMPLE_CHARS - 1] + "…"
