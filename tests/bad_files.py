"""What is no table of texts and labels, under names that say so, and a pattern of what is said of each."""

import zlib

WIDE = ",".join(f"c{i}" for i in range(100_000))
LONG = "x" * (17 << 20)


def rows(texts: list[str], labels: list[str]) -> str:
    return "text,label\n" + "".join(f"{text},{label}\n" for text, label in zip(texts, labels, strict=True))


PLAIN = [f"words of number {i}" for i in range(2002)]
BAD: dict[str, tuple[str | bytes, str]] = {
    "PNG": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(99), "is a PNG image"),
    "PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + zlib.compress(bytes(9)), "is a PDF document"),
    "empty": ("", "is empty"),
    "header only": ("text,label\n", "has no rows"),
    "one column": ("text\nfine\nbad\n", "has only one column"),
    "100,000 columns": (f"{WIDE}\n{WIDE}\n", "the most is 2,000"),
    "a very long field": (f'text,label\n"{LONG}",a\nb,c\n', "Line 2 of “bad.csv” is longer"),
    "one class": (rows(PLAIN, ["good"] * 2002), "“label” is “good” in every row"),
    "all texts equal": (
        rows(["same"] * 2002, ["a", "b"] * 1001),
        "“text” holds the same text in every row|conflicting labels .1 different text.",
    ),
    "one text a class": (rows(["one", "two"] * 9, ["a", "b"] * 9), "2 of 18 rows are left, .*exact copies"),
    "too many classes": (rows(PLAIN, [f"l{i // 2}" for i in range(2002)]), "“label” has 1,001"),
    "every row its own class": (
        rows(PLAIN, [f"l{i}" for i in range(2002)]),
        "“label” (has 2,002|is different in every row)",
    ),
}
