"""What texts hold that teaches nothing: hardly anything, ids, cut ends, shared words, markup."""

import html as standard_html
import re
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tl_core.datasets.dataset import Dataset
from tl_core.datasets.findings import (
    Mask,
    contents,
    excerpts,
    found,
    length_summary,
    marked,
    matches,
    percent,
    severity_of,
)
from tl_core.files.excerpts import shorten
from tl_core.schema import Finding

# A sign of these scripts can be a word; elsewhere one letter alone says nothing.
_READABLE = r"\p{L}[^\p{L}]*\p{L}|[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]"
_ADDRESS = r"(?:https?://|www\.)[!-~]+"
_ID = r"[!-~]*[0-9][!-~]*"
_ONLY_IDS = rf"^[\s\p{{P}}\p{{S}}]*(?:(?:{_ADDRESS}|{_ID})(?:\s[\s\p{{P}}\p{{S}}]*|$))+$"
NUM_SHARED_WORDS = 5
MIN_SHARE_ALIKE = 0.3
MIN_TEXTS_ALIKE = 10
_SHARED_WORDS = r"\S+(?:\s+\S+){4}"

# Only what is certain to be HTML: "<3", "<user>" and "AT&T;" stay. The patterns mean the same in RE2 and
# here, and none runs over a second "<", so that they take linear time on any text.
_BLOCK_NAMES = (
    "address|article|aside|blockquote|body|br|center|dd|div|dl|dt|footer|form|h[1-6]|head|header|hr|html|li|main|"
    "nav|ol|option|p|pre|script|section|select|style|table|tbody|td|tfoot|th|thead|title|tr|ul"
)
_INLINE_NAMES = (
    "a|b|big|button|cite|code|em|font|i|iframe|img|input|label|link|mark|meta|s|small|span|strike|strong|sub|"
    "sup|u"
)
_ENTITY_NAMES = (
    "amp|lt|gt|quot|apos|nbsp|iexcl|iquest|copy|reg|trade|hellip|[mn]dash|[lr][sd]quo|[lr]aquo|[sb]dquo|bull|middot|"
    "euro|pound|yen|cent|sect|deg|shy|zwn?j|szlig|[ao]elig|[cs]cedil|oslash|aring|"
    "[aeiouyn](?:acute|grave|circ|uml|tilde)"
)
_BLOCK = rf"</?(?:{_BLOCK_NAMES})(?:[\s/][^<>]*)?>"
_INLINE = rf"</?(?:{_INLINE_NAMES})(?:[\s/][^<>]*)?>"
_HIDDEN = r"<!--[^<]*?-->|<script(?:\s[^<>]*)?>[^<]*</script>|<style(?:\s[^<>]*)?>[^<]*</style>"
_ENTITY = rf"&(?:amp;)*((?:{_ENTITY_NAMES}|#[0-9]{{1,7}}|#x[0-9a-f]{{1,6}});)"
HTML = f"(?i){_HIDDEN}|{_BLOCK}|{_INLINE}|{_ENTITY}"
URL = r"(?i)\bhttps?://[^\s]|\bwww\.[a-z0-9]"

_HTML_HERE = re.compile(HTML, re.ASCII)
_DIVIDER_HERE = re.compile(f"(?i){_HIDDEN}|{_BLOCK}", re.ASCII)
_INLINE_HERE = re.compile(f"(?i){_INLINE}", re.ASCII)
_ENTITY_HERE = re.compile(f"(?i){_ENTITY}", re.ASCII)
_URL_HERE = re.compile(URL, re.ASCII)
_MAX_LAYERS = 10


def is_near_empty(dataset: Dataset) -> Mask:
    """Return which examples have a text with fewer than two letters, ``(num_examples,)``."""
    readable = [pc.match_substring_regex(column, _READABLE).to_numpy() for column in contents(dataset)]
    mask: Mask = ~np.logical_and.reduce(readable)
    return mask


def near_empty(dataset: Dataset) -> Iterator[Finding]:
    """Find texts that no model can learn from: digits, punctuation or a single letter."""
    mask = is_near_empty(dataset)
    if mask.any():
        yield found(
            dataset,
            mask,
            code="near_empty",
            severity=severity_of(mask.mean()),
            message=f"{marked(dataset, mask, 'has', 'have')} fewer than two letters.",
            remedy="Remove them, unless their digits or signs decide the label.",
            fix="drop_near_empty",
        )


def id_like_text(dataset: Dataset) -> Iterator[Finding]:
    """Find texts in which every word is a number, an id or an address."""
    mask = matches(dataset, _ONLY_IDS) & ~is_near_empty(dataset)
    if mask.any():
        yield found(
            dataset,
            mask,
            code="id_like_text",
            severity=severity_of(mask.mean()),
            message=f"{marked(dataset, mask, 'holds', 'hold')} only numbers, ids or web addresses.",
            remedy="Check that the right column is chosen as text.",
        )


def too_long(dataset: Dataset, token_lengths: npt.NDArray[np.integer], max_length: int) -> Iterator[Finding]:
    """Find texts of which a model does not read the end.

    Parameters
    ----------
    token_lengths
        Tokens of each text, or of both texts of a pair, without a limit, ``(num_examples,)``.
    max_length
        Tokens kept of each text.
    """
    mask = token_lengths > max_length
    if mask.any():
        summary = length_summary(token_lengths, max_length)
        yield found(
            dataset,
            mask,
            code="too_long",
            severity=severity_of(summary.cut_texts),
            message=(
                f"{marked(dataset, mask, 'is', 'are')} longer than {max_length:,} tokens (the longest has"
                f" {summary.longest:,}). The ends are cut off: {percent(summary.cut_tokens)} of all tokens."
            ),
            remedy="Keep more tokens of each text, which takes longer, or put what matters first.",
        )


def boilerplate(dataset: Dataset) -> Iterator[Finding]:
    """Find five words that more than 30% of the texts begin with, or end with."""
    column = contents(dataset)[0]
    for code, pattern, place in (
        ("constant_beginning", rf"^\s*(?P<words>{_SHARED_WORDS})(?:\s|$)", "begin"),
        ("constant_end", rf"(?:^|\s)(?P<words>{_SHARED_WORDS})\s*$", "end"),
    ):
        words = pc.struct_field(pc.extract_regex(column, pattern), "words").combine_chunks()
        mode = _most_frequent(words)
        if mode is None:
            continue
        mask = pc.fill_null(pc.equal(words, mode), False).to_numpy(zero_copy_only=False)
        if mask.sum() >= MIN_TEXTS_ALIKE and mask.mean() > MIN_SHARE_ALIKE:
            yield _boilerplate(dataset, mask, code, place, mode)


def _boilerplate(
    dataset: Dataset, mask: np.ndarray[tuple[int], np.dtype[np.bool_]], code: str, place: str, words: str
) -> Finding:
    return found(
        dataset,
        mask,
        code=code,
        severity="warning",
        message=f"{marked(dataset, mask, f'{place}s', place)} with the same {NUM_SHARED_WORDS} words.",
        remedy="Remove these words from the file: they cost tokens and say nothing.",
        examples=[shorten(words)],
    )


def _most_frequent(words: pa.Array) -> str | None:
    modes = pc.value_counts(words.drop_null())
    if not len(modes):
        return None
    best: str = modes[int(np.argmax(modes.field("counts").to_numpy()))]["values"].as_py()
    return best


def html(dataset: Dataset) -> Iterator[Finding]:
    """Find texts with HTML in them."""
    mask = matches(dataset, HTML)
    if mask.any():
        yield found(
            dataset,
            mask,
            code="html",
            severity=severity_of(mask.mean()),
            message=f"{marked(dataset, mask, 'contains', 'contain')} HTML tags or entities.",
            remedy="Strip the markup: it costs tokens and can give a label away.",
            fix="strip_html",
            examples=excerpts(dataset, mask, _HTML_HERE),
        )


def urls(dataset: Dataset) -> Iterator[Finding]:
    """Find texts with addresses of web pages in them."""
    mask = matches(dataset, URL)
    if mask.any():
        yield found(
            dataset,
            mask,
            code="urls",
            severity="info",
            message=f"{marked(dataset, mask, 'contains', 'contain')} web addresses.",
            remedy="Check that no label always comes with the same site: a model would learn the site, not"
            " the words.",
            examples=excerpts(dataset, mask, _URL_HERE),
        )


def strip_html(text: str) -> str:
    """Return a text without HTML; one without HTML comes back as it is.

    What appears when entities are resolved is stripped as well, so that a second time changes nothing.

    >>> strip_html("<p>Fish &amp; <b>chips</b></p>I <3 them")
    'Fish & chips I <3 them'
    """
    for _ in range(_MAX_LAYERS):
        if not _HTML_HERE.search(text):
            return text
        text = _INLINE_HERE.sub("", _DIVIDER_HERE.sub(" ", text))
        text = _ENTITY_HERE.sub(lambda entity: standard_html.unescape(f"&{entity[1]}"), text)
        text = re.sub(r"[ \t\xa0]+", " ", text).strip()
    # Only a text made for it nests deeper; without these signs nothing is left to find.
    return re.sub("[<&]", "", text) if _HTML_HERE.search(text) else text
