"""Texts to token ids, worked out once and shared between runs."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from datasets import Dataset as HfDataset
from datasets import disable_progress_bars
from tokenizers import Tokenizer

from tl_core.datasets.selection import content_columns
from tl_core.store.files import replacing
from tl_core.text.network.examples import TokenExamples
from tl_core.text.tokens import load_tokenizer, padding_id, takes_type_ids

TOKENIZE_BATCH = 1000

disable_progress_bars()


def token_path(dataset_folder: Path, tokenizer: str, max_length: int) -> Path:
    """Say where a dataset's token ids by a tokenizer (its hash) lie."""
    return dataset_folder / "tokens" / f"{tokenizer}-{max_length}"


def tokenize(table: pa.Table, folder: Path, max_length: int, cache: Path) -> TokenExamples:
    """Turn a dataset's texts into token ids, or read them if another run has done so.

    Parameters
    ----------
    table
        Columns ``text``, ``text_b`` for pairs, ``target``, and ``weight`` where examples have weights.
    folder
        The base model's folder, for its tokenizer.
    max_length
        Tokens kept of each text, special ones included.
    cache
        Parquet file of this dataset, tokenizer and length; written once and renamed into place.

    Returns
    -------
    Token ids in the order of the table. Type ids are passed on for pairs alone, and only to models that
    have them.
    """
    if not cache.exists():
        _write_tokens(table, load_tokenizer(folder), max_length, cache)
    tokens = pq.read_table(cache).combine_chunks()
    ids = tokens.column("input_ids").chunk(0)
    types = tokens.column("token_type_ids").chunk(0)
    return TokenExamples(
        ids=ids.values.to_numpy().astype(np.int32),
        type_ids=types.values.to_numpy().astype(np.int8),
        offsets=ids.offsets.to_numpy().astype(np.int64),
        targets=table.column("target").to_numpy().astype(np.int64),
        pad_id=padding_id(folder),
        uses_type_ids="text_b" in table.column_names and takes_type_ids(folder),
        weights=table.column("weight").to_numpy() if "weight" in table.column_names else None,
    )


def _write_tokens(table: pa.Table, tokenizer: Tokenizer, max_length: int, cache: Path) -> None:
    tokenizer.enable_truncation(max_length)
    columns = list(content_columns(table))

    def encode(batch: dict[str, list[str]]) -> dict[str, list[list[int]]]:
        texts = batch["text"] if len(columns) == 1 else list(zip(*(batch[c] for c in columns), strict=True))
        encodings = tokenizer.encode_batch_fast(texts)
        return {
            "input_ids": [encoding.ids for encoding in encodings],
            "token_type_ids": [encoding.type_ids for encoding in encodings],
        }

    texts = HfDataset(table.select(columns))
    encoded = texts.map(
        encode, batched=True, batch_size=TOKENIZE_BATCH, remove_columns=columns, keep_in_memory=True
    )
    plain = encoded.with_format("arrow")[:]
    with replacing(cache) as file:
        pq.write_table(plain, file)
