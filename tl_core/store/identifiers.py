"""Ids that are safe in a path and in a URL, and the clock that stamps rows."""

import re
import secrets
import time
from datetime import UTC, datetime

from tl_core.errors import NotFoundError
from tl_core.words import quoted

WHERE_LISTED = "See all runs on the page Models, or list them with `tl_core runs`."
"""What to do about an id that is none."""
_SAFE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: in ASCII order, so that ids sort
_NUM_TIME_DIGITS = 10
_NUM_RANDOM_DIGITS = 8


def new_id(prefix: str) -> str:
    """Make an id such as ``run_01k3v7q2m8x4t9rdhw``: 10 digits of time in ms, then 8 random ones."""
    clock = _digits(time.time_ns() // 1_000_000, _NUM_TIME_DIGITS)
    return f"{prefix}_{clock}{_digits(secrets.randbits(5 * _NUM_RANDOM_DIGITS), _NUM_RANDOM_DIGITS)}"


def is_new_id(value: str, prefix: str) -> bool:
    """Whether an id is one that `new_id` makes."""
    digits = value.removeprefix(f"{prefix}_")
    is_long = len(digits) == _NUM_TIME_DIGITS + _NUM_RANDOM_DIGITS == len(value) - len(prefix) - 1
    return is_long and set(digits) <= set(_ALPHABET)


def is_id(value: str) -> bool:
    """Whether ``value`` can be part of a path."""
    return _SAFE.fullmatch(value) is not None


def check_id(value: str) -> str:
    """Return ``value`` if it can be part of a path. Raises NotFoundError otherwise."""
    if not is_id(value):
        raise NotFoundError(
            f"{quoted(value)} is not an id.",
            WHERE_LISTED,
        )
    return value


def now() -> str:
    """Return the present moment in ISO 8601, UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _digits(number: int, length: int) -> str:
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(length)))
