from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.doctor.made import count, of_texts, only
from tl_core.text.checks.content import html, strip_html, urls


@pytest.mark.parametrize(
    ("text", "stripped"),
    [
        ("<p>Fish &amp; <b>chips</b></p>", "Fish & chips"),
        ("one<br/>two<BR>three", "one two three"),
        ("it&#39;s &quot;fine&quot;", 'it\'s "fine"'),
        ('<a href="x">link</a> text', "link text"),
        ("<script>var a = 1;</script>after", "after"),
        ("<!-- hidden -->seen", "seen"),
        ("&amp;amp;lt;b&amp;gt;bold", "bold"),
        ("&lt;div&gt;inside&lt;/div&gt;", "inside"),
        ("caf&eacute;&nbsp;au lait", "café au lait"),
        ("<br>", ""),
    ],
)
def test_html_is_found_and_stripped(text: str, stripped: str) -> None:
    finding = only(html(of_texts([text])))
    assert finding is not None
    assert (finding.code, finding.count, finding.fix) == ("html", 1, "strip_html")
    assert strip_html(text) == stripped


@pytest.mark.parametrize(
    "text",
    [
        "I <3 you",
        "a < b and c > d",
        "hello <user>",
        "AT&T; and R&D",
        "x &lt y",
        "<email>",
        "Q&A",
        "<>",
        "if a<b",
        "  two  ",
    ],
)
def test_what_only_looks_like_html_stays(text: str) -> None:
    assert count(html(of_texts([text]))) == 0
    assert strip_html(text) == text


PIECES = [
    "<",
    ">",
    "/",
    "b",
    "r",
    "p",
    " ",
    "&",
    "amp",
    "lt",
    "gt",
    ";",
    "#60",
    "!--",
    "x",
    "\n",
    "&lt;",
    "<b>",
]


@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_stripping_twice_is_stripping_once(text: str) -> None:
    assert strip_html(strip_html(text)) == strip_html(text)


def test_stripping_ends_on_nested_text() -> None:
    stripped = strip_html("<" * 50 + "b>" * 50)
    assert strip_html(stripped) == stripped


@pytest.mark.parametrize(
    "piece", ["<b", "<!--", "&amp;", "<script>", "<", "&", "<b>", "&lt;", "<b xxxxxxxxx"]
)
def test_hostile_markup_takes_linear_time(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    start = perf_counter()
    strip_html(text)
    assert perf_counter() - start < 5


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see https://example.org/x", 1),
        ("WWW.example.org", 1),
        ("http:// nothing", 0),
        ("a.b.c", 0),
        ("awww.x", 0),
    ],
)
def test_addresses_are_counted(text: str, expected: int) -> None:
    assert count(urls(of_texts([text]))) == expected


def test_example_shows_the_place_of_the_markup() -> None:
    finding = only(html(of_texts(["word " * 100 + "<br> end"])))
    assert finding is not None
    assert "<br>" in finding.examples[0]
    assert len(finding.examples[0]) <= 120
