"""Token ids and lengths through `tokenizers` alone, so that a page can count tokens without torch."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

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
    encodings = load_tokenizer(folder).encode_batch_fast(list(texts))
    return np.array([len(encoding) for encoding in encodings], dtype=np.int64)


def max_tokens(folder: Path) -> int:
    """Return the most tokens the model can read of a text; RoBERTa's positions start after the padding id."""
    config = json.loads((folder / "config.json").read_text())
    positions = int(config.get("max_position_embeddings", 512))
    starts_late = config.get("model_type") in ("roberta", "xlm-roberta", "camembert")
    return positions - (int(config.get("pad_token_id") or 0) + 1 if starts_late else 0)
