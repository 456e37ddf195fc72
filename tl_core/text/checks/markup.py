"""Markup in texts: HTML tags and entities, and addresses of web pages."""

import html as standard_html
import re
from collections.abc import Iterator

from tl_core.datasets.dataset import Dataset
from tl_core.datasets.findings import excerpts, found, marked, matches, severity_of
from tl_core.schema import Finding

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
