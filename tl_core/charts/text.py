"""Text in figures: the person's own words made harmless, numbers with their units, widths in pixels."""

import re
import unicodedata

# Plotly reads tags, entities, $TeX$ and %{templates} in every label; character references stop all four.
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "$": "&#36;", "%": "&#37;"})


# Marks that reorder the text after them, and code points that no encoder accepts or no reader sees.
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cs"})


def one_line(text: str, limit: int = 40) -> str:
    """`text` on one line without control characters, cut with an ellipsis to `limit` characters."""
    words = " ".join(str(text).split())
    visible = "".join(
        character
        for character in words
        if character not in _BIDI_CONTROLS and unicodedata.category(character) not in _INVISIBLE_CATEGORIES
    )
    return visible if len(visible) <= limit else visible[: limit - 1].rstrip() + "…"


def device_words(device: str | None) -> str:
    """Write a recorded device as people do.

    >>> device_words("cpu"), device_words("cuda: NVIDIA H200"), device_words("cuda")
    ('CPU', 'NVIDIA H200', 'GPU')
    """
    if not device:
        return "unknown"
    kind, _, name = device.partition(": ")
    return name or {"cpu": "CPU", "mps": "Apple GPU", "cuda": "GPU"}.get(kind, device)


def energy_words(method: str) -> str:
    """Say how an energy is known, from what a run has recorded.

    >>> energy_words("estimated: 4 W a thread, assumed, × load")
    'estimated from the load, assuming 4 W per thread'
    """
    method = re.sub(
        r"estimated: (\S+ W) a thread, assumed, × load",
        r"estimated from the load, assuming \1 per thread",
        method,
    )
    method = re.sub(r"estimated: (\S+ W) × load", r"estimated from the load at \1", method)
    return re.sub(r"measured: (\w+)", r"measured (\1)", method)


def short_hash(value: str) -> str:
    """Shorten a hash to what a person can compare.

    >>> short_hash("fc685632a97d")
    'fc68…7d'
    """
    return f"{value[:4]}…{value[-2:]}"


def plain(text: str, limit: int = 40) -> str:
    """`text` as Plotly must write it to show it literally: never as markup, link, TeX or template.

    >>> plain("<b>bold</b>")
    '&lt;b&gt;bold&lt;/b&gt;'

    Parameters
    ----------
    text
        Anything: labels, titles, base model ids.
    limit
        Most characters shown.
    """
    return one_line(text, limit).translate(_ESCAPES)


def name_lines(label: str, limit: int = 24) -> list[str]:
    """Escape an arm's label for a narrow place: the kind of arm and, in small type, the base model it names.

    >>> name_lines("Fine-tuned")
    ['Fine-tuned']
    """
    head, _, tail = label.partition(" · ")
    small_tail = f'<span style="font-size:11px">{plain(tail, limit)}</span>'
    return [plain(head, limit), small_tail] if tail else [plain(head, limit)]


def percent(fraction: float, digits: int = 1) -> str:
    """Write a fraction as per cent with its sign: ``0.872`` is ``87.2%``."""
    return f"{100 * fraction:.{digits}f}%"


def points(fraction: float, digits: int = 1) -> str:
    """Write a difference of fractions as signed percentage points: ``-0.052`` is ``−5.2``."""
    rounded = round(100 * fraction, digits)
    return f"{rounded:+.{digits}f}".replace("-", "−") if rounded else f"{0:.{digits}f}"


def watt_hours(energy: float) -> str:
    """Write an energy in watt-hours with two digits at least.

    >>> watt_hours(0.01234)
    '0.012 Wh'
    """
    return f"{energy:,.0f} Wh" if energy >= 10 else f"{energy:.2g} Wh"


def width_px(text: str, size_px: float = 13) -> float:
    """Estimate, on the generous side, the width of one line of `text`; East Asian characters are wide."""
    ems = sum(1.0 if unicodedata.east_asian_width(character) in "WF" else 0.54 for character in text)
    return ems * size_px
