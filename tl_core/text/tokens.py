"""Token ids and lengths through `tokenizers` alone, so that a page can count tokens without torch."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

_AT_ONCE = 1_000
Texts = Sequence[str] | Sequence[tuple[str, str]]


def load_tokenizer(folder: Path) -> Tokenizer:
    """Load a model folder's tokenizer, cleared of any truncation and padding that was saved with it."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def tokenizer_hash(folder: Path) -> str:
    """Identify a tokenizer by its file, so that models that share one share their token ids."""
    return hashlib.sha256((folder / "tokenizer.json").read_bytes()).hexdigest()[:16]


def token_lengths(texts: Texts, folder: Path) -> NDArray[np.int64]:
    """Count each text's tokens, special ones included, without a limit.

    Returns
    -------
    Lengths in tokens, shape ``(num_examples,)``.
    """
    tokenizer, lengths = load_tokenizer(folder), np.empty(len(texts), dtype=np.int64)
    for start in range(0, len(texts), _AT_ONCE):  # encodings take far more memory than texts
        encodings = tokenizer.encode_batch_fast(list(texts[start : start + _AT_ONCE]))
        lengths[start : start + len(encodings)] = [len(encoding) for encoding in encodings]
    return lengths


USUAL_POSITIONS = 512
STARTS_LATE = ("roberta", "xlm-roberta", "xlm-roberta-xl", "camembert", "roberta-prelayernorm", "mpnet")
"""Model types whose positions start after the padding id, which is 1 if they do not say."""


def max_tokens(folder: Path) -> int:
    """Return the most tokens the model can read of a text, special ones included."""
    config = json.loads((folder / "config.json").read_text())
    positions = int(config.get("max_position_embeddings") or USUAL_POSITIONS)
    return positions - padding_id(folder) - 1 if config.get("model_type") in STARTS_LATE else positions


def padding_id(folder: Path) -> int:
    """Return the token id that fills up shorter texts.

    It matters although padding is masked: the models of `STARTS_LATE` count positions from it.
    """
    config = json.loads((folder / "config.json").read_text())
    stated = config.get("pad_token_id")
    return int(stated) if stated is not None else int(config.get("model_type") in STARTS_LATE)


def takes_type_ids(folder: Path) -> bool:
    """Whether the model tells the two texts of a pair apart by type ids, whatever its tokenizer gives."""
    config = json.loads((folder / "config.json").read_text())
    return int(config.get("type_vocab_size") or 0) > 1
