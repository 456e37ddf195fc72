"""Columns that say more about a row than text and label: its group, its date, its weight, its part."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from tl_core.errors import DataError
from tl_core.schema import SplitName
from tl_core.words import plural, quoted

_WORDS = {
    SplitName.TRAIN: ("train", "training", "trn", "tr", "0", "false", "no"),
    SplitName.VALIDATION: ("validation", "validate", "valid", "val", "vld", "dev", "development"),
    SplitName.TEST: ("test", "testing", "tst", "te", "heldout", "holdout", "1", "true", "yes"),
}
_PART_OF = {word: part for part, words in _WORDS.items() for word in words}
_BETWEEN_LETTERS = re.compile(r"(?<=[a-z])[-_\s]+(?=[a-z])")
_GROUP_NAMES = frozenset(
    (
        *("author", "user", "userid", "username", "customer", "client", "speaker", "patient", "source"),
        *("thread", "conversation", "dialog", "dialogue", "session", "group", "document", "doc", "article"),
        *("product", "item"),
    )
)
_TIME_NAMES = frozenset(
    ("date", "time", "datetime", "timestamp", "created", "published", "posted", "day", "year")
)
_WEIGHT_NAMES = frozenset(("weight", "weights"))
_WEIGHT_OWNERS = frozenset(("sample", "example", "row", "instance", "case", "training", "train", "loss"))
_WEIGHT_PATTERN = r"^\s*\+?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$"
_FLAGS = {"0", "1", "true", "false", "yes", "no"}
_WORD = re.compile(r"[^\W_]+")
_TIME_FORMATS = (
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d",
    "%a %b %d %H:%M:%S %z %Y",
    "%Y",
)
_EPOCH = re.compile(r"\d{10}|\d{13}")
_SAMPLED = 1_000
_MOST_PART_WORDS = 20


def part_of(word: str) -> SplitName | None:
    """Return the part that a word of a person's own split column names, None if it names none.

    Case plays no part, nor do spaces, hyphens and underscores within a word. 1, true and yes flag the test
    part, 0, false and no the rest.

    >>> part_of("Held-out")
    <SplitName.TEST: 'test'>
    """
    return _PART_OF.get(_BETWEEN_LETTERS.sub("", word.strip().casefold()))


@dataclass(frozen=True, kw_only=True)
class RoleGuess:
    """A column that seems to carry a role, and why; ``role`` is a field of `ColumnChoice`."""

    role: str
    column: str
    reason: str


def guess_roles(columns: pa.Table, taken: Sequence[str]) -> tuple[RoleGuess, ...]:
    """Say which columns seem to be group, time, weight and split; at most one for each role.

    Parameters
    ----------
    columns
        The file's columns, all strings.
    taken
        Columns of texts and labels, which have no other role.
    """
    free = [name for name in columns.column_names if name not in taken]
    found: dict[str, RoleGuess] = {}
    for name in free:
        values = columns[name]
        for role, judge in (
            ("split", _split_reason),
            ("time", _time_reason),
            ("weight", _weight_reason),
            ("group", _group_reason),
        ):
            if role not in found and (reason := judge(name, values)):
                found[role] = RoleGuess(role=role, column=name, reason=reason)
                break
    return tuple(found.values())


def _words(name: str) -> set[str]:
    return {word.casefold() for word in _WORD.findall(name)}


def _split_reason(name: str, values: pa.ChunkedArray) -> str:
    has_few = len(pc.unique(values.slice(0, _SAMPLED))) <= _MOST_PART_WORDS
    words = {value.strip().casefold() for value in pc.unique(values).to_pylist()} if has_few else set()
    if len(words) < 2 or any(part_of(word) is None for word in words):
        return ""
    if words <= _FLAGS and not _words(name) & {"test", "heldout", "holdout"}:
        return ""
    return f"the values are {', '.join(sorted(words))}"


def _time_reason(name: str, values: pa.ChunkedArray) -> str:
    is_named = bool(_words(name) & _TIME_NAMES)
    head = values.slice(0, _SAMPLED)
    found = _time_format(head)
    if found is None or (found in ("%Y", "epoch") and not is_named):
        return ""
    return f"the values are dates, such as {head[0].as_py().strip()[:30]}"


def _weight_reason(name: str, values: pa.ChunkedArray) -> str:
    """Recognise ``weight`` and ``sample_weight``, but not ``weight_kg``: a guess changes the training."""
    words = _words(name)
    if not words & _WEIGHT_NAMES or words - _WEIGHT_NAMES - _WEIGHT_OWNERS:
        return ""
    if _strange_weights(values).true_count or not pc.any(pc.greater(_numbers(values), 0)).as_py():
        return ""
    return "usual name, and no number is negative"


def _strange_weights(values: pa.ChunkedArray) -> pa.BooleanArray:
    """Say which values are no weights: empty, negative, no number or too large for one."""
    looks_right = pc.match_substring_regex(values, _WEIGHT_PATTERN)
    numbers = _numbers(pc.if_else(looks_right, values, "0"))
    return pc.invert(pc.and_(looks_right, pc.is_finite(numbers))).combine_chunks()


def _numbers(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.cast(pc.utf8_trim_whitespace(values), pa.float64())


def _group_reason(name: str, values: pa.ChunkedArray) -> str:
    num_filled = pc.sum(pc.not_equal(pc.utf8_trim_whitespace(values), "")).as_py() or 0
    if not _words(name) & _GROUP_NAMES or num_filled < 0.9 * len(values):
        return ""
    num_groups = len(pc.unique(values))
    if not 5 <= num_groups <= 0.9 * len(values):
        return ""
    return f"usual name, and {len(values):,} rows share {num_groups:,} values"


def times_of(values: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    """Return the date of every row as a timestamp in microseconds, without a zone.

    ISO 8601, seconds or milliseconds since 1970, years, and the usual forms with day, month and year; where
    day and month cannot be told apart, the day is taken to come first.

    Raises
    ------
    DataError
        If the values are no dates of one form; names the first that is none.
    """
    found = _time_format(values.slice(0, _SAMPLED))
    parsed = _parse_times(values, found) if found else None
    if parsed is not None and parsed.null_count == 0:
        return parsed
    row = pc.index(pc.is_null(parsed), True).as_py() if parsed is not None else 0
    shown = quoted(values[row].as_py(), 40)
    raise DataError(
        f"Row {row + 1:,} of {quoted(name)} holds {shown}, which is not a date like the others."
        if parsed is not None
        else f"The values of {quoted(name)} are not dates of one form; the first is {shown}.",
        "Write dates such as 2026-01-31, or choose another date column or none.",
    )


def _time_format(head: pa.ChunkedArray) -> str | None:
    """Find the form that all of some values have; ``iso`` and ``epoch`` stand for those."""
    if not len(head):
        return None
    for form in ("iso", "epoch", *_TIME_FORMATS):
        parsed = _parse_times(head, form)
        if parsed is not None and parsed.null_count == 0:
            return form
    return None


def _parse_times(values: pa.ChunkedArray, form: str) -> pa.ChunkedArray | None:
    """Parse dates of one form, with null for any other; None if the form fits none at all."""
    plain = pc.utf8_trim_whitespace(values)
    kind = pa.timestamp("us")
    if form == "iso":
        is_date = pc.match_substring_regex(plain, r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}|$)")
        if not pc.all(is_date).as_py():
            return None
        local = pc.replace_substring_regex(plain, r"(Z|[+-]\d{2}:?\d{2})$", "")
        try:
            return pc.cast(local, kind)
        except pa.ArrowInvalid:
            return None
    if form == "epoch":
        if not pc.all(pc.match_substring_regex(plain, rf"^({_EPOCH.pattern})$")).as_py():
            return None
        numbers = pc.cast(plain, pa.int64())
        factor = pc.if_else(pc.greater(numbers, 99_999_999_999), 1_000, 1_000_000)
        return pc.cast(pc.multiply(numbers, factor), kind)
    parsed = pc.strptime(plain, form, "us", error_is_null=True)
    return pc.cast(parsed, kind)


def weights_of(values: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    """Return the weight of every row.

    Raises
    ------
    DataError
        Unless all are finite numbers that are not negative; counts those that are not and names the first.
    """
    strange = _strange_weights(values)
    if count := strange.true_count:
        row = pc.index(strange, True).as_py()
        raise DataError(
            f"{plural(count, 'row has', 'rows have')} no usable weight in {quoted(name)}; the first is row"
            f" {row + 1:,}: {quoted(values[row].as_py(), 40)}.",
            "Write a number of 0 or more in each (0 keeps a row out of training), or choose no weight"
            " column.",
        )
    return _numbers(values)
