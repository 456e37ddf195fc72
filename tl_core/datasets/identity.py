"""Who is who: ids and hashes that stay the same on every machine and with every library version."""

import hashlib
import json
import struct
from collections.abc import Iterable, Sequence
from typing import Any
from unicodedata import normalize

from tl_core.modality import content_of
from tl_core.schema import DatasetSchema, Seeds

ID_LENGTH = 32

Row = tuple[Sequence[str], str, str, Sequence[str]]
"""Content, label, origin (``train`` or ``test``) and the values of the chosen roles of one example."""


def example_id(parts: Sequence[str], occurrence: int = 0, modality: str | None = None) -> str:
    """Return the id of an example, 32 hexadecimal digits, from its content alone.

    SHA-256 over what the modality says of each part (of a text its NFC form in UTF-8), each behind its length
    in bytes (8 bytes, little endian).

    Parameters
    ----------
    parts
        One text, or two for pairs.
    occurrence
        How often the same content came before in a person's own test file, which keeps its duplicates; a
        number above 0 follows the parts in 8 bytes, little endian.
    """
    digest = hashlib.sha256()
    for data in content_of(modality).identity(parts):
        _feed(digest, data)
    if occurrence:
        digest.update(struct.pack("<Q", occurrence))
    return digest.hexdigest()[:ID_LENGTH]


def fingerprint(rows: Iterable[Row], schema: DatasetSchema) -> str:
    """Return the identity of a dataset, 64 hexadecimal digits.

    SHA-256 over the schema (JSON with sorted keys, without what is None) and over the content (as in
    `example_id`), the label, the origin and the roles' values (in NFC) of every row in their order, each
    behind its length.
    """
    digest, content = hashlib.sha256(), content_of(schema.modality)
    _feed(digest, json.dumps(schema.model_dump(mode="json", exclude_none=True), sort_keys=True).encode())
    for parts, label, origin, values in rows:
        for data in content.identity(parts):
            _feed(digest, data)
        for word in (label, origin, *values):
            _feed(digest, normalize("NFC", word).encode())
    return digest.hexdigest()


def rank(seed: int, example_id: str) -> str:
    """Return the sort key of an example under a seed: SHA-256 of ``"<seed>:<example_id>"``."""
    return hashlib.sha256(f"{seed}:{example_id}".encode()).hexdigest()


def derive_seeds(index: int, split_seed: int = 0) -> Seeds:
    """Return the three seeds of a seed index on a split, others on every split.

    Each is an int in [0, 2**31): the first four bytes, big endian and without the highest bit, of the
    SHA-256 of ``"<index>:<name>"``, or of ``"<index>:<name>:<split_seed>"`` for a split seed other than 0.
    """
    split = f":{split_seed}" if split_seed else ""
    init, order, subset = (_seed(f"{index}:{name}{split}") for name in ("init", "order", "subset"))
    return Seeds(init=init, order=order, subset=subset)


def _seed(words: str) -> int:
    digest = hashlib.sha256(words.encode()).digest()
    return int.from_bytes(digest[:4], "big") & 0x7FFFFFFF


def _feed(digest: Any, data: bytes) -> None:
    digest.update(struct.pack("<Q", len(data)))
    digest.update(data)
