"""How the engine writes counts and names in the sentences that a person reads."""

from collections.abc import Sequence

_MOST_NAMED = 5


def plural(count: int, one: str, many: str = "") -> str:
    """Write a count with its noun, and with a verb where that has to agree.

    >>> plural(1, "row"), plural(1_200, "row has", "rows have")
    ('1 row', '1,200 rows have')
    """
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def quoted(name: str, most: int = 60) -> str:
    r"""Quote a name that a person or a file has given, cut to ``most`` characters.

    Signs that hide or reorder others are written as escapes, so that a name cannot forge a sentence.

    >>> quoted("Spam"), quoted("a\nb")
    ('“Spam”', '“a\\nb”')
    """
    shown = name if len(name) <= most else f"{name[: most - 1]}…"
    return "“" + "".join(one if one.isprintable() else repr(one)[1:-1] for one in shown) + "”"


def quoted_names(names: Sequence[str], most: int = _MOST_NAMED) -> str:
    """Quote the first names, and say how many more there are.

    >>> quoted_names(["a", "b", "c"], most=2)
    '“a”, “b” and 1 more'
    """
    shown = ", ".join(quoted(name) for name in names[:most])
    return f"{shown} and {len(names) - most:,} more" if len(names) > most else shown


def capitalised(words: str) -> str:
    """Begin with a capital and leave the rest.

    >>> capitalised("macro-F1")
    'Macro-F1'
    """
    return f"{words[:1].upper()}{words[1:]}"
